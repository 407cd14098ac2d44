/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "results/item.h"
#include "studio.h"

/* The results of a studio's document as a list, and which of them is chosen: what strip and actions
 * share. What is chosen is decoded on a worker thread and becomes the studio's picture; when the
 * picture becomes another one by itself, as a new one grows, nothing is chosen any more. Main
 * thread only.
 *
 * Properties, each with notify: favourites-only (boolean), selected (LimnResultItem or NULL; also
 * told when its favourite changes).
 *
 * Signals:
 *   added             a result has arrived; it stands first
 *   details           the recipe of the selected one is to be shown */
#define LIMN_TYPE_RESULTS (limn_results_get_type ())
G_DECLARE_FINAL_TYPE (LimnResults, limn_results, LIMN, RESULTS, GObject)

/* The same one for all parts of a window; borrowed from @studio. */
LimnResults *limn_results_for (LimnStudio *studio);

/* Of LimnResultItem, the newest first, as the filter lets them through; borrowed. */
GtkSelectionModel *limn_results_get_model (LimnResults *results);
/* Without the filter. */
guint limn_results_count (LimnResults *results);

/* Borrowed. */
LimnResultItem *limn_results_get_selected (LimnResults *results);
void limn_results_select (LimnResults *results, LimnResultItem *item);
/* The one @by places towards the end of the row, or the first. */
void limn_results_step (LimnResults *results, int by);

/* Out of the document; can be undone. What stood behind it is selected then. */
void limn_results_discard (LimnResults *results, LimnResultItem *item);
void limn_results_toggle_favourite (LimnResults *results, LimnResultItem *item);

bool limn_results_get_favourites_only (LimnResults *results);
void limn_results_set_favourites_only (LimnResults *results, bool only);
