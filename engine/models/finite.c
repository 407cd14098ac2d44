/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/finite.h"

#include <string.h>

/* Vectors that every 64-bit processor has. */
typedef guint64 word __attribute__ ((vector_size (16)));

#define WORD sizeof (word)

/* A number's bits without the sign grow with its magnitude, and infinity and NaN lie above all
 * others. @least is the first magnitude that is unfit. */
struct limit {
  guint bits;
  guint64 least;
};

static struct limit
limit_of (limn_dtype dtype, limn_dtype stored)
{
  bool narrow = stored == LIMN_DTYPE_F16;

  /* 65520 and more become infinite in f16; bf16 knows no number between 65280 and 65536. */
  switch (dtype) {
  case LIMN_DTYPE_F16:
    return (struct limit){ 16, 0x7c00 };
  case LIMN_DTYPE_BF16:
    return (struct limit){ 16, narrow ? 0x4780 : 0x7f80 };
  default:
    g_assert (dtype == LIMN_DTYPE_F32);
    return (struct limit){ 32, narrow ? 0x477ff000 : 0x7f800000 };
  }
}

/* @value in every lane of a word. */
static guint64
lanes (const struct limit *limit, guint64 value)
{
  value |= value << 32;
  return limit->bits == 16 ? value | value << 16 : value;
}

/* Whether @count words hold an unfit number: the sum of a magnitude and what @least lacks to the
 * sign bit reaches that bit, and never goes beyond its lane. */
static bool
has_unfit (const struct limit *limit, const guint8 *bytes, gsize count)
{
  guint64 sign = lanes (limit, (guint64) 1 << (limit->bits - 1));
  guint64 rest = lanes (limit, ((guint64) 1 << (limit->bits - 1)) - limit->least);
  word found = { 0 };

  for (gsize i = 0; i < count; i++) {
    word numbers;

    memcpy (&numbers, bytes + i * WORD, WORD);
    found |= (numbers & ~sign) + rest;
  }
  return ((found[0] | found[1]) & sign) != 0;
}

static bool
is_unfit (const struct limit *limit, const guint8 *bytes)
{
  guint32 wide;
  guint16 half;

  if (limit->bits == 32) {
    memcpy (&wide, bytes, sizeof wide);
    return (wide & 0x7fffffff) >= limit->least;
  }
  memcpy (&half, bytes, sizeof half);
  return (half & 0x7fff) >= limit->least;
}

gsize
limn_find_unfit (limn_dtype dtype, limn_dtype stored, const void *bytes, gsize count)
{
  const struct limit limit = limit_of (dtype, stored);
  gsize size = limn_dtype_size (dtype), words = count * size / WORD;
  gsize i = has_unfit (&limit, bytes, words) ? 0 : words * WORD / size;

  while (i < count && !is_unfit (&limit, (const guint8 *) bytes + i * size))
    i++;
  return i < count ? i : G_MAXSIZE;
}
