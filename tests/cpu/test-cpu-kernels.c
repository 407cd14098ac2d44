/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "cpu/kernel-test.h"

#include <math.h>
#include <string.h>

static const double specials[] = { NAN, INFINITY, -INFINITY };

/* [n, positions, 1, c] */
static const struct shape {
  int n, positions, c;
} shapes[] = {
  { 1, 1, 1 },   { 1, 3, 5 },    { 2, 35, 13 },   { 1, 169, 64 },
  { 1, 9, 127 }, { 2, 77, 320 }, { 1, 1, 70001 }, { 3, 5, 1030 },
};

static reference_array *
make (struct kernel_test *t, struct shape s, double scale)
{
  return kernel_test_array (t, t->dtype, s.n, s.positions, 1, s.c, 0, scale);
}

/* What every operator here needs; in place where @in_place. */
struct work {
  struct shape shape;
  limn_activation activation;
  const float *scales; /* every second one is meant */
  bool in_place, repeat;
  const reference_array *values;

  const void *x, *y, *bias, *channel_add;
  void *out;
};

static void
fill_out (struct kernel_test *t, struct work *work)
{
  gsize count = reference_elements (work->values);
  g_autofree float *floats = g_new (float, count);

  if (!work->in_place)
    return;
  for (gsize i = 0; i < count; i++)
    floats[i] = (float) work->values->values[i];
  limn_convert_from_f32 (t->dtype, floats, work->out, count);
  work->x = work->out;
}

/* --- activate --- */

static void
call_activate (struct kernel_test *t, gpointer data)
{
  struct work *work = data;

  fill_out (t, work);
  t->kernels->activate (t->dtype, work->out, work->x, reference_elements (work->values),
                        work->activation);
}

static void
check_activate (struct kernel_test *t,
                reference_array *x,
                limn_activation activation,
                bool in_place)
{
  reference_array *expected = kernel_test_keep (t, reference_activate (x, activation));
  struct work work = {
    .activation = activation,
    .in_place = in_place,
    .values = x,
    .x = kernel_test_input (t, t->dtype, x),
    .out = kernel_test_output (t, expected),
  };

  kernel_test_threads (t, expected, work.out, call_activate, &work);
  kernel_test_check (t, work.out, expected,
                     activation == LIMN_ACTIVATION_NONE ? 0 : kernel_test_bound (t));
}

static void
run_activate (struct kernel_test *t, gsize index)
{
  static const double ranges[] = { 0.01, 4, 30, 10000 };
  limn_activation activation = (limn_activation) (index % LIMN_N_ACTIVATIONS);

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    check_activate (t, make (t, shapes[i], ranges[i % 4]), activation, index % 2 == 1);
  for (gsize i = 0; i < 2 * G_N_ELEMENTS (specials); i++) {
    reference_array *x = make (t, (struct shape){ 1, 1, 37 }, 1);
    x->values[i < G_N_ELEMENTS (specials) ? 7 : 36] = specials[i % G_N_ELEMENTS (specials)];
    check_activate (t, x, activation, false);
  }
}

/* Each value, tails included, to 5e-6 of itself: normalised errors say little about small ones. */
static void
run_activate_exact (struct kernel_test *t, gsize index)
{
  enum { COUNT = 40001 };
  limn_activation activation = (limn_activation) (index % LIMN_N_ACTIVATIONS);
  g_autofree float *x = g_new (float, COUNT), *out = g_new (float, COUNT);

  for (int i = 0; i < COUNT; i++)
    x[i] = (float) (i - COUNT / 2) * 0x1p-11f;
  t->kernels->activate (LIMN_DTYPE_F32, out, x, COUNT, activation);
  for (int i = 0; i < COUNT; i++) {
    double expected = reference_activation (activation, (double) x[i]);
    g_assert_cmpfloat (fabs ((double) out[i] - expected), <=, 5e-6 * fabs (expected));
  }
}

/* --- add, geglu, finish --- */

