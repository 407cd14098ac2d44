/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

#include <math.h>

struct shape {
  int n, h, w, c;
};

/* Used by all operators of this file; those after the first eleven do not fit one binding. */
static const struct shape shapes[] = {
  { 1, 1, 1, 1 },     { 1, 1, 1, 3 },    { 1, 3, 1, 5 },    { 3, 1, 1, 4 },    { 2, 5, 7, 13 },
  { 1, 13, 13, 64 },  { 1, 1, 127, 1 },  { 1, 3, 3, 127 },  { 2, 77, 1, 320 }, { 1, 1, 1, 1027 },
  { 1, 263, 261, 1 }, { 2, 24, 24, 64 }, { 1, 97, 101, 5 }, { 3, 61, 59, 13 },
};
#define FIRST_SLICED 11
#define SLICE_BYTES 65536

static const double specials[] = { NAN, INFINITY, -INFINITY };

static void
describe_shape (gsize index, GString *name)
{
  struct shape s = shapes[index];
  g_string_append_printf (name, "%dx%dx%d c%d%s", s.n, s.h, s.w, s.c,
                          index >= FIRST_SLICED ? " sliced" : "");
}

static harness_input
make (harness *h, struct shape s, const struct harness_fill *fill)
{
  return harness_activation (h, s.n, s.h, s.w, s.c, fill);
}

static void
limit (harness *h, gsize index)
{
  if (index >= FIRST_SLICED)
    harness_limit_range (h, SLICE_BYTES);
}

/* --- activate: every function over small, usual and large values, and at NaN and infinity --- */

static const double ranges[] = { 0.01, 4, 30, 10000 };

#define N_ACTIVATE_RANGES (LIMN_N_ACTIVATIONS * G_N_ELEMENTS (ranges))
#define N_ACTIVATE_SPECIALS (LIMN_N_ACTIVATIONS * G_N_ELEMENTS (specials))

struct activate_inputs {
  harness_input x;
  limn_activation activation;
};

static limn_tensor
activate (limn_pass *pass, gpointer data)
{
  struct activate_inputs *inputs = data;
  return limn_activate (pass, inputs->x.tensor, inputs->activation);
}

static void
check_activate (harness *h, struct activate_inputs in)
{
  harness_check (h, activate, &in, reference_activate (in.x.array, in.activation), 0);
}

static void
run_activate (harness *h, gsize index)
{
  struct activate_inputs in = { make (h, shapes[index], &(struct harness_fill){ .scale = 3 }),
                                (limn_activation) (index % LIMN_N_ACTIVATIONS) };
  limit (h, index);
  check_activate (h, in);
}

static void
run_activate_range (harness *h, gsize index)
{
  struct harness_fill fill = { .scale = ranges[index / LIMN_N_ACTIVATIONS] };
  check_activate (h, (struct activate_inputs){ harness_activation (h, 1, 5, 13, 13, &fill),
                                               (limn_activation) (index % LIMN_N_ACTIVATIONS) });
}

static void
describe_activate_range (gsize index, GString *name)
{
  g_string_append_printf (name, "activation %u to %g", (guint) (index % LIMN_N_ACTIVATIONS),
                          ranges[index / LIMN_N_ACTIVATIONS]);
}

static void
run_activate_special (harness *h, gsize index)
{
  struct harness_fill fill = { .special = specials[index / LIMN_N_ACTIVATIONS], .special_at = 7 };
  check_activate (h, (struct activate_inputs){ harness_activation (h, 1, 3, 1, 5, &fill),
                                               (limn_activation) (index % LIMN_N_ACTIVATIONS) });
}

static void
describe_activate_special (gsize index, GString *name)
{
  g_string_append_printf (name, "activation %u of %g", (guint) (index % LIMN_N_ACTIVATIONS),
                          specials[index / LIMN_N_ACTIVATIONS]);
}

/* --- add --- */

struct add_inputs {
  harness_input x, y;
  bool has_params;
  struct limn_add_params params;
};

static limn_tensor
add (limn_pass *pass, gpointer data)
{
  struct add_inputs *inputs = data;
  return limn_add (pass, inputs->x.tensor, inputs->y.tensor,
                   inputs->has_params ? &inputs->params : NULL);
}

