/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <float.h>
#include <math.h>
#include <string.h>

#include "reference.h"
#include "tensor.h"

#define N_HALVES 65536

static float
from_bits (guint32 bits)
{
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* What differs between the two short formats. */
struct format {
  limn_dtype dtype;
  void (*to) (const float *src, guint16 *dst, gsize count);
  void (*from) (const guint16 *src, float *dst, gsize count);
  int mantissa_bits, bias;
  guint16 infinity;
};

static const struct format formats[] = {
  { LIMN_DTYPE_F16, limn_f32_to_f16, limn_f16_to_f32, 10, 15, 0x7c00 },
  { LIMN_DTYPE_BF16, limn_f32_to_bf16, limn_bf16_to_f32, 7, 127, 0x7f80 },
};

static guint16
narrow (const struct format *format, double value)
{
  float source = (float) value;
  guint16 result;
  format->to (&source, &result, 1);
  return result;
}

static float
widen (const struct format *format, guint16 bits)
{
  float result;
  format->from (&bits, &result, 1);
  return result;
}

/* What the bits mean, from the format's definition. */
static double
meaning (const struct format *format, guint16 bits)
{
  int mantissa = bits & ((1 << format->mantissa_bits) - 1);
  int exponent = (bits & 0x7fff) >> format->mantissa_bits;
  double magnitude;
  if (exponent == 0)
    magnitude = ldexp (mantissa, 1 - format->bias - format->mantissa_bits);
  else if ((bits & 0x7fff) < format->infinity)
    magnitude = ldexp (mantissa + (1 << format->mantissa_bits),
                       exponent - format->bias - format->mantissa_bits);
  else
    magnitude = mantissa == 0 ? INFINITY : NAN;
  return bits & 0x8000 ? -magnitude : magnitude;
}

static void
test_round_trip (gconstpointer data)
{
  const struct format *format = data;
  g_autofree guint16 *halves = g_new (guint16, N_HALVES), *back = g_new (guint16, N_HALVES);
  g_autofree float *floats = g_new (float, N_HALVES);
  for (int i = 0; i < N_HALVES; i++)
    halves[i] = (guint16) i;
  format->from (halves, floats, N_HALVES);
  format->to (floats, back, N_HALVES);
  for (int i = 0; i < N_HALVES; i++) {
    double expected = meaning (format, (guint16) i);
    if (isnan (expected)) {
      g_assert_true (isnan (floats[i]));
      g_assert_cmphex (back[i] & 0x8000, ==, i & 0x8000);
      g_assert_cmpuint (back[i] & 0x7fff, >, format->infinity);
      continue;
    }
    g_assert_cmpfloat (floats[i], ==, expected);
    g_assert_cmphex (back[i], ==, (guint) i); /* the sign of zero included */
  }
}

/* Between every two neighbours: the middle goes to the even one, anything beside it to the nearer
 * one. The last neighbour of the largest number is infinity. */
static void
test_halfway (gconstpointer data)
{
  const struct format *format = data;
  double step_above_largest = ldexp (1, format->bias + 1);
  for (guint16 low = 0; low < format->infinity; low++) {
    guint16 high = low + 1, even = low & 1 ? high : low;
    double upper = high == format->infinity ? step_above_largest : meaning (format, high);
    double middle = (meaning (format, low) + upper) / 2;
    if ((float) middle != middle) /* below f32's own smallest subnormal */
      continue;
    g_assert_cmphex (narrow (format, middle), ==, even);
    g_assert_cmphex (narrow (format, -middle), ==, even | 0x8000);
    g_assert_cmphex (narrow (format, nextafterf ((float) middle, 0)), ==, low);
    g_assert_cmphex (narrow (format, nextafterf ((float) middle, INFINITY)), ==, high);
  }
}

/* Bit patterns from all of f32 against the rounding of the reference. */
static void
test_against_reference (gconstpointer data)
{
  const struct format *format = data;
  for (guint64 bits = 0; bits <= G_MAXUINT32; bits += 40013) {
    float value = from_bits ((guint32) bits);
    float result = widen (format, narrow (format, value));
    if (isnan (value))
      g_assert_true (isnan (result));
    else
      g_assert_cmpfloat (result, ==, reference_round (format->dtype, value));
  }
}

static void
test_edges (gconstpointer data)
{
  const struct format *format = data;
  guint16 largest = format->infinity - 1;
  double smallest = meaning (format, 1);
  g_assert_cmphex (narrow (format, INFINITY), ==, format->infinity);
  g_assert_cmphex (narrow (format, -INFINITY), ==, format->infinity | 0x8000);
  g_assert_cmphex (narrow (format, FLT_MAX), ==, format->infinity);
  g_assert_cmphex (narrow (format, -FLT_MAX), ==, format->infinity | 0x8000);
  g_assert_cmphex (narrow (format, meaning (format, largest)), ==, largest);
  g_assert_cmphex (narrow (format, smallest), ==, 1);
  g_assert_cmphex (narrow (format, smallest / 2), ==, 0);
  g_assert_cmphex (narrow (format, -0.0), ==, 0x8000);
  g_assert_cmphex (narrow (format, 1), ==, format->bias << format->mantissa_bits);
}

/* A NaN whose bits lie below what the short format keeps must not become an infinity. */
static void
test_nan (gconstpointer data)
{
  static const guint32 patterns[] = { 0x7f800001, 0x7f801fff, 0x7f80ffff, 0x7fc00000,
                                      0x7fffffff, 0xff800001, 0xffffffff };
  const struct format *format = data;
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++) {
    float source = from_bits (patterns[i]);
    guint16 result;
    format->to (&source, &result, 1);
    g_assert_cmpuint (result & 0x7fff, >, format->infinity);
    g_assert_cmphex (result & 0x8000, ==, patterns[i] >> 16 & 0x8000);
  }
}

