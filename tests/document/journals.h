/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/journal.h"

/* Journals, and programs that end without closing them, for tests. */

void journal_start (LimnDocument *document, const char *folder);
/* Gives the document up as a crash does. */
void journal_crash (LimnDocument *document);
limn_left *journal_only_left (const char *folder, GPtrArray **all);
LimnDocument *journal_open_left (const limn_left *left);
