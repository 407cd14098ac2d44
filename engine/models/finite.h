/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tensor.h"

/* Which of @count weights is no number that @stored can hold: NaN, infinity, or finite and too
 * large for f16. G_MAXSIZE when all are. @dtype is F32, F16 or BF16; @bytes may be unaligned.
 *
 * Every weight is looked at when it is loaded, while its bytes are in the processor's cache: that
 * takes some hundredths of the time of loading, and the message can name the tensor, where a NaN
 * that comes out of a step could be from anywhere. */
gsize limn_find_unfit (limn_dtype dtype, limn_dtype stored, const void *bytes, gsize count);
