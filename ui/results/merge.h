/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"
#include "results/item.h"

struct limn_merged {
  LimnResultItem *added; /* the newest that was not there before, or the last that came back; NULL
                            when there was none; borrowed from the list */
  bool is_new;           /* one of them was never seen */
  bool gone;             /* some were taken out */
};

/* Makes @items (of LimnResultItem, the newest first) have the results of @document, and touches
 * only what differs. @newest is the highest id that was seen. */
struct limn_merged limn_results_merge (GListStore *items, LimnDocument *document, guint32 *newest);
