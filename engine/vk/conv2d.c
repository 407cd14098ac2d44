/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/ops.h"

#include <math.h>

#include "pass-private.h"

#include "conv2d_direct_f16.h"
#include "conv2d_direct_f32.h"
#include "conv2d_tiled_f16.h"
#include "conv2d_tiled_f32.h"

/* Convolution as an implicit matrix product: rows are output positions, columns output channels,
 * and the sum runs over the taps of the kernel and the input channels. A linear layer is a 1x1
 * convolution. Nothing is gathered in memory first. */

enum { FLAG_BIAS = 1 << 8, FLAG_CHANNEL_ADD = 1 << 9, FLAG_RESIDUAL = 1 << 10 };

/* As in shaders/conv2d.glsl. */
struct push {
  gint32 in_h, in_w;
  gint32 resize_h, resize_w;
  float scale_h, scale_w; /* in over resized, as PyTorch computes it */
  gint32 out_h, out_w;
  gint32 c_in, c_out;
  gint32 kernel_w, taps;
  gint32 stride, pad;
  gint32 line, rows;         /* the first line of [n * out_h], and positions from there */
  gint32 in_line;            /* the line of [n * in_h] that x's binding begins with */
  gint32 block, block_end;   /* blocks of four output channels */
  gint32 x_shift, out_shift; /* elements in the bindings before the first */
  gint32 residual_shift, weight_shift;
  gint32 flags;
};
G_STATIC_ASSERT (sizeof (struct push) <= LIMN_VK_MAX_PUSH);

/* How a form lays its work groups out. */
struct form {
  const struct limn_vk_shader *shader;
  guint32 rows, blocks; /* of one work group */
  guint32 local_x, local_y;
  guint32 lane_blocks; /* direct: neighbouring lanes with the same rows */
};

/* Work groups that a driver takes without a word, in rows. */
#define MAX_ROWS (1 << 21)

#define DIRECT_ROWS 16
#define DIRECT_SUBGROUPS 4

static const struct limn_vk_shader direct = LIMN_VK_SHADER (conv2d_direct);
static const struct limn_vk_shader tiled = LIMN_VK_SHADER (conv2d_tiled);

static struct form
choose_form (struct limn_vk *vk, int blocks)
{
  guint32 lanes = vk->physical->subgroup_size, lane_blocks = 1;

  if (vk->form == LIMN_VK_FORM_TILED)
    return (struct form){ &tiled, 64, 16, 16, 16, 0 };

  while (lane_blocks < (guint32) blocks && lane_blocks < MIN (lanes, DIRECT_ROWS))
    lane_blocks *= 2;
  return (struct form){
    .shader = &direct,
    .rows = DIRECT_ROWS * (lanes / lane_blocks) * DIRECT_SUBGROUPS,
    .blocks = lane_blocks,
    .local_x = lanes,
    .local_y = DIRECT_SUBGROUPS,
    .lane_blocks = lane_blocks,
  };
}

struct conv {
  limn_tensor out, x, weight;
  const struct limn_conv2d_params *params;
  struct push push;
};

static int
nearest (int position, int in, float scale)
{
  return MIN ((int) floorf ((float) position * scale), in - 1);
}

/* The line of x that output line @line touches first or last. */
static int
input_line (const struct conv *conv, int line, bool last)
{
  const struct push *push = &conv->push;
  int y = line % push->out_h * push->stride - push->pad + (last ? conv->weight.h - 1 : 0);

  y = CLAMP (y, 0, push->resize_h - 1);
  return line / push->out_h * push->in_h + nearest (y, push->in_h, push->scale_h);
}

/* How many lines from @line on fit into bindings. */
static int
fit_lines (struct limn_vk *vk, const struct conv *conv, int line)
{
  gsize out_line = (gsize) conv->out.w * conv->out.c, in_line = (gsize) conv->x.w * conv->x.c;
  gsize limit = limn_vk_range_elements (vk, conv->x);
  gsize lines = (gsize) conv->out.n * conv->out.h - (gsize) line;

  lines = MIN (lines, MAX (1, limit / out_line));
  lines = MIN (lines, MAX (1, MAX_ROWS / (gsize) conv->out.w));
  while (lines > 1) {
    int last = input_line (conv, line + (int) lines - 1, true);
    if ((gsize) (last - input_line (conv, line, false) + 1) * in_line <= limit)
      break;
    lines = (lines + 1) / 2;
  }
  return (int) lines;
}

static gsize
block_elements (const struct conv *conv)
{
  return (gsize) conv->push.taps * (((gsize) conv->x.c + 3) / 4 * 4) * 4;
}

