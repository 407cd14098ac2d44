/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/tool.h"

/* Lets the line hang behind the pen, so that it is drawn calmly: each point goes part of the way to
 * where the pen is, the more of it the more time has passed. By time and not by points, so that
 * every device feels the same. At the end of a stroke the caller adds where the pen left. */
struct limn_stabiliser {
  double delay; /* ms; 0 for none */
  double x, y, pressure;
  guint32 time;
};

/* @strength: 0 to 1. */
void limn_stabiliser_begin (struct limn_stabiliser *stabiliser,
                            double strength,
                            const struct limn_tool_event *event);
/* @event with the point that is to be drawn for it; without a delay @event itself. */
struct limn_tool_event limn_stabiliser_add (struct limn_stabiliser *stabiliser,
                                            const struct limn_tool_event *event);
