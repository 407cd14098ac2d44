/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass-private.h"
#include "vk/ops.h"

#include "group_norm_apply_f16.h"
#include "group_norm_apply_f32.h"
#include "group_norm_sum_f16.h"
#include "group_norm_sum_f32.h"
#include "group_norm_total_f16.h"
#include "group_norm_total_f32.h"
#include "layer_norm_f16.h"
#include "layer_norm_f32.h"

static const struct limn_vk_shader group_norm_sum = LIMN_VK_SHADER (group_norm_sum);
static const struct limn_vk_shader group_norm_total = LIMN_VK_SHADER (group_norm_total);
static const struct limn_vk_shader group_norm_apply = LIMN_VK_SHADER (group_norm_apply);
static const struct limn_vk_shader layer_norm = LIMN_VK_SHADER (layer_norm);

/* As in shaders/group_norm.glsl. */
struct push {
  gint32 rows; /* positions of one picture */
  gint32 c, groups, parts;
  gint32 part;        /* the first of this dispatch */
  gint32 row, n_rows; /* rows of this dispatch */
  gint32 x_shift, out_shift;
  gint32 activation;
  float epsilon;
  gint32 first_shift; /* of the element that sums are taken relative to */
};

struct norm {
  limn_tensor out, x, scratch;
  const struct limn_group_norm_params *params;
  int picture; /* of the batch */
  struct push push;
};

/* The sums of one picture; LIMN_GROUP_NORM_PARTS pairs of floats keep them aligned. */
static struct limn_vk_binding
bind_scratch (const struct norm *norm, bool write)
{
  gsize count = (gsize) norm->push.groups * norm->push.parts * 2;
  gint32 shift;
  struct limn_vk_binding binding =
      limn_vk_window (norm->scratch, (gsize) norm->picture * count, count, write, &shift);

  g_assert (shift == 0);
  return binding;
}

/* Row at which part @part of a picture begins. */
static gsize
part_row (const struct norm *norm, int part)
{
  return (gsize) norm->push.rows * (gsize) part / (gsize) norm->push.parts;
}

/* Sums of parts @part to @end of one picture. They are taken relative to the picture's first
 * position, so that a large mean does not swallow a small deviation. */
static void
sum (limn_pass *pass, struct norm *norm, int part, int end)
{
  struct push *push = &norm->push;
  gsize picture = (gsize) norm->picture * push->rows, c = (gsize) push->c;
  gsize row = part_row (norm, part), rows = part_row (norm, end) - row;

  push->part = part;
  push->row = (gint32) row;
  const struct limn_vk_dispatch record = {
    .shader = &group_norm_sum,
    .writes_f32 = true,
    .bindings = { limn_vk_window (norm->x, (picture + row) * c, MAX (rows, 1) * c, false,
                                  &push->x_shift),
                  limn_vk_window (norm->x, picture * c, c, false, &push->first_shift),
                  bind_scratch (norm, true) },
    .push = push,
    .push_size = sizeof *push,
    .groups = { (guint32) push->groups, (guint32) (end - part), 1 },
  };
  limn_vk_dispatch (pass, &record);
}

static void
sum_picture (limn_pass *pass, struct norm *norm)
{
  gsize limit = limn_vk_range_elements ((struct limn_vk *) pass->device, norm->x);
  int parts = norm->push.parts;

  for (int part = 0, end; part < parts; part = end) {
    end = parts;
    while (end > part + 1 &&
           (part_row (norm, end) - part_row (norm, part)) * (gsize) norm->push.c > limit)
      end--;
    sum (pass, norm, part, end);
  }
}

static void
total (limn_pass *pass, struct norm *norm)
{
  struct push *push = &norm->push;
  gsize c = (gsize) push->c;
  struct limn_vk_dispatch record = {
    .shader = &group_norm_total,
    .writes_f32 = true,
    .bindings = { limn_vk_window (norm->x, (gsize) norm->picture * push->rows * c, c, false,
                                  &push->first_shift),
                  bind_scratch (norm, true) },
    .push = push,
    .push_size = sizeof *push,
  };

  limn_vk_linear_groups ((gsize) push->groups, record.groups);
  limn_vk_dispatch (pass, &record);
}

