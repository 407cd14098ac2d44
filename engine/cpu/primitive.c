/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/primitive.h"

#include <string.h>

#include "error.h"

/* --- the table --- */

static guint
hash_key (gconstpointer data)
{
  const guint8 *bytes = data;
  guint hash = 2166136261u;

  for (gsize i = 0; i < sizeof (struct limn_cpu_key); i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

static gboolean
same_key (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (struct limn_cpu_key)) == 0;
}

static void
primitive_free (gpointer data)
{
  struct limn_cpu_primitive *primitive = data;
  dnnl_memory_t memories[] = { primitive->src,      primitive->weight, primitive->bias,
                               primitive->residual, primitive->dst,    primitive->scratchpad };

  if (primitive->description)
    dnnl_primitive_desc_destroy (primitive->description);
  if (primitive->primitive)
    dnnl_primitive_destroy (primitive->primitive);
  for (gsize i = 0; i < G_N_ELEMENTS (memories); i++)
    if (memories[i])
      dnnl_memory_destroy (memories[i]);
  g_free (primitive);
}

GHashTable *
limn_cpu_primitives_new (void)
{
  return g_hash_table_new_full (hash_key, same_key, g_free, primitive_free);
}

const dnnl_memory_desc_t *
limn_cpu_layout (const struct limn_cpu *cpu, int number)
{
  return g_ptr_array_index (cpu->layouts, number - 1);
}

int
limn_cpu_layout_number (struct limn_cpu *cpu, const dnnl_memory_desc_t *layout)
{
  for (int i = 1; i <= (int) cpu->layouts->len; i++)
    if (dnnl_memory_desc_equal (limn_cpu_layout (cpu, i), layout))
      return i;
  g_ptr_array_add (cpu->layouts, g_memdup2 (layout, sizeof *layout));
  return (int) cpu->layouts->len;
}

dnnl_data_type_t
limn_cpu_data_type (limn_dtype dtype)
{
  return dtype == LIMN_DTYPE_BF16 ? dnnl_bf16 : dnnl_f32;
}

/* --- descriptions --- */

/* The activations that oneDNN computes as Limn means them. Its relu takes NaN for 0, so that a
 * picture of nonsense would look like one; soft_clamp is none of its own. */
static const struct {
  dnnl_alg_kind_t algorithm;
  float alpha;
} eltwise[LIMN_N_ACTIVATIONS] = {
  [LIMN_ACTIVATION_SILU] = { dnnl_eltwise_swish, 1 },
  [LIMN_ACTIVATION_GELU] = { dnnl_eltwise_gelu_erf, 0 },
  [LIMN_ACTIVATION_QUICK_GELU] = { dnnl_eltwise_swish, 1.702f },
};

/* The memory that a primitive reads and writes, as oneDNN calls it. */
struct memories {
  dnnl_memory_desc_t src, weight, bias, dst;
};

static void
describe_conv (const struct limn_cpu_key *key, struct memories *memories)
{
  dnnl_data_type_t type = limn_cpu_data_type (key->dtype);
  const dnnl_dims_t src = { key->n, key->in, key->h, key->w };
  const dnnl_dims_t weight = { key->out, key->in, key->kh, key->kw };
  const dnnl_dims_t bias = { key->out };
  const dnnl_dims_t dst = { key->n, key->out, key->out_h, key->out_w };

  dnnl_memory_desc_init_by_tag (&memories->src, 4, src, type, dnnl_nhwc);
  dnnl_memory_desc_init_by_tag (&memories->weight, 4, weight, type, dnnl_format_tag_any);
  dnnl_memory_desc_init_by_tag (&memories->bias, 1, bias, dnnl_f32, dnnl_x);
  dnnl_memory_desc_init_by_tag (&memories->dst, 4, dst, type, dnnl_nhwc);
}

static void
describe_matmul (const struct limn_cpu_key *key, struct memories *memories)
{
  dnnl_data_type_t type = limn_cpu_data_type (key->dtype);
  const dnnl_dims_t src = { key->n, key->in };
  const dnnl_dims_t weight = { key->in, key->out };
  const dnnl_dims_t bias = { 1, key->out };
  const dnnl_dims_t dst = { key->n, key->out };

  dnnl_memory_desc_init_by_tag (&memories->src, 2, src, type, dnnl_ab);
  dnnl_memory_desc_init_by_tag (&memories->weight, 2, weight, type, dnnl_format_tag_any);
  dnnl_memory_desc_init_by_tag (&memories->bias, 2, bias, dnnl_f32, dnnl_ab);
  dnnl_memory_desc_init_by_tag (&memories->dst, 2, dst, type, dnnl_ab);
}

/* What the primitive does to the product before it is stored; NULL where oneDNN cannot say it. */
static dnnl_primitive_attr_t
describe_attributes (const struct limn_cpu_key *key, const dnnl_memory_desc_t *dst)
{
  dnnl_primitive_attr_t attributes;
  dnnl_post_ops_t post;

  if (key->activation != LIMN_ACTIVATION_NONE && eltwise[key->activation].algorithm == 0)
    return NULL;
  if (dnnl_primitive_attr_create (&attributes) != dnnl_success)
    return NULL;
  dnnl_primitive_attr_set_scratchpad_mode (attributes, dnnl_scratchpad_mode_user);
  if (dnnl_post_ops_create (&post) != dnnl_success) {
    dnnl_primitive_attr_destroy (attributes);
    return NULL;
  }
  if (key->residual)
    dnnl_post_ops_append_binary (post, dnnl_binary_add, dst);
  if (key->activation != LIMN_ACTIVATION_NONE)
    dnnl_post_ops_append_eltwise (post, 1, eltwise[key->activation].algorithm,
                                  eltwise[key->activation].alpha, 0);
  dnnl_primitive_attr_set_post_ops (attributes, post);
  dnnl_post_ops_destroy (post);
  return attributes;
}

/* oneDNN's plain loops, hundreds of times slower than the rest of it. */
static bool
is_reference (const_dnnl_primitive_desc_t description)
{
  const char *name = NULL;

  dnnl_primitive_desc_query (description, dnnl_query_impl_info_str, 0, &name);
  return !name || strstr (name, "ref") != NULL;
}

/* The first implementation that is not the reference; or that, where it is taken. */
static dnnl_primitive_desc_t
choose (struct limn_cpu *cpu,
        const_dnnl_op_desc_t op,
        const_dnnl_primitive_attr_t attributes,
        bool reference)
{
  dnnl_primitive_desc_iterator_t iterator;
  dnnl_primitive_desc_t found = NULL;

  if (dnnl_primitive_desc_iterator_create (&iterator, op, attributes, cpu->engine, NULL) !=
      dnnl_success)
    return NULL;
  do {
    found = dnnl_primitive_desc_iterator_fetch (iterator);
    if (found && is_reference (found) && !reference)
      g_clear_pointer (&found, dnnl_primitive_desc_destroy);
  } while (!found && dnnl_primitive_desc_iterator_next (iterator) == dnnl_success);
  dnnl_primitive_desc_iterator_destroy (iterator);
  return found;
}

static dnnl_primitive_desc_t
describe (struct limn_cpu *cpu, const struct limn_cpu_key *key, bool reference)
{
  struct memories memories;
  dnnl_primitive_attr_t attributes;
  dnnl_primitive_desc_t found = NULL;
  union {
    dnnl_convolution_desc_t conv;
    dnnl_matmul_desc_t matmul;
  } op;
  dnnl_status_t status;

  (key->op == LIMN_CPU_CONV ? describe_conv : describe_matmul) (key, &memories);
  if (key->layout != 0)
    memories.weight = *limn_cpu_layout (cpu, key->layout);
  attributes = describe_attributes (key, &memories.dst);
  if (!attributes)
    return NULL;
  if (key->op == LIMN_CPU_CONV) {
    const dnnl_dims_t strides = { key->stride, key->stride }, dilates = { 0 };
    const dnnl_dims_t begin = { key->pad_begin, key->pad_begin };
    const dnnl_dims_t end = { key->pad_end, key->pad_end };

    status = dnnl_dilated_convolution_forward_desc_init (
        &op.conv, dnnl_forward_inference, dnnl_convolution_direct, &memories.src, &memories.weight,
        key->bias ? &memories.bias : NULL, &memories.dst, strides, dilates, begin, end);
  } else {
    status = dnnl_matmul_desc_init (&op.matmul, &memories.src, &memories.weight,
                                    key->bias ? &memories.bias : NULL, &memories.dst);
  }
  if (status == dnnl_success)
    found = choose (cpu, &op, attributes, reference);
  dnnl_primitive_attr_destroy (attributes);
  return found;
}

/* --- making and running --- */

static const dnnl_memory_desc_t *
query (const struct limn_cpu_primitive *primitive, dnnl_query_t what)
{
  return dnnl_primitive_desc_query_md (primitive->description, what, 0);
}

static void
insert (struct limn_cpu *cpu, const struct limn_cpu_key *key, struct limn_cpu_primitive *primitive)
{
  g_hash_table_insert (cpu->primitives, g_memdup2 (key, sizeof *key), primitive);
}

static struct limn_cpu_primitive *
primitive_new (struct limn_cpu *cpu, const struct limn_cpu_key *key, dnnl_primitive_desc_t found)
{
  struct limn_cpu_primitive *primitive = g_new0 (struct limn_cpu_primitive, 1);

  primitive->key = *key;
  primitive->description = found;
  if (!found)
    return primitive;
  primitive->layout = limn_cpu_layout_number (cpu, query (primitive, dnnl_query_weights_md));
  primitive->scratch = dnnl_memory_desc_get_size (query (primitive, dnnl_query_scratchpad_md));
  return primitive;
}

/* What oneDNN cannot do is kept as well, without a description, so that it is asked once. */
struct limn_cpu_primitive *
limn_cpu_primitive_get (struct limn_cpu *cpu, const struct limn_cpu_key *key, bool reference)
{
  struct limn_cpu_primitive *primitive = g_hash_table_lookup (cpu->primitives, key);

  if (!primitive) {
    limn_cpu_use_threads (cpu);
    primitive = primitive_new (cpu, key, describe (cpu, key, false));
    insert (cpu, key, primitive);
  }
  if (!primitive->description && reference) {
    limn_cpu_use_threads (cpu);
    primitive = primitive_new (cpu, key, describe (cpu, key, true));
    insert (cpu, key, primitive);
  }
  return primitive->description ? primitive : NULL;
}

static bool
fail (GError **error, dnnl_status_t status, const struct limn_cpu_key *key)
{
  if (status == dnnl_out_of_memory)
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY,
                 "there is not enough memory for a convolution of %d to %d channels", key->in,
                 key->out);
  else
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                 "oneDNN refuses a product of %dx%d positions, %d to %d channels (%d)", key->h,
                 key->w, key->in, key->out, (int) status);
  return false;
}

