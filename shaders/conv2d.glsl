/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the forms of the convolution share: parameters, where an output position reads, and what is
 * done to a sum before it is stored. Sums come in blocks of four output channels. */

layout (local_size_x_id = 0, local_size_y_id = 1) in;
layout (constant_id = 2) const bool IN_ALIGNED = true;  /* input channels are a multiple of 4 */
layout (constant_id = 3) const bool OUT_ALIGNED = true; /* output channels are */

#define FLAG_ACTIVATION 0xff
#define FLAG_BIAS 0x100
#define FLAG_CHANNEL_ADD 0x200
#define FLAG_RESIDUAL 0x400

layout (push_constant) uniform Push {
  int in_h, in_w;
  int resize_h, resize_w;
  float scale_h, scale_w;
  int out_h, out_w;
  int c_in, c_out;
  int kernel_w, taps;
  int stride, pad;
  int line, rows; /* the first line of [n * out_h], and positions from there */
  int in_line;    /* the line of [n * in_h] that x begins with */
  int block, block_end;
  int x_shift, out_shift;
  int residual_shift, weight_shift;
  int flags;
} push;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 0) readonly buffer XFours { T4 x_fours[]; };
layout (set = 0, binding = 1) readonly buffer Weight { T4 weight[]; };
layout (set = 0, binding = 2) readonly buffer Bias { float bias[]; };
layout (set = 0, binding = 3) readonly buffer ChannelAdd { T channel_add[]; };
layout (set = 0, binding = 4) readonly buffer Residual { T residual[]; };
layout (set = 0, binding = 5) writeonly buffer Out { T o[]; };
layout (set = 0, binding = 5) writeonly buffer OutFours { T4 o_fours[]; };

int
in_channels_padded ()
{
  return (push.c_in + 3) / 4 * 4;
}

/* An output position: its picture, and the place of its kernel's first tap in the resized x. */
struct position {
  int n, y, x;
};

position
position_of (int row)
{
  int line = row / push.out_w;
  int column = row - line * push.out_w;
  position p;

  line += push.line;
  p.n = line / push.out_h;
  p.y = (line - p.n * push.out_h) * push.stride - push.pad;
  p.x = column * push.stride - push.pad;
  return p;
}

int
nearest (int at, float scale, int resized, int size)
{
  return size == resized ? at : min (int (floor (float (at) * scale)), size - 1);
}

/* The index in x of a position's first channel at a tap, or -1 for the padding. */
int
tap_index (position p, int tap)
{
  int ky = tap / push.kernel_w;
  int y = p.y + ky;
  int column = p.x + tap - ky * push.kernel_w;

  if (y < 0 || y >= push.resize_h || column < 0 || column >= push.resize_w)
    return -1;
  y = nearest (y, push.scale_h, push.resize_h, push.in_h);
  column = nearest (column, push.scale_w, push.resize_w, push.in_w);
  return ((p.n * push.in_h + y - push.in_line) * push.in_w + column) * push.c_in + push.x_shift;
}

/* Channels c to c + 3 at @index, zero for the padding and past the last channel. */
vec4
load_x (int index, int c)
{
  if (index < 0)
    return vec4 (0.0);
  if (IN_ALIGNED)
    return vec4 (x_fours[(index + c) / 4]);

  vec4 value = vec4 (0.0);
  [[unroll]] for (int i = 0; i < 4; i++)
    if (c + i < push.c_in)
      value[i] = float (x[index + c + i]);
  return value;
}

/* Four scalars, zero past the last output channel. */
#define DEFINE_LOAD_OUT(name, scalars)                                                             \
  vec4 name (int index, int count)                                                                 \
  {                                                                                                \
    vec4 value = vec4 (0.0);                                                                       \
    [[unroll]] for (int i = 0; i < 4; i++)                                                         \
      if (i < count)                                                                               \
        value[i] = float (scalars[index + i]);                                                     \
    return value;                                                                                  \
  }

DEFINE_LOAD_OUT (load_bias, bias)
DEFINE_LOAD_OUT (load_channel_add, channel_add)
DEFINE_LOAD_OUT (load_residual, residual)

/* What a block's sums begin with. */
vec4
first_sum (int block)
{
  if ((push.flags & FLAG_BIAS) == 0)
    return vec4 (0.0);
  return load_bias (block * 4, push.c_out - block * 4);
}

void
store (int row, int block, vec4 sum)
{
  int n = (push.line + row / push.out_w) / push.out_h;
  int index = row * push.c_out + block * 4;
  int count = OUT_ALIGNED ? 4 : push.c_out - block * 4;

  if ((push.flags & FLAG_CHANNEL_ADD) != 0)
    sum += load_channel_add (n * push.c_out + block * 4, count);
  if ((push.flags & FLAG_RESIDUAL) != 0)
    sum += load_residual (push.residual_shift + index, count);
  sum = activate (push.flags & FLAG_ACTIVATION, sum);
  if (OUT_ALIGNED) {
    o_fours[(push.out_shift + index) / 4] = T4 (sum);
    return;
  }
  [[unroll]] for (int i = 0; i < 4; i++)
    if (i < count)
      o[push.out_shift + index + i] = T (sum[i]);
}
