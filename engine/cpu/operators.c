/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "cpu/cpu.h"
#include "error.h"
#include "limn.h"
#include "pass-private.h"

/* What every operator begins and ends with, and those that are one call of a kernel. */

static double
now (void)
{
  return (double) g_get_monotonic_time () / G_USEC_PER_SEC;
}

bool
limn_cpu_begin (limn_pass *pass, struct limn_cpu_call *call)
{
  if (pass->error)
    return false;
  if (g_cancellable_is_cancelled (pass->cancellable)) {
    limn_pass_fail (pass, g_error_new_literal (LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled"));
    return false;
  }
  call->cpu = (struct limn_cpu *) pass->device;
  limn_cpu_use_threads (call->cpu);
  call->start = pass->device->profile ? now () : 0;
  return true;
}

/* LIMN_DEBUG=check: the first element of @out that is no number ends the pass. */
static void
check (limn_pass *pass, limn_tensor out)
{
  gsize count = limn_tensor_elements (out);
  g_autofree float *values = g_new (float, count);

  limn_convert_to_f32 (out.dtype, limn_cpu_data (out), values, count);
  for (gsize i = 0; i < count; i++) {
    if (isfinite (values[i]))
      continue;
    limn_pass_fail (pass,
                    g_error_new (LIMN_ERROR, LIMN_ERROR_FAILED,
                                 "%s wrote %g at element %" G_GSIZE_FORMAT " of [%d, %d, %d, %d]",
                                 pass->op, (double) values[i], i, out.n, out.h, out.w, out.c));
    return;
  }
}

void
limn_cpu_end (limn_pass *pass, const struct limn_cpu_call *call, limn_tensor out)
{
  limn_device *device = pass->device;

  if (device->profile)
    device->profile (pass->op, now () - call->start, device->profile_data);
  if ((device->debug & LIMN_DEBUG_CHECK) && !pass->error)
    check (pass, out);
}

static struct limn_cpu_attention
describe_attention (limn_tensor q, limn_tensor k, const struct limn_attention_params *params)
{
  return (struct limn_cpu_attention){
    .dtype = q.dtype,
    .n = q.n,
    .tokens = q.h,
    .keys = k.h,
    .heads = params->heads,
    .d = q.c / params->heads,
    .causal = params->causal,
  };
}

gsize
limn_cpu_attention_scratch (limn_device *device,
                            limn_tensor q,
                            limn_tensor k,
                            const struct limn_attention_params *params)
{
  struct limn_cpu *cpu = (struct limn_cpu *) device;
  struct limn_cpu_attention attention = describe_attention (q, k, params);

  limn_cpu_use_threads (cpu);
  return cpu->kernels->attention_scratch (&attention);
}

void
limn_cpu_attention (limn_pass *pass,
                    limn_tensor out,
                    limn_tensor q,
                    limn_tensor k,
                    limn_tensor v,
                    const struct limn_attention_params *params)
{
  struct limn_cpu_attention attention = describe_attention (q, k, params);
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  attention.q = limn_cpu_data (q);
  attention.k = limn_cpu_data (k);
  attention.v = limn_cpu_data (v);
  attention.out = limn_cpu_data (out);
  if (!limn_tensor_is_null (pass->scratch))
    attention.scratch = limn_cpu_data (pass->scratch);
  call.cpu->kernels->attention (&attention);
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_group_norm (limn_pass *pass,
                     limn_tensor out,
                     limn_tensor x,
                     limn_tensor scratch,
                     const struct limn_group_norm_params *params)
{
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  call.cpu->kernels->group_norm (&(struct limn_cpu_group_norm){
      .statistics =
          limn_tensor_is_null (params->statistics) ? NULL : limn_cpu_data (params->statistics),
      .dtype = x.dtype,
      .n = x.n,
      .c = x.c,
      .groups = params->groups,
      .positions = (gsize) x.h * (gsize) x.w,
      .epsilon = params->epsilon,
      .activation = params->activation,
      .scale = limn_cpu_data (params->scale),
      .shift = limn_cpu_data (params->shift),
      .x = limn_cpu_data (x),
      .out = limn_cpu_data (out),
  });
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_layer_norm (limn_pass *pass,
                     limn_tensor out,
                     limn_tensor x,
                     const struct limn_layer_norm_params *params)
{
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  call.cpu->kernels->layer_norm (&(struct limn_cpu_layer_norm){
      .dtype = x.dtype,
      .rows = limn_tensor_rows (x),
      .c = x.c,
      .epsilon = params->epsilon,
      .scale = limn_cpu_data (params->scale),
      .shift = limn_cpu_data (params->shift),
      .x = limn_cpu_data (x),
      .out = limn_cpu_data (out),
  });
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_activate (limn_pass *pass, limn_tensor out, limn_tensor x, limn_activation activation)
{
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  call.cpu->kernels->activate (x.dtype, limn_cpu_data (out), limn_cpu_data (x),
                               limn_tensor_elements (x), activation);
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_add (limn_pass *pass,
              limn_tensor out,
              limn_tensor x,
              limn_tensor y,
              const struct limn_add_params *params)
{
  bool by_picture = y.n < x.n || params->scale_stride > 0;
  int n = by_picture ? x.n : 1;
  const float *scales = NULL;
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  if (!limn_tensor_is_null (params->scale))
    scales = (const float *) limn_cpu_data (params->scale) + params->scale_index;
  call.cpu->kernels->add (&(struct limn_cpu_add){
      .dtype = x.dtype,
      .n = n,
      .count = limn_tensor_elements (x) / (gsize) n,
      .x = limn_cpu_data (x),
      .y = limn_cpu_data (y),
      .scales = scales,
      .scale_stride = params->scale_stride,
      .repeat = y.n < x.n,
      .out = limn_cpu_data (out),
  });
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_concat_op (limn_pass *pass, limn_tensor out, limn_tensor x, limn_tensor y)
{
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  limn_cpu_concat (limn_dtype_size (x.dtype), limn_cpu_data (out), limn_cpu_data (x), (gsize) x.c,
                   limn_cpu_data (y), (gsize) y.c, limn_tensor_rows (x));
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_transpose_op (limn_pass *pass, limn_tensor out, limn_tensor x)
{
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  limn_cpu_transpose (limn_dtype_size (x.dtype), limn_cpu_data (out), limn_cpu_data (x), x.n, x.h,
                      x.w, x.c);
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_geglu (limn_pass *pass, limn_tensor out, limn_tensor x)
{
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  call.cpu->kernels->geglu (x.dtype, limn_cpu_data (out), limn_cpu_data (x), limn_tensor_rows (x),
                            (gsize) out.c);
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_embedding (
    limn_pass *pass, limn_tensor out, limn_tensor table, limn_tensor position, limn_tensor ids)
{
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  call.cpu->kernels->embedding (out.dtype, limn_cpu_data (out), limn_cpu_data (table), table.n,
                                limn_tensor_is_null (position) ? NULL : limn_cpu_data (position),
                                limn_cpu_data (ids), ids.n, ids.h, table.c);
  limn_cpu_end (pass, &call, out);
}

void
limn_cpu_copy_op (limn_pass *pass, limn_tensor out, limn_tensor x)
{
  struct limn_cpu_call call;

  if (!limn_cpu_begin (pass, &call))
    return;
  limn_cpu_copy (limn_cpu_data (out), limn_cpu_data (x), limn_tensor_bytes (x));
  limn_cpu_end (pass, &call, out);
}
