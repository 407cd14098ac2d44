/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

#include "device.h"
#include "pass-private.h"

/* What all devices share: shapes, memory and the count of work. */

/* The device's operators; what it records from here on counts as @op. */
static const struct limn_device_ops *
begin_op (limn_pass *pass, const char *op)
{
  pass->op = op;
  return &pass->device->klass->ops;
}

/* The device whose needs of memory count: also while it is only measured. */
static limn_device *
real_device (limn_pass *pass)
{
  return pass->device->real ? pass->device->real : pass->device;
}

/* Until end_scratch(). */
static void
begin_scratch (limn_pass *pass, gsize bytes)
{
  g_assert (bytes <= G_MAXINT * (gsize) LIMN_ARENA_ALIGNMENT);
  if (bytes > 0)
    pass->scratch =
        limn_pass_alloc (pass, LIMN_DTYPE_F32, 1, 1,
                         (int) ((bytes + LIMN_ARENA_ALIGNMENT - 1) / LIMN_ARENA_ALIGNMENT),
                         LIMN_ARENA_ALIGNMENT / 4);
}

static void
end_scratch (limn_pass *pass)
{
  limn_release (pass, &pass->scratch);
}

static limn_tensor
alloc_like (limn_pass *pass, limn_tensor x)
{
  return limn_pass_alloc (pass, x.dtype, x.n, x.h, x.w, x.c);
}

static void
assert_vector (limn_tensor vector, int c)
{
  if (limn_tensor_is_null (vector))
    return;
  g_assert (vector.dtype == LIMN_DTYPE_F32);
  g_assert (vector.n == 1 && vector.h == 1 && vector.w == 1 && vector.c == c);
}

static void
assert_like (limn_tensor x, limn_tensor y)
{
  g_assert (limn_tensor_is_null (x) || (x.dtype == y.dtype && limn_tensor_same_shape (x, y)));
}

static int
conv_extent (int in, int kernel, int stride, int pads)
{
  g_assert (in + pads >= kernel);
  return (in + pads - kernel) / stride + 1;
}

limn_tensor
limn_conv2d (limn_pass *pass,
             limn_tensor x,
             limn_tensor weight,
             const struct limn_conv2d_params *params)
{
  struct limn_conv2d_params full = *params;
  int pads = full.pad_begin + full.pad_end;
  limn_tensor out;

  full.stride = MAX (full.stride, 1);
  full.resize_h = full.resize_h > 0 ? full.resize_h : x.h;
  full.resize_w = full.resize_w > 0 ? full.resize_w : x.w;
  g_assert (weight.c == x.c);
  out =
      limn_pass_alloc (pass, x.dtype, x.n, conv_extent (full.resize_h, weight.h, full.stride, pads),
                       conv_extent (full.resize_w, weight.w, full.stride, pads), weight.n);
  assert_vector (full.bias, out.c);
  assert_like (full.residual, out);
  if (!limn_tensor_is_null (full.channel_add))
    g_assert (limn_tensor_rows (full.channel_add) == (gsize) x.n && full.channel_add.c == out.c);

  pass->flops += 2.0 * limn_tensor_elements (out) * weight.h * weight.w * weight.c;
  if (real_device (pass)->klass->scratch.conv2d)
    begin_scratch (pass, real_device (pass)->klass->scratch.conv2d (real_device (pass), out, x,
                                                                    weight, &full));
  begin_op (pass, "conv2d")->conv2d (pass, out, x, weight, &full);
  end_scratch (pass);
  return out;
}

limn_tensor
limn_linear (limn_pass *pass,
             limn_tensor x,
             limn_tensor weight,
             const struct limn_linear_params *params)
{
  limn_tensor out = limn_pass_alloc (pass, x.dtype, x.n, x.h, x.w, weight.n);

  g_assert (weight.c == x.c && weight.h == 1 && weight.w == 1);
  assert_vector (params->bias, out.c);
  assert_like (params->residual, out);

  pass->flops += 2.0 * limn_tensor_elements (out) * weight.c;
  if (real_device (pass)->klass->scratch.linear)
    begin_scratch (pass, real_device (pass)->klass->scratch.linear (real_device (pass), out, x,
                                                                    weight, params));
  begin_op (pass, "linear")->linear (pass, out, x, weight, params);
  end_scratch (pass);
  return out;
}

