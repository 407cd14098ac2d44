/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/bench.h"

#include "device.h"
#include "ops.h"

/* An operator at work: what it reads, and how often a pass calls it. */
struct work {
  limn_device *device;
  const struct shape *shape;
  limn_tensor x, y, z, weight, scale, shift;
  int calls;
};

/* What the fields mean to an operator stands beside its forward function. */
struct shape {
  const char *op, *text;
  void (*prepare) (struct work *work, GError **error);
  limn_tensor (*forward) (limn_pass *pass, const struct work *work);
  int n, h, w, c, out, kernel, keys, heads;
};

#define MIN_SECONDS 0.2 /* of a pass that is timed */
#define MAX_CALLS 64
#define ROUNDS 3

/* --- material --- */

/* Noise around zero, the same each time: linear congruential, as good as any for timing. */
static float *
noise (gsize count)
{
  float *values = g_new (float, count);
  guint32 state = 1;

  for (gsize i = 0; i < count; i++) {
    state = state * 1664525 + 1013904223;
    values[i] = ((float) (state >> 8) / (1 << 24) - 0.5f) * 0.1f;
  }
  return values;
}

static limn_tensor
activation (struct work *work, int n, int h, int w, int c, GError **error)
{
  limn_tensor tensor = { 0 };
  g_autofree float *values = NULL;

  if (error && *error)
    return tensor;
  tensor = limn_tensor_new (work->device, work->device->storage, n, h, w, c, error);
  if (limn_tensor_is_null (tensor))
    return tensor;
  values = noise (limn_tensor_elements (tensor));
  limn_tensor_write (work->device, tensor, values, error);
  return tensor;
}

static limn_tensor
weight (struct work *work, limn_weight_kind kind, int out, int kernel, int in, GError **error)
{
  bool vector = kind == LIMN_WEIGHT_VECTOR;
  limn_tensor tensor = {
    .dtype = vector ? LIMN_DTYPE_F32 : work->device->storage,
    .n = out,
    .h = kernel,
    .w = kernel,
    .c = in,
  };
  g_autofree float *values = noise (limn_tensor_elements (tensor));

  if (*error ||
      !work->device->klass->weight_new (work->device, kind, &tensor, LIMN_DTYPE_F32, values, error))
    return (limn_tensor){ 0 };
  return tensor;
}

/* --- operators --- */

static void
prepare_conv2d (struct work *work, GError **error)
{
  const struct shape *s = work->shape;

  work->x = activation (work, s->n, s->h, s->w, s->c, error);
  work->weight = weight (work, LIMN_WEIGHT_CONV, s->out, s->kernel, s->c, error);
  work->shift = weight (work, LIMN_WEIGHT_VECTOR, 1, 1, s->out, error);
}

static limn_tensor
forward_conv2d (limn_pass *pass, const struct work *work)
{
  const struct limn_conv2d_params params = {
    .bias = work->shift,
    .pad_begin = work->shape->kernel / 2,
    .pad_end = work->shape->kernel / 2,
  };

  return limn_conv2d (pass, work->x, work->weight, &params);
}

static void
prepare_linear (struct work *work, GError **error)
{
  const struct shape *s = work->shape;

  work->x = activation (work, s->n, s->h, s->w, s->c, error);
  work->weight = weight (work, LIMN_WEIGHT_LINEAR, s->out, 1, s->c, error);
  work->shift = weight (work, LIMN_WEIGHT_VECTOR, 1, 1, s->out, error);
}

static limn_tensor
forward_linear (limn_pass *pass, const struct work *work)
{
  const struct limn_linear_params params = { .bias = work->shift };

  return limn_linear (pass, work->x, work->weight, &params);
}

static void
prepare_attention (struct work *work, GError **error)
{
  const struct shape *s = work->shape;

  work->x = activation (work, s->n, s->h, 1, s->c, error);
  work->y = activation (work, s->n, s->keys, 1, s->c, error);
  work->z = activation (work, s->n, s->keys, 1, s->c, error);
}

