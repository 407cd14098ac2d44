/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* What guides measure, on colours at the size of the latents: rgb is [height, width, 3], 0 to 1
 * where the picture is one. Values are 0 where the guide is content, and have exact derivatives. */
struct limn_measure {
  struct limn_guide guide; /* the drawing is not looked at any more */
  int width, height;
  float *mask;  /* [height, width]: the region with soft borders, sum 1 */
  float *lines; /* of LIMN_GUIDE_EDGES: [height, width], mean 0 and sum of squares 1 under @mask */
};

void limn_measure_init (struct limn_measure *measure,
                        const struct limn_guide *guide,
                        int width,
                        int height);
void limn_measure_clear (struct limn_measure *measure);

/* @gradient, as large as @rgb, gets the derivative. */
double limn_measure_value (const struct limn_measure *measure, const float *rgb, float *gradient);

/* Turns a gradient into the direction of steepest ascent, in a metric in which measures of
 * brightness move along grey. @square gets their product: what the value rises by for a step of
 * length 1. */
void limn_measure_direct (const struct limn_measure *measure, float *gradient, double *square);
/* How far to go along that direction. */
double limn_measure_length (const struct limn_measure *measure, double value, double square);
