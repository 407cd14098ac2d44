/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/stabiliser.h"

#include <math.h>

/* The time constant at full strength, in ms. */
#define LONGEST_DELAY 200.0

void
limn_stabiliser_begin (struct limn_stabiliser *stabiliser,
                       double strength,
                       const struct limn_tool_event *event)
{
  *stabiliser = (struct limn_stabiliser){
    .delay = strength * LONGEST_DELAY,
    .x = event->x,
    .y = event->y,
    .pressure = event->pressure,
    .time = event->time,
  };
}

struct limn_tool_event
limn_stabiliser_add (struct limn_stabiliser *stabiliser, const struct limn_tool_event *event)
{
  struct limn_tool_event steady = *event;
  double part;

  if (stabiliser->delay <= 0.0)
    return steady;
  /* Devices that report several points in one millisecond move on all the same. */
  part = -expm1 (-(double) MAX (event->time - stabiliser->time, 1u) / stabiliser->delay);
  stabiliser->time = event->time;
  stabiliser->x += part * (event->x - stabiliser->x);
  stabiliser->y += part * (event->y - stabiliser->y);
  stabiliser->pressure += part * (event->pressure - stabiliser->pressure);
  steady.x = stabiliser->x;
  steady.y = stabiliser->y;
  steady.pressure = stabiliser->pressure;
  return steady;
}