static limn_tensor
forward_attention (limn_pass *pass, const struct work *work)
{
  const struct limn_attention_params params = { .heads = work->shape->heads };

  return limn_attention (pass, work->x, work->y, work->z, &params);
}

static void
prepare_norm (struct work *work, GError **error)
{
  const struct shape *s = work->shape;

  work->x = activation (work, s->n, s->h, s->w, s->c, error);
  work->scale = weight (work, LIMN_WEIGHT_VECTOR, 1, 1, s->c, error);
  work->shift = weight (work, LIMN_WEIGHT_VECTOR, 1, 1, s->c, error);
}

static limn_tensor
forward_group_norm (limn_pass *pass, const struct work *work)
{
  const struct limn_group_norm_params params = {
    .scale = work->scale,
    .shift = work->shift,
    .groups = 32,
    .epsilon = 1e-5f,
    .activation = LIMN_ACTIVATION_SILU,
  };

  return limn_group_norm (pass, work->x, &params);
}

static limn_tensor
forward_layer_norm (limn_pass *pass, const struct work *work)
{
  const struct limn_layer_norm_params params = { work->scale, work->shift, 1e-5f };

  return limn_layer_norm (pass, work->x, &params);
}

static void
prepare_two (struct work *work, GError **error)
{
  const struct shape *s = work->shape;

  work->x = activation (work, s->n, s->h, s->w, s->c, error);
  work->y = activation (work, s->n, s->h, s->w, s->c, error);
}

static limn_tensor
forward_add (limn_pass *pass, const struct work *work)
{
  return limn_add (pass, work->x, work->y, NULL);
}

static limn_tensor
forward_concat (limn_pass *pass, const struct work *work)
{
  return limn_concat (pass, work->x, work->y);
}

static limn_tensor
forward_geglu (limn_pass *pass, const struct work *work)
{
  return limn_geglu (pass, work->x);
}

/* --- the shapes of Stable Diffusion 1.5 at 512x512 --- */

#define CONV2D(side, in, channels, k)                                                              \
  {                                                                                                \
    "conv2d", #side "x" #side ", " #in " to " #channels ", " #k "x" #k, prepare_conv2d,            \
        forward_conv2d, .n = 1, .h = side, .w = side, .c = in, .out = channels, .kernel = k,       \
  }
#define LINEAR(tokens, in, channels)                                                               \
  {                                                                                                \
    "linear", #tokens " tokens, " #in " to " #channels, prepare_linear, forward_linear,            \
        .n = 1, .h = tokens, .w = 1, .c = in, .out = channels,                                     \
  }
#define ATTENTION(tokens, others, count, channels)                                                 \
  {                                                                                                \
    "attention", #tokens " to " #others " tokens, " #count " heads, " #channels " channels",       \
        prepare_attention, forward_attention, .n = 1, .h = tokens, .keys = others, .heads = count, \
                                              .c = channels,                                       \
  }
#define MOVE(name, side, channels, prepare)                                                        \
  {                                                                                                \
#name, #side "x" #side ", " #channels, prepare, forward_##name, .n = 1, .h = side, .w = side,  \
                                                                    .c = channels,                 \
  }

static const struct shape shapes[] = {
  LINEAR (2048, 2048, 2048), /* the plain matrix product; must be the first */
  CONV2D (64, 4, 320, 3),
  CONV2D (64, 320, 320, 3),
  CONV2D (64, 960, 320, 3),
  CONV2D (32, 640, 640, 3),
  CONV2D (16, 1280, 1280, 3),
  CONV2D (8, 2560, 1280, 3),
  CONV2D (64, 320, 4, 3),
  CONV2D (256, 256, 256, 3),
  LINEAR (4096, 320, 320),
  LINEAR (4096, 320, 2560),
  LINEAR (1024, 640, 640),
  LINEAR (256, 1280, 1280),
  LINEAR (256, 5120, 1280),
  LINEAR (77, 768, 320),
  ATTENTION (4096, 4096, 8, 320),
  ATTENTION (1024, 1024, 8, 640),
  ATTENTION (256, 256, 8, 1280),
  ATTENTION (4096, 77, 8, 320),
  ATTENTION (4096, 4096, 1, 512),
  MOVE (group_norm, 64, 320, prepare_norm),
  MOVE (group_norm, 256, 256, prepare_norm),
  MOVE (layer_norm, 64, 320, prepare_norm),
  MOVE (geglu, 64, 2560, prepare_two),
  MOVE (add, 64, 320, prepare_two),
  MOVE (concat, 64, 320, prepare_two),
};

