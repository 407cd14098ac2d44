/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/primitive.h"
#include "pass-private.h"

static struct limn_cpu_key
make_key (limn_tensor out,
          limn_tensor x,
          limn_tensor weight,
          const struct limn_linear_params *params)
{
  struct limn_cpu_key key = { 0 };

  key.op = LIMN_CPU_MATMUL;
  key.dtype = x.dtype;
  key.n = (int) limn_tensor_rows (x);
  key.h = key.w = key.kh = key.kw = key.out_h = key.out_w = key.stride = 1;
  key.in = x.c;
  key.out = weight.n;
  key.bias = !limn_tensor_is_null (params->bias);
  key.residual = !limn_tensor_is_null (params->residual);
  key.activation = params->activation;
  return key;
}

gsize
limn_cpu_linear_scratch (limn_device *device,
                         limn_tensor out,
                         limn_tensor x,
                         limn_tensor weight,
                         const struct limn_linear_params *params)
{
  struct limn_cpu_key key = make_key (out, x, weight, params);

  return limn_cpu_product_scratch ((struct limn_cpu *) device, &key, false);
}

gsize
limn_cpu_linear_reorder (limn_device *device,
                         limn_tensor out,
                         limn_tensor x,
                         limn_tensor weight,
                         const struct limn_linear_params *params,
                         int *layout)
{
  struct limn_cpu *cpu = (struct limn_cpu *) device;
  struct limn_cpu_key key = make_key (out, x, weight, params);

  if (*layout == 0)
    *layout = limn_cpu_weight_layout (cpu, LIMN_WEIGHT_LINEAR, weight);
  return limn_cpu_product_reorder (cpu, &key, false, layout);
}

void
limn_cpu_linear (limn_pass *pass,
                 limn_tensor out,
                 limn_tensor x,
                 limn_tensor weight,
                 const struct limn_linear_params *params)
{
  struct limn_cpu_product product;
  struct limn_cpu_call call;
  GError *error = NULL;

  if (!limn_cpu_begin (pass, &call))
    return;
  product = (struct limn_cpu_product){
    .key = make_key (out, x, weight, params),
    .weight = weight,
    .out = out,
    .src = limn_cpu_data (x),
    .bias = params->bias,
    .residual = params->residual,
  };
  if (!limn_tensor_is_null (pass->scratch)) {
    product.scratch = limn_cpu_data (pass->scratch);
    product.scratch_size = limn_tensor_bytes (pass->scratch);
  }
  if (!limn_cpu_product_run (call.cpu, &product, &error))
    limn_pass_fail (pass, error);
  limn_cpu_end (pass, &call, out);
}