static bool
add_memory (struct limn_cpu *cpu,
            dnnl_memory_t *memory,
            const dnnl_memory_desc_t *layout,
            dnnl_status_t *status)
{
  if (*status == dnnl_success)
    *status = dnnl_memory_create (memory, layout, cpu->engine, DNNL_MEMORY_NONE);
  return *status == dnnl_success;
}

static bool
compile (struct limn_cpu *cpu, struct limn_cpu_primitive *primitive, GError **error)
{
  const struct limn_cpu_key *key = &primitive->key;
  const dnnl_memory_desc_t *dst = query (primitive, dnnl_query_dst_md);
  dnnl_status_t status;

  if (primitive->scratchpad)
    return true;
  status = dnnl_primitive_create (&primitive->primitive, primitive->description);
  add_memory (cpu, &primitive->src, query (primitive, dnnl_query_src_md), &status);
  add_memory (cpu, &primitive->weight, limn_cpu_layout (cpu, primitive->layout), &status);
  if (key->bias)
    add_memory (cpu, &primitive->bias,
                dnnl_primitive_desc_query_md (primitive->description, dnnl_query_weights_md, 1),
                &status);
  if (key->residual)
    add_memory (cpu, &primitive->residual, dst, &status);
  add_memory (cpu, &primitive->dst, dst, &status);
  if (!add_memory (cpu, &primitive->scratchpad, query (primitive, dnnl_query_scratchpad_md),
                   &status))
    return fail (error, status, key);
  return true;
}