/* --- timing --- */

static void
forward (limn_pass *pass, gpointer data)
{
  const struct work *work = data;

  for (int i = 0; i < work->calls; i++) {
    limn_tensor out = work->shape->forward (pass, work);
    limn_release (pass, &out);
  }
}

/* Seconds of one call when a pass makes work->calls of them, the best of @rounds after a first that
 * compiles; negative on failure. */
static double
time_pass (struct work *work, int rounds, double *flops, GCancellable *cancellable, GError **error)
{
  g_autoptr (limn_pass) pass = limn_pass_new (work->device, forward, work);
  double best = -1;

  for (int i = 0; i <= rounds; i++) {
    gint64 start = g_get_monotonic_time ();
    double seconds;

    if (!limn_pass_run (pass, cancellable, error))
      return -1;
    seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC / work->calls;
    if (i > 0 && (best < 0 || seconds < best))
      best = seconds;
  }
  *flops = limn_pass_flops (pass) / work->calls;
  return best;
}

static double
bytes_of (const struct work *work)
{
  const limn_tensor read[] = { work->x, work->y, work->z, work->weight };
  double bytes = (double) limn_tensor_bytes (work->x); /* about what is written */

  for (gsize i = 0; i < G_N_ELEMENTS (read); i++)
    bytes += (double) limn_tensor_bytes (read[i]);
  return bytes;
}

static void
free_work (struct work *work)
{
  limn_tensor *all[] = { &work->x, &work->y, &work->z, &work->weight, &work->scale, &work->shift };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    limn_tensor_free (work->device, all[i]);
}

static bool
measure (struct work *work, struct limn_bench_op *result, GCancellable *cancellable, GError **error)
{
  GError *failure = NULL;
  double once;

  work->shape->prepare (work, &failure);
  if (failure) {
    g_propagate_error (error, failure);
    return false;
  }
  work->calls = 1;
  once = time_pass (work, 1, &result->flops, cancellable, error);
  if (once < 0)
    return false;
  work->calls = (int) CLAMP (MIN_SECONDS / MAX (once, 1e-9), 1, MAX_CALLS);
  result->seconds = time_pass (work, ROUNDS, &result->flops, cancellable, error);
  result->bytes = bytes_of (work);
  return result->seconds >= 0;
}

double
limn_bench_matmul (limn_device *device, GCancellable *cancellable, GError **error)
{
  struct work work = { .device = device, .shape = &shapes[0] };
  struct limn_bench_op result = { .op = shapes[0].op };
  bool good = measure (&work, &result, cancellable, error);

  free_work (&work);
  return good ? result.flops / result.seconds : -1;
}

bool
limn_bench_ops (limn_device *device,
                limn_bench_op_func report,
                gpointer data,
                GCancellable *cancellable,
                GError **error)
{
  double matmul = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    struct work work = { .device = device, .shape = &shapes[i] };
    struct limn_bench_op result = { .op = shapes[i].op, .shape = shapes[i].text };
    bool good = measure (&work, &result, cancellable, error);

    free_work (&work);
    if (!good)
      return false;
    if (i == 0)
      matmul = result.flops / result.seconds;
    result.share = result.flops / result.seconds / matmul;
    report (&result, data);
  }
  return true;
}
