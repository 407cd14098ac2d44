/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cpu/primitive.h"
#include "error.h"

#define ALIGNMENT 64

static gsize
aligned (gsize bytes)
{
  return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* What follows the product is tried inside the primitive whole, then without the activation, then
 * not at all: the kernels do what is left, at the price of going over the result once more. */
enum { FUSED_ALL, FUSED_RESIDUAL, FUSED_NOTHING, N_FUSED };

static struct limn_cpu_key
reduce (const struct limn_cpu_key *key, int fused)
{
  struct limn_cpu_key less = *key;

  if (fused >= FUSED_RESIDUAL)
    less.activation = LIMN_ACTIVATION_NONE;
  if (fused >= FUSED_NOTHING)
    less.residual = 0;
  return less;
}

/* The primitive of @key that does most of it by itself. */
static struct limn_cpu_primitive *
find (struct limn_cpu *cpu, const struct limn_cpu_key *key)
{
  struct limn_cpu_primitive *primitive = NULL;
  struct limn_cpu_key last = reduce (key, FUSED_NOTHING);

  for (int fused = FUSED_ALL; fused < N_FUSED && !primitive; fused++) {
    struct limn_cpu_key less = reduce (key, fused);
    primitive = limn_cpu_primitive_get (cpu, &less, false);
  }
  if (!primitive && key->layout == 0)
    primitive = limn_cpu_primitive_get (cpu, &last, true);
  return primitive;
}

/* With @channel_add there are two ways: added to the bias, where all pictures have the same, or
 * after the product. */
static struct limn_cpu_key
with_channel_add (const struct limn_cpu_key *key, bool folded)
{
  struct limn_cpu_key changed = folded ? *key : reduce (key, FUSED_NOTHING);

  changed.bias = folded ? 1 : key->bias;
  return changed;
}

static gsize
scratch_of (struct limn_cpu *cpu, const struct limn_cpu_key *key)
{
  struct limn_cpu_primitive *primitive = find (cpu, key);

  return primitive ? aligned (primitive->scratch) : 0;
}

gsize
limn_cpu_product_scratch (struct limn_cpu *cpu, const struct limn_cpu_key *key, bool channel_add)
{
  struct limn_cpu_key folded = with_channel_add (key, true), after = with_channel_add (key, false);
  gsize bias = aligned ((gsize) key->out * sizeof (float));

  if (!channel_add)
    return scratch_of (cpu, key);
  return bias + MAX (scratch_of (cpu, &folded), scratch_of (cpu, &after));
}

/* Whether every picture has the same row of channel_add, as in guidance, where all are at one
 * timestep. */
static bool
rows_are_equal (limn_tensor rows)
{
  gsize bytes = (gsize) rows.c * limn_dtype_size (rows.dtype);
  const guint8 *data = limn_cpu_data (rows);

  for (gsize i = 1; i < limn_tensor_rows (rows); i++)
    if (memcmp (data, data + i * bytes, bytes) != 0)
      return false;
  return true;
}

static void
fold_channel_add (struct limn_cpu *cpu, const struct limn_cpu_product *product, float *bias)
{
  gsize count = (gsize) product->channel_add.c;

  cpu->kernels->convert (LIMN_DTYPE_F32, bias, product->channel_add.dtype,
                         limn_cpu_data (product->channel_add), count);
  if (!limn_tensor_is_null (product->bias))
    cpu->kernels->add (&(struct limn_cpu_add){
        .dtype = LIMN_DTYPE_F32,
        .n = 1,
        .count = count,
        .x = bias,
        .y = limn_cpu_data (product->bias),
        .out = bias,
    });
}

static void
finish (struct limn_cpu *cpu,
        const struct limn_cpu_product *product,
        const struct limn_cpu_key *wanted,
        const struct limn_cpu_key *done,
        bool channel_add)
{
  limn_tensor out = product->out;
  bool residual = wanted->residual && !done->residual;
  struct limn_cpu_finish rest = {
    .dtype = out.dtype,
    .n = out.n,
    .c = out.c,
    .positions = (gsize) out.h * (gsize) out.w,
    .x = limn_cpu_data (out),
    .channel_add = channel_add ? limn_cpu_data (product->channel_add) : NULL,
    .residual = residual ? limn_cpu_data (product->residual) : NULL,
    .activation =
        wanted->activation != done->activation ? wanted->activation : LIMN_ACTIVATION_NONE,
    .out = limn_cpu_data (out),
  };

  if (rest.channel_add || rest.residual || rest.activation != LIMN_ACTIVATION_NONE)
    cpu->kernels->finish (&rest);
}

/* The primitive for a weight in @layout, or for one as oneDNN would have it: key->layout is 0 then.
 */
static struct limn_cpu_primitive *
find_for_layout (struct limn_cpu *cpu, struct limn_cpu_key *key, int layout)
{
  struct limn_cpu_primitive *primitive;

  key->layout = layout;
  primitive = find (cpu, key);
  if (primitive)
    return primitive;
  key->layout = 0;
  return find (cpu, key);
}

gsize
limn_cpu_product_reorder (struct limn_cpu *cpu,
                          const struct limn_cpu_key *key,
                          bool channel_add,
                          int *layout)
{
  /* All pictures of a pass are at one timestep. */
  struct limn_cpu_key own = channel_add ? with_channel_add (key, true) : *key;
  struct limn_cpu_primitive *primitive = find_for_layout (cpu, &own, *layout);

  if (!primitive || own.layout != 0)
    return 0;
  *layout = primitive->layout;
  return dnnl_memory_desc_get_size (limn_cpu_layout (cpu, *layout));
}

/* What is stored anew stays so from here on: pictures of one size follow one another. */
static struct limn_cpu_primitive *
find_for_weight (struct limn_cpu *cpu,
                 const struct limn_cpu_product *product,
                 struct limn_cpu_key *key,
                 GError **error)
{
  struct limn_cpu_primitive *primitive = find_for_layout (cpu, key, product->weight.buffer->layout);

  if (primitive && key->layout != 0)
    return primitive;
  if (!primitive) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                 "oneDNN has no product of %dx%d positions, %d to %d channels", key->h, key->w,
                 key->in, key->out);
    return NULL;
  }
  return limn_cpu_weight_change (cpu, product->weight, primitive->layout, error) ? primitive : NULL;
}

