/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gdk/gdk.h>

/* A PNG for the clipboard, and for being dragged to another program: its bytes as they are, with
 * the recipe in them; with a @file_name also as a file of that name, which a worker thread writes
 * into a folder of this process when somebody asks for it. */
GdkContentProvider *limn_png_content_new (GBytes *png, const char *file_name);

/* Removes those files; at the end of the program. */
void limn_png_content_clean_up (void);