bool
limn_cpu_primitive_run (struct limn_cpu *cpu,
                        struct limn_cpu_primitive *primitive,
                        const struct limn_cpu_arguments *arguments,
                        GError **error)
{
  struct {
    int argument;
    dnnl_memory_t *memory;
    const void *data;
  } all[] = {
    { DNNL_ARG_SRC, &primitive->src, arguments->src },
    { DNNL_ARG_WEIGHTS, &primitive->weight, arguments->weight },
    { DNNL_ARG_DST, &primitive->dst, arguments->dst },
    { DNNL_ARG_SCRATCHPAD, &primitive->scratchpad, arguments->scratch },
    { DNNL_ARG_BIAS, &primitive->bias, arguments->bias },
    { DNNL_ARG_ATTR_MULTIPLE_POST_OP (0) | DNNL_ARG_SRC_1, &primitive->residual,
      arguments->residual },
  };
  dnnl_exec_arg_t given[G_N_ELEMENTS (all)];
  int count = 0;
  dnnl_status_t status;

  if (!compile (cpu, primitive, error))
    return false;
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    if (!*all[i].memory)
      continue;
    dnnl_memory_set_data_handle (*all[i].memory, (void *) all[i].data);
    given[count++] = (dnnl_exec_arg_t){ all[i].argument, *all[i].memory };
  }
  status = dnnl_primitive_execute (primitive->primitive, cpu->stream, count, given);
  if (status == dnnl_success)
    status = dnnl_stream_wait (cpu->stream);
  return status == dnnl_success || fail (error, status, &primitive->key);
}
