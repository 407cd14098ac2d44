/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

#include <math.h>

static void
write_floats (harness *h, limn_tensor tensor, const float *values)
{
  g_autoptr (GError) error = NULL;
  limn_tensor_write (h->device, tensor, values, &error);
  g_assert_no_error (error);
}

static float *
read_floats (harness *h, limn_tensor tensor)
{
  g_autoptr (GError) error = NULL;
  float *values = g_new0 (float, limn_tensor_elements (tensor));
  limn_tensor_read (h->device, tensor, values, &error);
  g_assert_no_error (error);
  return values;
}

/* All elements of @tensor. */
static void
write_value (harness *h, limn_tensor tensor, float value)
{
  g_autofree float *values = g_new (float, limn_tensor_elements (tensor));
  for (gsize i = 0; i < limn_tensor_elements (tensor); i++)
    values[i] = value;
  write_floats (h, tensor, values);
}

static void
assert_value (harness *h, limn_tensor tensor, float value)
{
  g_autofree float *values = read_floats (h, tensor);
  for (gsize i = 0; i < limn_tensor_elements (tensor); i++) {
    g_assert_cmpfloat (values[i], ==, value);
    if (values[i] != value)
      return;
  }
}

static void
run_pass (limn_pass *pass)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (limn_pass_run (pass, NULL, &error));
  g_assert_no_error (error);
}

/* --- x + steps y in as many dependent additions, all in two or three places of the arena --- */

struct chain {
  limn_tensor x, y, out;
  int steps;
};

static void
chain_forward (limn_pass *pass, gpointer data)
{
  const struct chain *chain = data;
  limn_tensor x = limn_activate (pass, chain->x, LIMN_ACTIVATION_NONE);
  for (int i = 0; i < chain->steps; i++)
    limn_replace (pass, &x, limn_add (pass, x, chain->y, NULL));
  limn_copy (pass, x, chain->out);
  limn_release (pass, &x);
}

static struct chain
make_chain (harness *h, int elements, int steps)
{
  return (struct chain){
    harness_activation (h, 1, 1, elements, 1, NULL).tensor,
    harness_activation (h, 1, 1, elements, 1, NULL).tensor,
    harness_activation (h, 1, 1, elements, 1, NULL).tensor,
    steps,
  };
}

/* Every addition overwrites what the one before the last read. */
static void
test_hazards (harness *h)
{
  struct chain chain = make_chain (h, 5000, 50);
  g_autoptr (limn_pass) pass = limn_pass_new (h->device, chain_forward, &chain);
  write_value (h, chain.x, 100);
  write_value (h, chain.y, 3);
  for (int run = 0; run < 5; run++) {
    write_value (h, chain.out, -1);
    run_pass (pass);
    assert_value (h, chain.out, 250);
  }
}

static void
test_new_inputs (harness *h)
{
  struct chain chain = make_chain (h, 127, 3);
  g_autoptr (limn_pass) pass = limn_pass_new (h->device, chain_forward, &chain);
  for (int run = 0; run < 4; run++) {
    write_value (h, chain.x, (float) run);
    write_value (h, chain.y, (float) (10 * run));
    run_pass (pass);
    assert_value (h, chain.out, (float) (31 * run));
  }
}

/* What a pass stored is read by the next, without anything but the passes in between. */
static void
test_two_passes (harness *h)
{
  struct chain first = make_chain (h, 1000, 2), second = make_chain (h, 1000, 2);
  second.x = first.out;
  g_autoptr (limn_pass) pass1 = limn_pass_new (h->device, chain_forward, &first);
  g_autoptr (limn_pass) pass2 = limn_pass_new (h->device, chain_forward, &second);
  write_value (h, first.x, 5);
  write_value (h, first.y, 1);
  write_value (h, second.y, 20);
  for (int run = 0; run < 3; run++) {
    run_pass (pass1);
    run_pass (pass2);
    assert_value (h, second.out, 47);
  }
}

/* The larger pass makes the arena anew, so that what was recorded before cannot be replayed. */
static void
test_arena_grows (harness *h)
{
  int more = (int) (h->device->arena_size / limn_dtype_size (h->storage)) + 5000;
  struct chain small = make_chain (h, 300, 2), large = make_chain (h, more, 2);
  g_autoptr (limn_pass) pass1 = limn_pass_new (h->device, chain_forward, &small);
  g_autoptr (limn_pass) pass2 = limn_pass_new (h->device, chain_forward, &large);
  write_value (h, small.x, 1);
  write_value (h, small.y, 2);
  write_value (h, large.x, 3);
  write_value (h, large.y, 4);
  run_pass (pass1);
  assert_value (h, small.out, 5);

  guint serial = h->device->arena_serial;
  run_pass (pass2);
  g_assert_cmpuint (h->device->arena_serial, !=, serial);
  g_assert_cmpuint (h->device->arena_size, >=, limn_pass_arena_bytes (pass2));
  assert_value (h, large.out, 11);

  write_value (h, small.out, -1);
  run_pass (pass1);
  assert_value (h, small.out, 5);
}