/* Through the general functions, from an address that is odd. */
static void
test_convert (gconstpointer data)
{
  const struct format *format = data;
  static const float source[] = { 0.5f, -3.25f, 1e30f, 7e-8f, INFINITY };
  float result[G_N_ELEMENTS (source)];
  guint16 stored[G_N_ELEMENTS (source)];
  guint8 file[sizeof stored + 1];
  limn_convert_from_f32 (format->dtype, source, stored, G_N_ELEMENTS (source));
  memcpy (file + 1, stored, sizeof stored);
  limn_convert_to_f32 (format->dtype, file + 1, result, G_N_ELEMENTS (source));
  for (gsize i = 0; i < G_N_ELEMENTS (source); i++)
    g_assert_cmpfloat (result[i], ==, reference_round (format->dtype, source[i]));
}

static void
test_convert_f32 (void)
{
  static const guint32 source[] = { 0x3f800000, 0x80000000, 0x00000001, 0x7f800000, 0xffc12345 };
  float middle[G_N_ELEMENTS (source)];
  guint32 result[G_N_ELEMENTS (source)];
  guint8 file[sizeof source + 1];
  memcpy (file + 1, source, sizeof source);
  limn_convert_to_f32 (LIMN_DTYPE_F32, file + 1, middle, G_N_ELEMENTS (source));
  limn_convert_from_f32 (LIMN_DTYPE_F32, middle, result, G_N_ELEMENTS (source));
  g_assert_cmpmem (source, sizeof source, result, sizeof result);
}

static void
test_shapes (void)
{
  static const struct {
    limn_dtype dtype;
    const char *name;
    gsize size;
  } types[LIMN_N_DTYPES] = {
    { LIMN_DTYPE_NONE, "none", 0 }, { LIMN_DTYPE_F32, "f32", 4 }, { LIMN_DTYPE_F16, "f16", 2 },
    { LIMN_DTYPE_BF16, "bf16", 2 }, { LIMN_DTYPE_I32, "i32", 4 },
  };
  for (gsize i = 0; i < LIMN_N_DTYPES; i++) {
    limn_tensor tensor = { .dtype = types[i].dtype, .n = 2, .h = 3, .w = 5, .c = 7 };
    g_assert_cmpstr (limn_dtype_name (types[i].dtype), ==, types[i].name);
    g_assert_cmpuint (limn_dtype_size (types[i].dtype), ==, types[i].size);
    g_assert_cmpuint (limn_tensor_bytes (tensor), ==, 210 * types[i].size);
    g_assert_cmpint (limn_tensor_is_null (tensor), ==, types[i].dtype == LIMN_DTYPE_NONE);
  }
  /* More elements than an int counts. */
  limn_tensor large = { .dtype = LIMN_DTYPE_F32, .n = 4, .h = 65536, .w = 65536, .c = 3 };
  g_assert_cmpuint (limn_tensor_bytes (large), ==, G_GUINT64_CONSTANT (0x3000000000));
  limn_tensor tokens = limn_tensor_reshape (large, 1, 65536, 4, 65536 * 3);
  g_assert_cmpuint (limn_tensor_rows (tokens), ==, 65536 * 4);
  g_assert_false (limn_tensor_same_shape (large, tokens));
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestDataFunc run;
  } tests[] = {
    { "round-trip", test_round_trip },
    { "halfway", test_halfway },
    { "edges", test_edges },
    { "against-reference", test_against_reference },
    { "nan", test_nan },
    { "convert", test_convert },
  };
  g_test_init (&argc, &argv, NULL);
  for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
    for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
      g_autofree char *path =
          g_strdup_printf ("/tensor/%s/%s", limn_dtype_name (formats[f].dtype), tests[i].name);
      g_test_add_data_func (path, &formats[f], tests[i].run);
    }
  }
  g_test_add_func ("/tensor/f32", test_convert_f32);
  g_test_add_func ("/tensor/shapes", test_shapes);
  return g_test_run ();
}