static void
call_add (struct kernel_test *t, gpointer data)
{
  struct work *work = data;

  fill_out (t, work);
  t->kernels->add (&(struct limn_cpu_add){
      .dtype = t->dtype,
      .n = work->values->n,
      .count = reference_elements (work->values) / (gsize) work->values->n,
      .x = work->x,
      .y = work->y,
      .scales = work->scales,
      .scale_stride = 2,
      .repeat = work->repeat,
      .out = work->out,
  });
}

static void
run_add (struct kernel_test *t, gsize index)
{
  static const float scales[] = { -0.7f, NAN, 0, NAN, 1.5f, NAN };
  static const double expected_scales[] = { (double) -0.7f, 0, 1.5 };
  bool repeat = index % 4 > 1;
  struct shape shape = shapes[index];
  reference_array *x = make (t, shape, 1), *y;

  shape.n = repeat ? 1 : shape.n;
  y = make (t, shape, 1);
  x->values[reference_elements (x) / 2] = specials[index % G_N_ELEMENTS (specials)];
  reference_array *expected = kernel_test_keep (t, reference_add_pictures (x, y, expected_scales));
  struct work work = {
    .scales = scales,
    .repeat = repeat,
    .in_place = index % 2 == 1,
    .values = x,
    .x = kernel_test_input (t, t->dtype, x),
    .y = kernel_test_input (t, t->dtype, y),
    .out = kernel_test_output (t, expected),
  };
  kernel_test_threads (t, expected, work.out, call_add, &work);
  kernel_test_check (t, work.out, expected, kernel_test_bound (t));
}

static void
call_geglu (struct kernel_test *t, gpointer data)
{
  struct work *work = data;

  t->kernels->geglu (t->dtype, work->out, work->x,
                     (gsize) work->shape.n * (gsize) work->shape.positions, (gsize) work->shape.c);
}

static void
run_geglu (struct kernel_test *t, gsize index)
{
  struct shape twice = shapes[index];

  twice.c *= 2;
  reference_array *x = make (t, twice, 4);
  x->values[reference_elements (x) / 2] = specials[index % G_N_ELEMENTS (specials)];
  reference_array *expected = kernel_test_keep (t, reference_geglu (x));
  struct work work = {
    .shape = shapes[index],
    .values = x,
    .x = kernel_test_input (t, t->dtype, x),
    .out = kernel_test_output (t, expected),
  };
  kernel_test_threads (t, expected, work.out, call_geglu, &work);
  kernel_test_check (t, work.out, expected, kernel_test_bound (t));
}

static void
call_finish (struct kernel_test *t, gpointer data)
{
  struct work *work = data;

  fill_out (t, work);
  t->kernels->finish (&(struct limn_cpu_finish){
      .dtype = t->dtype,
      .n = work->shape.n,
      .c = work->shape.c,
      .positions = (gsize) work->shape.positions,
      .x = work->x,
      .bias = work->bias,
      .channel_add = work->channel_add,
      .residual = work->y,
      .activation = work->activation,
      .out = work->out,
  });
}

/* Bit 0: bias, bit 1: channel_add, bit 2: residual, bit 3: an activation, and in place. */
static void
run_finish (struct kernel_test *t, gsize index)
{
  struct shape s = shapes[2 + index % 6];
  reference_array *x = make (t, s, 2), *residual = make (t, s, 1);
  reference_array *bias = kernel_test_array (t, LIMN_DTYPE_F32, 1, 1, 1, s.c, 0, 1);
  reference_array *add = kernel_test_array (t, t->dtype, s.n, 1, 1, s.c, 0, 1);
  reference_array *expected = kernel_test_keep (t, reference_new (s.n, s.positions, 1, s.c));
  limn_activation activation = index & 8 ? LIMN_ACTIVATION_SILU : LIMN_ACTIVATION_NONE;

  for (gsize i = 0; i < reference_elements (x); i++) {
    gsize c = i % (gsize) s.c, picture = i / ((gsize) s.c * (gsize) s.positions);
    double sum = x->values[i] + (index & 1 ? bias->values[c] : 0);
    sum += (index & 2 ? add->values[picture * (gsize) s.c + c] : 0);
    sum += (index & 4 ? residual->values[i] : 0);
    expected->values[i] = reference_activation (activation, sum);
  }
  struct work work = {
    .shape = s,
    .activation = activation,
    .in_place = (index & 8) != 0,
    .values = x,
    .x = kernel_test_input (t, t->dtype, x),
    .y = index & 4 ? kernel_test_input (t, t->dtype, residual) : NULL,
    .bias = index & 1 ? kernel_test_input (t, LIMN_DTYPE_F32, bias) : NULL,
    .channel_add = index & 2 ? kernel_test_input (t, t->dtype, add) : NULL,
    .out = kernel_test_output (t, expected),
  };
  kernel_test_threads (t, expected, work.out, call_finish, &work);
  kernel_test_check (t, work.out, expected, kernel_test_bound (t));
}

