/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* The results of the studio's document as a row of thumbnails, the newest first. What is selected
 * is the studio's picture. Main thread only; pictures are decoded on worker threads. */
#define LIMN_TYPE_RESULT_STRIP (limn_result_strip_get_type ())
G_DECLARE_FINAL_TYPE (LimnResultStrip, limn_result_strip, LIMN, RESULT_STRIP, GtkWidget)

GtkWidget *limn_result_strip_new (LimnStudio *studio);

/* Group "result", for the result that is selected: favourite, discard, as-layer, copy, save,
 * use-settings, use-seed, details, next, previous; and favourites-only, a filter of the strip. The
 * strip inserts one of its own; a window inserts the same group for keys that work everywhere. */
GActionGroup *limn_result_actions_new (LimnStudio *studio);
