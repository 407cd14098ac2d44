/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"

/* Files of drawings, and archives as other programs write them, for tests. */

/* Where they are; of who tests. */
extern char *files_folder;

struct part {
  const char *name;
  const void *bytes;
  gsize size;
};

char *files_path_of (const char *name);
LimnDocument *files_load (const char *path, guint n_warnings);
void files_save (LimnDocument *document, const char *path);
/* By libarchive, deflated but for the first. */
void files_write_zip (const char *path, const struct part *parts, gsize count);
struct part files_text_part (const char *name, const char *text);
GByteArray *files_grey_png (int width, int height, int value);
/* An archive with @stack and a picture at data/a.png. */
void files_write_ora (const char *path, const char *stack);
