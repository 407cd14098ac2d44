/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* @image as it fits whole into the middle of @width x @height, on the colour of its own border (the
 * median, so that a line that runs off the paper does not tint it). 3 channels. With the same
 * proportions it keeps its size: the engine resizes. */
limn_image *limn_fit (const limn_image *image, int width, int height);
