/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "error.h"
#include "pass-private.h"
#include "vk/ops.h"

#include "attention_direct_f16.h"
#include "attention_direct_f32.h"
#include "attention_tiled_f16.h"
#include "attention_tiled_f32.h"

/* As in shaders/attention.glsl. */
struct push {
  gint32 queries, keys; /* of one picture, in this dispatch */
  gint32 first_query;   /* of this dispatch */
  gint32 heads, head_dim;
  gint32 causal;
  float scale;
  gint32 q_shift, k_shift, v_shift, out_shift;
};

static const struct limn_vk_shader direct = LIMN_VK_SHADER (attention_direct);
static const struct limn_vk_shader tiled = LIMN_VK_SHADER (attention_tiled);

/* Queries of one work group of the tiled form, and of one lane of the direct one. */
#define TILED_QUERIES 16
#define DIRECT_ROWS 4

/* llvmpipe ends a shader's loops after 65,535 iterations in all and goes on with what it has, so
 * that a sum would be wrong without a word. */
#define MAX_ITERATIONS 65000
#define MAX_STEP 16

#define MAX_PICTURES 65535

static gint64
iterations (gint64 lanes, gint64 keys, gint64 fours, gint64 step)
{
  gint64 steps = (fours + step - 1) / step;

  return (keys + lanes - 1) / lanes * (2 * steps + 1) + 2 * steps;
}

/* Groups of four elements that the direct form's unrolled code takes at once: one, which compiles
 * and runs fastest, unless the loops would be too long. 0 where no number will do. */
static guint32
direct_step (struct limn_vk *vk, int keys, int fours)
{
  gint64 lanes = vk->physical->subgroup_size;

  for (guint32 step = 1; step <= MAX_STEP; step *= 2)
    if (iterations (lanes, keys, fours, step) <= MAX_ITERATIONS)
      return step;
  return 0;
}

struct attention {
  limn_tensor out, q, k, v;
  struct push push;
};

/* Queries @first to @first + @queries of @pictures pictures from @picture on; more than one
 * picture only with all of their queries. */
static void
dispatch (
    limn_pass *pass, struct attention *attention, int picture, int pictures, int first, int queries)
{
  struct limn_vk *vk = (struct limn_vk *) pass->device;
  bool is_tiled = vk->form == LIMN_VK_FORM_TILED;
  int fours = (attention->push.head_dim + 3) / 4;
  guint32 lanes = vk->physical->subgroup_size;
  guint32 per_group = is_tiled ? TILED_QUERIES : lanes * DIRECT_ROWS;
  limn_tensor q = attention->q, k = attention->k;
  gsize q_first = ((gsize) picture * q.h + first) * q.c, q_count = (gsize) pictures * queries * q.c;
  gsize k_first = (gsize) picture * k.h * k.c, k_count = (gsize) pictures * k.h * k.c;
  struct push *push = &attention->push;

  push->first_query = first;
  push->queries = queries;
  const struct limn_vk_dispatch record = {
    .shader = is_tiled ? &tiled : &direct,
    .spec = { (guint32) fours, push->head_dim % 4 == 0, lanes,
              direct_step (vk, push->keys, fours) },
    .bindings = { limn_vk_window (q, q_first, q_count, false, &push->q_shift),
                  limn_vk_window (k, k_first, k_count, false, &push->k_shift),
                  limn_vk_window (attention->v, k_first, k_count, false, &push->v_shift),
                  limn_vk_window (attention->out, q_first, q_count, true, &push->out_shift) },
    .push = push,
    .push_size = sizeof *push,
    .groups = { ((guint32) queries + per_group - 1) / per_group, (guint32) push->heads,
                (guint32) pictures },
  };
  limn_vk_dispatch (pass, &record);
}

void
limn_vk_attention (limn_pass *pass,
                   limn_tensor out,
                   limn_tensor q,
                   limn_tensor k,
                   limn_tensor v,
                   const struct limn_attention_params *params)
{
  struct limn_vk *vk = (struct limn_vk *) pass->device;
  gsize limit = limn_vk_range_elements (vk, q);
  int head_dim = q.c / params->heads;
  int most = (int) MIN (limit / (gsize) q.c, (gsize) q.h);
  /* Whole pictures of one dispatch: what the bindings hold, and any device's groups along z. */
  int batch = (int) MIN (limit / ((gsize) MAX (q.h, k.h) * (gsize) q.c), MAX_PICTURES);
  struct attention attention = {
    .out = out,
    .q = q,
    .k = k,
    .v = v,
    .push = {
      .keys = k.h,
      .heads = params->heads,
      .head_dim = head_dim,
      .causal = params->causal,
      .scale = 1.0f / sqrtf ((float) head_dim),
    },
  };

  if ((gsize) k.h * k.c > limit ||
      (vk->form == LIMN_VK_FORM_DIRECT && direct_step (vk, k.h, (head_dim + 3) / 4) == 0)) {
    limn_pass_fail (pass, g_error_new (LIMN_ERROR, LIMN_ERROR_MEMORY,
                                       "attention over %d tokens of %d channels is more than "
                                       "%s can do at once: choose a smaller picture",
                                       k.h, k.c, pass->device->name));
    return;
  }
  if (batch > 0) {
    for (int picture = 0; picture < q.n; picture += batch)
      dispatch (pass, &attention, picture, MIN (batch, q.n - picture), 0, q.h);
    return;
  }
  for (int picture = 0; picture < q.n; picture++)
    for (int first = 0; first < q.h; first += most)
      dispatch (pass, &attention, picture, 1, first, MIN (most, q.h - first));
}