/* Without parameters, without a scale, and with one from different places of its vector. */
static void
run_add (harness *h, gsize index)
{
  struct add_inputs in = { make (h, shapes[index], NULL), make (h, shapes[index], NULL) };
  harness_input scale = harness_vector (h, 5, NULL);
  double factor = 1;
  in.has_params = index % 4 > 0;
  if (index % 4 > 1) {
    in.params.scale = scale.tensor;
    in.params.scale_index = (int) (index % 5);
    factor = scale.array->values[index % 5];
  }
  limit (h, index);
  harness_check (h, add, &in, reference_add (in.x.array, in.y.array, factor), 0);
}

/* The second half adds infinity to minus infinity and so on, at the same place. */
static void
run_add_special (harness *h, gsize index)
{
  double special = specials[index % G_N_ELEMENTS (specials)];
  bool both = index >= G_N_ELEMENTS (specials);
  struct harness_fill x_fill = { .special = special, .special_at = 9 };
  struct harness_fill y_fill = { .special = both ? -special : 0, .special_at = 9 };
  struct add_inputs in = { harness_activation (h, 1, 3, 1, 5, &x_fill),
                           harness_activation (h, 1, 3, 1, 5, &y_fill) };
  harness_check (h, add, &in, reference_add (in.x.array, in.y.array, 1), 0);
}

static void
describe_add_special (gsize index, GString *name)
{
  g_string_append_printf (name, "%g%s", specials[index % G_N_ELEMENTS (specials)],
                          index >= G_N_ELEMENTS (specials) ? " and its negative" : "");
}

