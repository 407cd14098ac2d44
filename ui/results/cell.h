/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "results/item.h"

/* One thumbnail of the strip; lists use it again for another result. */
#define LIMN_TYPE_RESULT_CELL (limn_result_cell_get_type ())
G_DECLARE_FINAL_TYPE (LimnResultCell, limn_result_cell, LIMN, RESULT_CELL, GtkWidget)

GtkWidget *limn_result_cell_new (void);
/* NULL while it is not used. */
LimnResultItem *limn_result_cell_get_item (LimnResultCell *cell);
void limn_result_cell_set_item (LimnResultCell *cell, LimnResultItem *item);