static void
test_cancelled (harness *h)
{
  struct chain chain = make_chain (h, 127, 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (limn_pass) pass = limn_pass_new (h->device, chain_forward, &chain);
  write_value (h, chain.x, 1);
  write_value (h, chain.y, 1);
  g_cancellable_cancel (cancellable);
  g_assert_false (limn_pass_run (pass, cancellable, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_CANCELLED);

  g_cancellable_reset (cancellable);
  g_clear_error (&error);
  g_assert_true (limn_pass_run (pass, cancellable, &error));
  g_assert_no_error (error);
  assert_value (h, chain.out, 4);
}

/* --- what is measured before anything runs --- */

struct work {
  harness_input x, conv, linear;
};

static void
work_forward (limn_pass *pass, gpointer data)
{
  const struct work *work = data;
  const struct limn_conv2d_params conv = { .stride = 2, .pad_begin = 1, .pad_end = 1 };
  limn_tensor x = limn_conv2d (pass, work->x.tensor, work->conv.tensor, &conv);
  x = limn_tensor_reshape (x, x.n, x.h * x.w, 1, x.c);
  limn_replace (pass, &x,
                limn_linear (pass, x, work->linear.tensor, &(struct limn_linear_params){ 0 }));
  limn_replace (pass, &x,
                limn_attention (pass, x, x, x, &(struct limn_attention_params){ .heads = 3 }));
  limn_release (pass, &x);
}

static void
test_measured (harness *h)
{
  struct work work = {
    harness_activation (h, 2, 9, 11, 5, NULL),
    harness_weight (h, LIMN_WEIGHT_CONV, LIMN_DTYPE_F32, 7, 3, 3, 5, NULL),
    harness_weight (h, LIMN_WEIGHT_LINEAR, LIMN_DTYPE_F32, 12, 1, 1, 7, NULL),
  };
  g_autoptr (limn_pass) pass = limn_pass_new (h->device, work_forward, &work);
  /* 2 x 30 positions come out of the convolution. */
  double conv = 2.0 * 60 * 7 * 45, linear = 2.0 * 60 * 12 * 7, attention = 4.0 * 60 * 30 * 12;
  g_assert_cmpfloat (limn_pass_flops (pass), ==, conv + linear + attention);

  /* Input and output of attention are there together: 60 x 12 elements each, and in f32 as in f16
   * they are 256-byte multiples after rounding up. */
  gsize each = (720 * limn_dtype_size (h->storage) + 255) / 256 * 256;
  gsize first = (420 * limn_dtype_size (h->storage) + 255) / 256 * 256;
  gsize hole = first >= each ? 0 : first;
  if (h->device->klass->scratch.conv2d)
    g_assert_cmpuint (limn_pass_arena_bytes (pass), >=, 2 * each + hole);
  else
    g_assert_cmpuint (limn_pass_arena_bytes (pass), ==, 2 * each + hole);
  run_pass (pass);
}

/* --- host to device and back --- */

static void
check_transfer (harness *h, int elements)
{
  g_autoptr (GError) error = NULL;
  limn_tensor tensor = limn_tensor_new (h->device, h->storage, 1, 1, elements, 1, &error);
  g_autofree float *source = g_new (float, elements);
  g_assert_no_error (error);
  for (int i = 0; i < elements; i++)
    source[i] = (float) (i % 251); /* exact in 16 bits */
  write_floats (h, tensor, source);
  g_autofree float *result = read_floats (h, tensor);
  g_assert_cmpmem (source, elements * sizeof *source, result, elements * sizeof *result);
  limn_tensor_free (h->device, &tensor);
}

static void
test_transfer (harness *h)
{
  static const int sizes[] = { 1, 3, 127, 65537 };
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    check_transfer (h, sizes[i]);
}

/* Sizes that are no multiple of four bytes, and one of 36 MB (f32), which is more than the staging
 * ring holds. */
static void
test_staging (harness *h)
{
  static const int sizes[] = { 1, 3, 127, 65537, 9000001 };
  harness_use_staging (h);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    check_transfer (h, sizes[i]);
}

static const struct {
  const char *name;
  void (*run) (harness *h);
} tests[] = {
  { "hazards", test_hazards },       { "new inputs", test_new_inputs },
  { "two passes", test_two_passes }, { "arena grows", test_arena_grows },
  { "cancelled", test_cancelled },   { "measured", test_measured },
  { "transfer", test_transfer },     { "staging", test_staging },
};

static void
run (harness *h, gsize index)
{
  tests[index].run (h);
}

static void
describe (gsize index, GString *name)
{
  g_string_append (name, tests[index].name);
}

int
main (int argc, char **argv)
{
  static const struct harness_table table = { "pass", G_N_ELEMENTS (tests), describe, run };
  harness_init (&argc, &argv);
  harness_add (&table);
  return harness_run ();
}
