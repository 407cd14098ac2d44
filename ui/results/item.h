/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gdk/gdk.h>

#include "document/document.h"

/* A result as the strip shows it: what the document has of it, and its thumbnail. Main thread only.
 *
 * Properties with notify: favourite, thumbnail (a GdkPaintable, NULL until there is one). */
#define LIMN_TYPE_RESULT_ITEM (limn_result_item_get_type ())
G_DECLARE_FINAL_TYPE (LimnResultItem, limn_result_item, LIMN, RESULT_ITEM, GObject)

LimnResultItem *limn_result_item_new (const limn_result *result);

guint32 limn_result_item_get_id (LimnResultItem *item);
/* The file as it is, with the recipe in it. */
GBytes *limn_result_item_get_png (LimnResultItem *item);
/* The recipe as text. */
const char *limn_result_item_get_recipe (LimnResultItem *item);
/* Pixels, as the file says; 0 where it is no PNG. */
void limn_result_item_get_size (LimnResultItem *item, int *width, int *height);
bool limn_result_item_get_favourite (LimnResultItem *item);
void limn_result_item_set_favourite (LimnResultItem *item, bool favourite);

/* The prompt in one line, never NULL. */
const char *limn_result_item_get_prompt (LimnResultItem *item);
/* In decimal; NULL where the recipe has none. */
const char *limn_result_item_get_seed (LimnResultItem *item);
/* Prompt and seed for a tooltip or for who cannot see the picture; the caller frees it. */
char *limn_result_item_describe (LimnResultItem *item);
/* A name for a file, from prompt and seed, with ".png"; the caller frees it. */
char *limn_result_item_file_name (LimnResultItem *item);

/* Wants a thumbnail of that many pixels; it comes when a worker thread has decoded it. Until
 * release() it is kept, and afterwards among the last few hundred that were shown. */
void limn_result_item_hold (LimnResultItem *item, int width, int height);
void limn_result_item_release (LimnResultItem *item);