limn_tensor
limn_attention (limn_pass *pass,
                limn_tensor q,
                limn_tensor k,
                limn_tensor v,
                const struct limn_attention_params *params)
{
  limn_tensor out = alloc_like (pass, q);

  g_assert (q.w == 1 && k.w == 1 && k.n == q.n && k.c == q.c);
  g_assert (params->heads > 0 && q.c % params->heads == 0);
  assert_like (v, k);

  pass->flops += 4.0 * limn_tensor_elements (q) * k.h;
  if (real_device (pass)->klass->scratch.attention)
    begin_scratch (pass,
                   real_device (pass)->klass->scratch.attention (real_device (pass), q, k, params));
  begin_op (pass, "attention")->attention (pass, out, q, k, v, params);
  end_scratch (pass);
  return out;
}

limn_tensor
limn_group_norm (limn_pass *pass, limn_tensor x, const struct limn_group_norm_params *params)
{
  limn_tensor out = alloc_like (pass, x), scratch = params->statistics;

  if (limn_tensor_is_null (scratch))
    scratch = limn_pass_alloc (pass, LIMN_DTYPE_F32, x.n, params->groups, LIMN_GROUP_NORM_PARTS, 2);
  g_assert (scratch.dtype == LIMN_DTYPE_F32 && scratch.n == x.n && scratch.h == params->groups);

  g_assert (params->groups > 0 && x.c % params->groups == 0);
  assert_vector (params->scale, x.c);
  assert_vector (params->shift, x.c);

  begin_op (pass, "group_norm")->group_norm (pass, out, x, scratch, params);
  limn_release (pass, &scratch);
  return out;
}

limn_tensor
limn_layer_norm (limn_pass *pass, limn_tensor x, const struct limn_layer_norm_params *params)
{
  limn_tensor out = alloc_like (pass, x);

  assert_vector (params->scale, x.c);
  assert_vector (params->shift, x.c);

  begin_op (pass, "layer_norm")->layer_norm (pass, out, x, params);
  return out;
}

limn_tensor
limn_activate (limn_pass *pass, limn_tensor x, limn_activation activation)
{
  limn_tensor out = alloc_like (pass, x);

  begin_op (pass, "activate")->activate (pass, out, x, activation);
  return out;
}

limn_tensor
limn_add (limn_pass *pass, limn_tensor x, limn_tensor y, const struct limn_add_params *params)
{
  static const struct limn_add_params plain = { 0 };
  limn_tensor out = alloc_like (pass, x), like = x;

  params = params ? params : &plain;
  like.n = y.n == 1 ? 1 : x.n;
  assert_like (y, like);
  if (!limn_tensor_is_null (params->scale)) {
    int last = params->scale_index + (x.n - 1) * params->scale_stride;

    assert_vector (params->scale, params->scale.c);
    g_assert (params->scale_stride >= 0);
    g_assert (params->scale_index >= 0 && last < params->scale.c);
  }

  begin_op (pass, "add")->add (pass, out, x, y, params);
  return out;
}

limn_tensor
limn_concat (limn_pass *pass, limn_tensor x, limn_tensor y)
{
  limn_tensor out = limn_pass_alloc (pass, x.dtype, x.n, x.h, x.w, x.c + y.c);

  g_assert (x.n == y.n && x.h == y.h && x.w == y.w && x.dtype == y.dtype);
  begin_op (pass, "concat")->concat (pass, out, x, y);
  return out;
}

limn_tensor
limn_transpose (limn_pass *pass, limn_tensor x)
{
  limn_tensor out = limn_pass_alloc (pass, x.dtype, x.n, x.w, x.h, x.c);

  begin_op (pass, "transpose")->transpose (pass, out, x);
  return out;
}

limn_tensor
limn_geglu (limn_pass *pass, limn_tensor x)
{
  limn_tensor out = limn_pass_alloc (pass, x.dtype, x.n, x.h, x.w, x.c / 2);

  g_assert (x.c % 2 == 0);
  begin_op (pass, "geglu")->geglu (pass, out, x);
  return out;
}

limn_tensor
limn_embedding (limn_pass *pass, limn_tensor table, limn_tensor position, limn_tensor ids)
{
  limn_tensor out = limn_pass_alloc (pass, table.dtype, ids.n, ids.h, 1, table.c);

  g_assert (ids.dtype == LIMN_DTYPE_I32 && ids.w == 1 && ids.c == 1);
  if (!limn_tensor_is_null (position))
    g_assert (position.c == table.c && position.n >= ids.h && position.dtype == table.dtype);

  begin_op (pass, "embedding")->embedding (pass, out, table, position, ids);
  return out;
}

void
limn_copy (limn_pass *pass, limn_tensor x, limn_tensor dst)
{
  assert_like (dst, x);
  begin_op (pass, "copy")->copy (pass, dst, x);
}
