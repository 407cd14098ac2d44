/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* Context windows: a clip that is longer than a motion module can see is drawn in overlapping parts
 * of it, and what the network says of a frame in several of them is averaged. */

/* The windows of one step, all of one length and each with every frame at most once; together they
 * have all frames. */
struct limn_window_list {
  int n, length;
  int *frames; /* [n, length] */
};

/* @windows must have its length, at least 1, and its overlap, 0 to length - 1. Other @step: other
 * windows, so that no frame is at the edge of them always. */
void limn_window_list_init (struct limn_window_list *list,
                            const struct limn_windows *windows,
                            int frames,
                            int step);
void limn_window_list_clear (struct limn_window_list *list);

/* How much frame @i of a window of @length counts: 1, 2, 3 to the middle, and down again. */
float limn_window_weight (int i, int length);