bool
limn_cpu_product_run (struct limn_cpu *cpu, const struct limn_cpu_product *product, GError **error)
{
  struct limn_cpu_key key = product->key;
  bool channel_add = !limn_tensor_is_null (product->channel_add);
  bool folded = channel_add && rows_are_equal (product->channel_add);
  gsize bias_bytes = channel_add ? aligned ((gsize) key.out * sizeof (float)) : 0;
  struct limn_cpu_arguments arguments = {
    .src = product->src,
    .weight = NULL,
    .dst = limn_cpu_data (product->out),
    .scratch = product->scratch + bias_bytes,
  };
  struct limn_cpu_primitive *primitive;
  void *own = NULL;
  bool good;

  if (channel_add)
    key = with_channel_add (&key, folded);
  primitive = find_for_weight (cpu, product, &key, error);
  if (!primitive)
    return false;

  arguments.weight = limn_cpu_data (product->weight);
  if (folded) {
    fold_channel_add (cpu, product, (float *) product->scratch);
    arguments.bias = product->scratch;
  } else if (key.bias) {
    arguments.bias = limn_cpu_data (product->bias);
  }
  if (primitive->key.residual)
    arguments.residual = limn_cpu_data (product->residual);
  /* A weight that lies as another size wanted it may ask for more than was measured. */
  if (primitive->scratch > product->scratch_size - bias_bytes &&
      posix_memalign (&own, ALIGNMENT, primitive->scratch) != 0) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_MEMORY, "there is not enough memory");
    return false;
  }
  if (own)
    arguments.scratch = own;
  good = limn_cpu_primitive_run (cpu, primitive, &arguments, error);
  free (own);
  if (good)
    finish (cpu, product, &product->key, &primitive->key, channel_add && !folded);
  return good;
}
