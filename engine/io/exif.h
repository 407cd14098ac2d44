/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "image.h"

/* How a picture lies in its file (EXIF 2.32, tag 0x0112): 1 as it is seen; 2 to 8 mirrored, turned
 * or both. */

/* From a block of EXIF, with or without "Exif\0\0" before it; 1 for what says nothing. */
int limn_exif_orientation (const guint8 *bytes, gsize size);

/* Makes *@image upright; false, and it stays, when there is no memory. */
bool limn_exif_turn (limn_image **image, int orientation);