/* Of each shape: y of one picture, a scale for each picture, both. */
static void
run_add_pictures (harness *h, gsize index)
{
  struct shape s = shapes[index / 3], one = s;
  int stride = 1 + (int) (index / 3 % 2), first = (int) (index / 3 % 3);
  double factors[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
  struct add_inputs in = { .x = make (h, s, NULL), .has_params = true };
  harness_input scale = harness_vector (h, first + (s.n - 1) * stride + 1, NULL);

  g_assert_cmpint (s.n, <=, 8);
  one.n = 1;
  in.y = make (h, index % 3 == 1 ? s : one, NULL);
  if (index % 3 > 0) {
    in.params = (struct limn_add_params){ scale.tensor, first, stride };
    for (int i = 0; i < s.n; i++)
      factors[i] = scale.array->values[first + i * stride];
  }
  limit (h, index / 3);
  harness_check (h, add, &in, reference_add_pictures (in.x.array, in.y.array, factors), 0);
}

static void
describe_add_pictures (gsize index, GString *name)
{
  static const char *const kinds[] = { "one y", "many scales", "one y, many scales" };

  describe_shape (index / 3, name);
  g_string_append_printf (name, " %s", kinds[index % 3]);
}

/* --- transpose --- */

static limn_tensor
transpose (limn_pass *pass, gpointer data)
{
  harness_input *x = data;
  return limn_transpose (pass, x->tensor);
}

static void
run_transpose (harness *h, gsize index)
{
  struct harness_fill fill = { .special = specials[index % G_N_ELEMENTS (specials)] };
  harness_input x = make (h, shapes[index], &fill);
  limit (h, index);
  harness_check (h, transpose, &x, reference_transpose (x.array), 0);
}

/* --- concat --- */

static const struct {
  struct shape x;
  int c;
  gsize max_range;
} concat_cases[] = {
  { { 1, 1, 1, 1 }, 1 },
  { { 1, 3, 3, 1 }, 3 },
  { { 2, 5, 7, 13 }, 5 },
  { { 1, 8, 8, 320 }, 64 },
  { { 2, 7, 5, 4 }, 4 },
  { { 1, 13, 1, 127 }, 4 },
  { { 3, 1, 1, 64 }, 127 },
  { { 1, 70001, 1, 1 }, 2 },
  { { 2, 24, 24, 64 }, 64, SLICE_BYTES },
  { { 1, 61, 59, 13 }, 5, SLICE_BYTES },
  { { 1, 50, 50, 3 }, 127, SLICE_BYTES },
};

struct pair_inputs {
  harness_input x, y;
};

static limn_tensor
concat (limn_pass *pass, gpointer data)
{
  struct pair_inputs *inputs = data;
  return limn_concat (pass, inputs->x.tensor, inputs->y.tensor);
}

static void
run_concat (harness *h, gsize index)
{
  struct shape y = concat_cases[index].x;
  struct harness_fill fill = { .special = NAN };
  y.c = concat_cases[index].c;
  fill.special_at = (gsize) (y.n * y.h * y.w * y.c / 2);
  struct pair_inputs in = { make (h, concat_cases[index].x, NULL), make (h, y, &fill) };
  if (concat_cases[index].max_range > 0)
    harness_limit_range (h, concat_cases[index].max_range);
  harness_check (h, concat, &in, reference_concat (in.x.array, in.y.array), 0);
}

static void
describe_concat (gsize index, GString *name)
{
  struct shape s = concat_cases[index].x;
  g_string_append_printf (name, "%dx%dx%d c%d+%d%s", s.n, s.h, s.w, s.c, concat_cases[index].c,
                          concat_cases[index].max_range > 0 ? " sliced" : "");
}

/* --- geglu: twice the channels of the shape go in --- */

static limn_tensor
geglu (limn_pass *pass, gpointer data)
{
  harness_input *x = data;
  return limn_geglu (pass, x->tensor);
}

static void
run_geglu (harness *h, gsize index)
{
  struct shape s = shapes[index];
  s.c *= 2;
  harness_input x = make (h, s, &(struct harness_fill){ .scale = 4 });
  limit (h, index);
  harness_check (h, geglu, &x, reference_geglu (x.array), 0);
}

/* NaN and infinity in the first half, then in the gate. */
static void
run_geglu_special (harness *h, gsize index)
{
  struct harness_fill fill = { .special = specials[index % G_N_ELEMENTS (specials)],
                               .special_at = index < G_N_ELEMENTS (specials) ? 12 : 17 };
  harness_input x = harness_activation (h, 1, 3, 1, 10, &fill);
  harness_check (h, geglu, &x, reference_geglu (x.array), 0);
}

static void
describe_geglu_special (gsize index, GString *name)
{
  g_string_append_printf (name, "%g in the %s half", specials[index % G_N_ELEMENTS (specials)],
                          index < G_N_ELEMENTS (specials) ? "first" : "second");
}

/* --- copy: out of the arena and back into it, read right after it was written --- */

struct copy_inputs {
  harness_input x;
  limn_tensor between;
};

static limn_tensor
copy (limn_pass *pass, gpointer data)
{
  struct copy_inputs *inputs = data;
  limn_copy (pass, inputs->x.tensor, inputs->between);
  return limn_activate (pass, inputs->between, LIMN_ACTIVATION_NONE);
}

static void
run_copy (harness *h, gsize index)
{
  struct harness_fill fill = { .special = specials[index % G_N_ELEMENTS (specials)] };
  struct copy_inputs in = { make (h, shapes[index], &fill), make (h, shapes[index], NULL).tensor };
  limit (h, index);
  harness_check (h, copy, &in, reference_copy (in.x.array), 0);
}

static const struct harness_table tables[] = {
  { "activate", G_N_ELEMENTS (shapes), describe_shape, run_activate },
  { "activate-range", N_ACTIVATE_RANGES, describe_activate_range, run_activate_range },
  { "activate-special", N_ACTIVATE_SPECIALS, describe_activate_special, run_activate_special },
  { "add", G_N_ELEMENTS (shapes), describe_shape, run_add },
  { "add-special", 2 * G_N_ELEMENTS (specials), describe_add_special, run_add_special },
  { "add-pictures", 3 * G_N_ELEMENTS (shapes), describe_add_pictures, run_add_pictures },
  { "transpose", G_N_ELEMENTS (shapes), describe_shape, run_transpose },
  { "concat", G_N_ELEMENTS (concat_cases), describe_concat, run_concat },
  { "geglu", G_N_ELEMENTS (shapes), describe_shape, run_geglu },
  { "geglu-special", 2 * G_N_ELEMENTS (specials), describe_geglu_special, run_geglu_special },
  { "copy", G_N_ELEMENTS (shapes), describe_shape, run_copy },
};

int
main (int argc, char **argv)
{
  harness_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    harness_add (&tables[i]);
  return harness_run ();
}
