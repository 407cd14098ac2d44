/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "generate/queue.h"

/* One job in the queue's list. */
#define LIMN_TYPE_QUEUE_ROW (limn_queue_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnQueueRow, limn_queue_row, LIMN, QUEUE_ROW, GtkWidget)

GtkWidget *limn_queue_row_new (void);
/* NULL: none. */
void limn_queue_row_set_job (LimnQueueRow *row, LimnJob *job);
