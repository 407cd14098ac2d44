/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A picture in memory: 8 bits a channel, rows from the top without padding. */
typedef struct {
  int width, height;
  int channels; /* 1 grey, 3 RGB, 4 RGB and straight alpha */
  guint8 *pixels;
} limn_image;

limn_image *limn_image_new (int width, int height, int channels); /* all zero */
void limn_image_free (limn_image *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_image, limn_image_free)

/* Resized by area averaging when shrinking, bilinear when growing. */
limn_image *limn_image_resize (const limn_image *image, int width, int height);
/* Over white where it is transparent; 3 channels. */
limn_image *limn_image_to_rgb (const limn_image *image);

/* A drawing as ControlNet scribble expects it: 3 channels, white lines on black. Whether the
 * drawing is dark on light or light on dark is told by the mean of its border; it is inverted when
 * that is light. Transparent counts as white paper. */
limn_image *limn_image_scribble (const limn_image *drawing);

/* [-1, 1] or [0, 1] floats, 3 channels NHWC, rounded and clamped, and back. NaN becomes 0. */
limn_image *limn_image_from_floats (const float *rgb, int width, int height, float low, float high);
void limn_image_to_floats (const limn_image *image, float *rgb, float low, float high);