/* --- embedding --- */

static void
run_embedding (struct kernel_test *t, gsize index)
{
  const int n = 2, tokens = 77, c = index % 2 == 0 ? 320 : 13, rows = 31;
  bool positions = index < 2;
  reference_array *table = kernel_test_array (t, t->dtype, rows, 1, 1, c, 0, 1);
  reference_array *position = kernel_test_array (t, t->dtype, tokens + 3, 1, 1, c, 0, 1);
  gint32 ids[2 * 77];

  for (int i = 0; i < n * tokens; i++)
    ids[i] = i * 7919 % (rows + 2) - 1;
  ids[5] = G_MAXINT32, ids[6] = G_MININT32, ids[100] = rows - 1;
  reference_array *expected = kernel_test_keep (
      t, reference_embedding (table, positions ? position : NULL, ids, n, tokens));
  void *out = kernel_test_output (t, expected);
  t->kernels->embedding (t->dtype, out, kernel_test_input (t, t->dtype, table), rows,
                         positions ? kernel_test_input (t, t->dtype, position) : NULL, ids, n,
                         tokens, c);
  kernel_test_check (t, out, expected, positions ? kernel_test_bound (t) : 0);
}

/* --- convert: to the bit what tensor.h does, from any address --- */

static void
check_convert (struct kernel_test *t, limn_dtype from, const guint8 *bits, gsize count)
{
  gsize bytes = count * limn_dtype_size (t->dtype);
  g_autofree float *floats = g_new (float, count);
  g_autofree guint8 *expected = g_malloc (bytes), *out = g_malloc (bytes);
  g_autofree guint8 *shifted = g_malloc (count * limn_dtype_size (from) + 1);

  limn_convert_to_f32 (from, bits, floats, count);
  limn_convert_from_f32 (t->dtype, floats, expected, count);
  memcpy (shifted + 1, bits, count * limn_dtype_size (from));
  t->kernels->convert (t->dtype, out, from, shifted + 1, count);
  g_assert_cmpmem (out, bytes, expected, bytes);
}

/* Every pattern of 16 bits, and for f32 as many in the upper half over odd and even lower ones. */
static void
run_convert (struct kernel_test *t, gsize index)
{
  static const guint32 lower[] = { 0, 0x7fff, 0x8000, 0x8001, 0xffff };
  g_autofree guint16 *halves = g_new (guint16, 65536);
  g_autofree guint32 *words = g_new (guint32, 65536);

  for (guint32 i = 0; i < 65536; i++) {
    halves[i] = (guint16) i;
    words[i] = i << 16 | lower[index % G_N_ELEMENTS (lower)];
  }
  check_convert (t, LIMN_DTYPE_F32, (const guint8 *) words, 65536 - index);
  if (index > 0)
    return;
  check_convert (t, LIMN_DTYPE_F16, (const guint8 *) halves, 65536);
  check_convert (t, LIMN_DTYPE_BF16, (const guint8 *) halves, 65536);
}

/* --- what only moves bytes: the table does not matter, but types do --- */