static struct limn_vk_binding
bind_weight (struct conv *conv)
{
  gsize block = block_elements (conv);
  limn_tensor weight = conv->weight;
  struct limn_vk_binding binding = limn_vk_window (
      weight, (gsize) conv->push.block * block,
      (gsize) (conv->push.block_end - conv->push.block) * block, false, &conv->push.weight_shift);

  conv->push.weight_shift /= 4; /* the shader counts in fours */
  return binding;
}

static void
dispatch (limn_pass *pass, struct conv *conv, int line, int lines, const struct form *form)
{
  const struct limn_conv2d_params *params = conv->params;
  struct push *push = &conv->push;
  gsize out_line = (gsize) conv->out.w * conv->out.c, in_line = (gsize) conv->x.w * conv->x.c;
  int in_end = input_line (conv, line + lines - 1, true) + 1;
  limn_tensor residual = limn_tensor_is_null (params->residual) ? conv->x : params->residual;
  bool aligned = conv->x.c % 4 == 0, out_aligned = conv->out.c % 4 == 0;

  push->line = line;
  push->rows = lines * conv->out.w;
  push->in_line = input_line (conv, line, false);
  struct limn_vk_dispatch record = {
    .shader = form->shader,
    .spec = { form->local_x, form->local_y, aligned, out_aligned, form->lane_blocks },
    .bindings = {
      limn_vk_window (conv->x, (gsize) push->in_line * in_line,
                      (gsize) (in_end - push->in_line) * in_line, false, &push->x_shift),
      bind_weight (conv),
      limn_vk_optional (params->bias, conv->x),
      limn_vk_optional (params->channel_add, conv->x),
    },
    .push = push,
    .push_size = sizeof *push,
    .groups = {
      ((guint32) (push->block_end - push->block) + form->blocks - 1) / form->blocks,
      ((guint32) push->rows + form->rows - 1) / form->rows,
      1,
    },
  };
  if (limn_tensor_is_null (params->residual))
    record.bindings[4] = limn_vk_optional (params->residual, conv->x);
  else
    record.bindings[4] = limn_vk_window (residual, (gsize) line * out_line,
                                         (gsize) lines * out_line, false, &push->residual_shift);
  record.bindings[5] = limn_vk_window (conv->out, (gsize) line * out_line, (gsize) lines * out_line,
                                       true, &push->out_shift);
  limn_vk_dispatch (pass, &record);
}

static struct push
make_push (const struct conv *conv)
{
  const struct limn_conv2d_params *params = conv->params;
  guint flags = params->activation;

  if (!limn_tensor_is_null (params->bias))
    flags |= FLAG_BIAS;
  if (!limn_tensor_is_null (params->channel_add))
    flags |= FLAG_CHANNEL_ADD;
  if (!limn_tensor_is_null (params->residual))
    flags |= FLAG_RESIDUAL;
  return (struct push){
    .in_h = conv->x.h,
    .in_w = conv->x.w,
    .resize_h = params->resize_h,
    .resize_w = params->resize_w,
    .scale_h = (float) conv->x.h / (float) params->resize_h,
    .scale_w = (float) conv->x.w / (float) params->resize_w,
    .out_h = conv->out.h,
    .out_w = conv->out.w,
    .c_in = conv->x.c,
    .c_out = conv->out.c,
    .kernel_w = conv->weight.w,
    .taps = conv->weight.h * conv->weight.w,
    .stride = params->stride,
    .pad = params->pad_begin,
    .flags = (gint32) flags,
  };
}

void
limn_vk_conv2d (limn_pass *pass,
                limn_tensor out,
                limn_tensor x,
                limn_tensor weight,
                const struct limn_conv2d_params *params)
{
  struct limn_vk *vk = (struct limn_vk *) pass->device;
  struct conv conv = { .out = out, .x = x, .weight = weight, .params = params };
  int blocks = (out.c + 3) / 4, total = out.n * out.h;
  struct form form = choose_form (vk, blocks);
  int most;

  conv.push = make_push (&conv);
  most = (int) MAX (1, limn_vk_range_elements (vk, weight) / block_elements (&conv));
  for (int block = 0; block < blocks; block += most) {
    conv.push.block = block;
    conv.push.block_end = MIN (blocks, block + most);
    for (int line = 0, lines; line < total; line += lines) {
      lines = fit_lines (vk, &conv, line);
      dispatch (pass, &conv, line, lines, &form);
    }
  }
}

void
limn_vk_linear (limn_pass *pass,
                limn_tensor out,
                limn_tensor x,
                limn_tensor weight,
                const struct limn_linear_params *params)
{
  const struct limn_conv2d_params conv = {
    .bias = params->bias,
    .residual = params->residual,
    .activation = params->activation,
    .stride = 1,
    .resize_h = x.h,
    .resize_w = x.w,
  };

  limn_vk_conv2d (pass, out, x, weight, &conv);
}
