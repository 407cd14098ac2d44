/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "image.h"

/* Pictures as ControlNets for edges and lines see them: 3 channels, white on black. */

/* Canny's edges as OpenCV finds them (3x3 Sobel, L1 norm, of colours the channel with the largest
 * gradient): those above @high, and those above @low that hang on them. The ControlNet was trained
 * with 100 and 200. */
limn_image *limn_image_canny (const limn_image *image, int low, int high);

/* Lines as a pen would draw them, from the difference of two Gaussians (XDoG, Winnemöller 2011):
 * for drawings and films that go to "scribble" and "lineart". */
limn_image *limn_image_lines (const limn_image *image);