static void
run_move (struct kernel_test *t, gsize index)
{
  struct shape s = shapes[index];
  gsize size = limn_dtype_size (t->dtype), rows = (gsize) s.n * (gsize) s.positions;
  reference_array *x = make (t, s, 1);
  reference_array *y = make (t, (struct shape){ s.n, s.positions, s.c / 2 + 1 }, 1);
  reference_array *both = kernel_test_keep (t, reference_concat (x, y));
  const void *from = kernel_test_input (t, t->dtype, x);
  void *out = kernel_test_output (t, both), *copy = kernel_test_output (t, x);

  limn_cpu_concat (size, out, from, (gsize) x->c, kernel_test_input (t, t->dtype, y), (gsize) y->c,
                   rows);
  kernel_test_check (t, out, both, 0);
  limn_cpu_copy (copy, from, reference_elements (x) * size);
  kernel_test_check (t, copy, x, 0);
}

/* Positions as rows, channels as columns. */
static void
run_transpose (struct kernel_test *t, gsize index)
{
  struct shape s = shapes[index];
  reference_array *x = make (t, s, 1);
  reference_array *turned, rows = *x;
  void *out;

  rows.h = s.positions, rows.w = s.c, rows.c = 1;
  turned = kernel_test_keep (t, reference_transpose (&rows));
  out = kernel_test_output (t, turned);
  limn_cpu_transpose (limn_dtype_size (t->dtype), out, kernel_test_input (t, t->dtype, x), s.n,
                      s.positions, s.c, 1);
  kernel_test_check (t, out, turned, 0);
}

static void
run_resize (struct kernel_test *t, gsize index)
{
  static const struct {
    int h, w, out_h, out_w, c;
  } cases[] = {
    { 1, 1, 7, 5, 3 },      { 5, 7, 10, 14, 13 },   { 8, 8, 13, 11, 4 }, { 13, 9, 5, 4, 1 },
    { 32, 32, 64, 64, 40 }, { 31, 33, 127, 97, 2 }, { 7, 7, 7, 7, 5 },
  };
  int h = cases[index].h, w = cases[index].w, c = cases[index].c;
  int out_h = cases[index].out_h, out_w = cases[index].out_w;
  reference_array *x = kernel_test_array (t, t->dtype, 2, h, w, c, 0, 1);
  reference_array *expected = kernel_test_keep (t, reference_new (2, out_h, out_w, c));

  for (gsize i = 0; i < reference_elements (expected); i++) {
    int position = (int) (i / (gsize) c), column = position % out_w;
    int row = position / out_w % out_h, picture = position / out_w / out_h;
    int at = (picture * h + reference_resize_source (row, h, out_h)) * w +
             reference_resize_source (column, w, out_w);
    expected->values[i] = x->values[(gsize) at * (gsize) c + i % (gsize) c];
  }
  void *out = kernel_test_output (t, expected);
  limn_cpu_resize (limn_dtype_size (t->dtype), out, out_h, out_w,
                   kernel_test_input (t, t->dtype, x), 2, h, w, c);
  kernel_test_check (t, out, expected, 0);
}

/* The tables are there in order: what has the better one has those below. */
static void
test_tables (void)
{
  limn_cpu_isa best = limn_cpu_isa_best ();

  for (int isa = 0; isa <= (int) best; isa++)
    g_assert_nonnull (limn_cpu_kernels_get ((limn_cpu_isa) isa));
  for (int isa = (int) best + 1; isa < LIMN_N_CPU_ISAS; isa++)
    g_assert_null (limn_cpu_kernels_get ((limn_cpu_isa) isa));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tables", test_tables);
  kernel_test_add ("activate", LIMN_N_ACTIVATIONS, run_activate);
  kernel_test_add ("activate-exact", LIMN_N_ACTIVATIONS, run_activate_exact);
  kernel_test_add ("add", G_N_ELEMENTS (shapes), run_add);
  kernel_test_add ("geglu", G_N_ELEMENTS (shapes), run_geglu);
  kernel_test_add ("finish", 16, run_finish);
  kernel_test_add ("embedding", 4, run_embedding);
  kernel_test_add ("convert", 5, run_convert);
  kernel_test_add ("move", G_N_ELEMENTS (shapes), run_move);
  kernel_test_add ("transpose", G_N_ELEMENTS (shapes), run_transpose);
  kernel_test_add ("resize", 7, run_resize);
  return g_test_run ();
}