static void
apply (limn_pass *pass, struct norm *norm, gsize row, gsize rows)
{
  struct push *push = &norm->push;
  gsize picture = (gsize) norm->picture * push->rows, c = (gsize) push->c;

  push->n_rows = (gint32) rows;
  struct limn_vk_dispatch record = {
    .shader = &group_norm_apply,
    .bindings = { limn_vk_window (norm->x, (picture + row) * c, rows * c, false, &push->x_shift),
                  bind_scratch (norm, false), limn_vk_whole (norm->params->scale, false),
                  limn_vk_whole (norm->params->shift, false),
                  limn_vk_window (norm->out, (picture + row) * c, rows * c, true,
                                  &push->out_shift) },
    .push = push,
    .push_size = sizeof *push,
  };
  limn_vk_linear_groups (rows * c, record.groups);
  limn_vk_dispatch (pass, &record);
}

void
limn_vk_group_norm (limn_pass *pass,
                    limn_tensor out,
                    limn_tensor x,
                    limn_tensor scratch,
                    const struct limn_group_norm_params *params)
{
  gsize rows = (gsize) x.h * x.w;
  gsize most = limn_vk_range_elements ((struct limn_vk *) pass->device, x) / (gsize) x.c;
  struct norm norm = {
    .out = out,
    .x = x,
    .scratch = scratch,
    .params = params,
    .push = {
      .rows = (gint32) rows,
      .c = x.c,
      .groups = params->groups,
      .parts = LIMN_GROUP_NORM_PARTS,
      .activation = (gint32) params->activation,
      .epsilon = params->epsilon,
    },
  };

  if (limn_tensor_is_null (params->statistics)) {
    for (norm.picture = 0; norm.picture < x.n; norm.picture++)
      sum_picture (pass, &norm);
    for (norm.picture = 0; norm.picture < x.n; norm.picture++)
      total (pass, &norm);
  }
  for (norm.picture = 0; norm.picture < x.n; norm.picture++)
    for (gsize row = 0; row < rows; row += most)
      apply (pass, &norm, row, MIN (most, rows - row));
}

/* Invocations a position, and positions a work group: one invocation does it all where
 * invocations are lanes of a processor. */
#define LAYER_NORM_LOCAL 64

void
limn_vk_layer_norm (limn_pass *pass,
                    limn_tensor out,
                    limn_tensor x,
                    const struct limn_layer_norm_params *params)
{
  struct limn_vk *vk = (struct limn_vk *) pass->device;
  gsize total_rows = limn_tensor_rows (x);
  gsize most = MIN (limn_vk_range_elements (vk, x) / (gsize) x.c, 32768);
  bool alone = vk->form == LIMN_VK_FORM_DIRECT;
  guint32 threads = alone ? 1 : LAYER_NORM_LOCAL;

  for (gsize row = 0; row < total_rows; row += most) {
    gsize rows = MIN (most, total_rows - row);
    struct {
      gint32 rows, c, x_shift, out_shift;
      float epsilon;
    } push = { .rows = (gint32) rows, .c = x.c, .epsilon = params->epsilon };
    const struct limn_vk_dispatch record = {
      .shader = &layer_norm,
      .spec = { threads, LAYER_NORM_LOCAL / threads },
      .bindings = { limn_vk_window (x, row * (gsize) x.c, rows * (gsize) x.c, false, &push.x_shift),
                    limn_vk_whole (params->scale, false), limn_vk_whole (params->shift, false),
                    limn_vk_window (out, row * (gsize) x.c, rows * (gsize) x.c, true,
                                    &push.out_shift) },
      .push = &push,
      .push_size = sizeof push,
      .groups = { 1,
                  ((guint32) rows + LAYER_NORM_LOCAL / threads - 1) / (LAYER_NORM_LOCAL / threads),
                  1 },
    };
    limn_vk_dispatch (pass, &record);
  }
}
