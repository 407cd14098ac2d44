/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "journals.h"

void
journal_start (LimnDocument *document, const char *folder)
{
  g_autoptr (GError) error = NULL;

  limn_journal_start (document, folder, &error);
  g_assert_no_error (error);
}

void
journal_crash (LimnDocument *document)
{
  limn_journal_sync (document);
  g_object_unref (document);
}

limn_left *
journal_only_left (const char *folder, GPtrArray **all)
{
  *all = limn_journal_recover (folder);
  g_assert_cmpuint ((*all)->len, ==, 1);
  return g_ptr_array_index (*all, 0);
}

LimnDocument *
journal_open_left (const limn_left *left)
{
  g_autoptr (GError) error = NULL;
  LimnDocument *document = limn_left_open (left, &error);

  g_assert_no_error (error);
  return document;
}
