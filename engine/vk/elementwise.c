/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass-private.h"
#include "vk/ops.h"

#include "activate_f16.h"
#include "activate_f32.h"
#include "add_f16.h"
#include "add_f32.h"
#include "concat_f16.h"
#include "concat_f32.h"
#include "embedding_f16.h"
#include "embedding_f32.h"
#include "geglu_f16.h"
#include "geglu_f32.h"

static const struct limn_vk_shader activate = LIMN_VK_SHADER (activate);
static const struct limn_vk_shader add = LIMN_VK_SHADER (add);
static const struct limn_vk_shader concat = LIMN_VK_SHADER (concat);
static const struct limn_vk_shader geglu = LIMN_VK_SHADER (geglu);
static const struct limn_vk_shader embedding = LIMN_VK_SHADER (embedding);

static struct limn_vk *
vk_of (limn_pass *pass)
{
  return (struct limn_vk *) pass->device;
}

void
limn_vk_activate (limn_pass *pass, limn_tensor out, limn_tensor x, limn_activation activation)
{
  gsize total = limn_tensor_elements (x), most = limn_vk_range_elements (vk_of (pass), x);

  for (gsize first = 0; first < total; first += most) {
    gsize count = MIN (most, total - first);
    struct {
      gint32 count, x_shift, out_shift, activation;
    } push = { .count = (gint32) count, .activation = (gint32) activation };
    struct limn_vk_dispatch record = {
      .shader = &activate,
      .bindings = { limn_vk_window (x, first, count, false, &push.x_shift),
                    limn_vk_window (out, first, count, true, &push.out_shift) },
      .push = &push,
      .push_size = sizeof push,
    };
    limn_vk_linear_groups (count, record.groups);
    limn_vk_dispatch (pass, &record);
  }
}

void
limn_vk_add (limn_pass *pass,
             limn_tensor out,
             limn_tensor x,
             limn_tensor y,
             const struct limn_add_params *params)
{
  gsize total = limn_tensor_elements (x), most = limn_vk_range_elements (vk_of (pass), x);
  bool scaled = !limn_tensor_is_null (params->scale);

  for (gsize first = 0; first < total; first += most) {
    gsize count = MIN (most, total - first);
    struct {
      gint32 count, x_shift, y_shift, out_shift, scale_index;
    } push = { .count = (gint32) count, .scale_index = scaled ? params->scale_index : -1 };
    struct limn_vk_dispatch record = {
      .shader = &add,
      .bindings = { limn_vk_window (x, first, count, false, &push.x_shift),
                    limn_vk_window (y, first, count, false, &push.y_shift),
                    limn_vk_optional (params->scale, x),
                    limn_vk_window (out, first, count, true, &push.out_shift) },
      .push = &push,
      .push_size = sizeof push,
    };
    limn_vk_linear_groups (count, record.groups);
    limn_vk_dispatch (pass, &record);
  }
}

void
limn_vk_concat (limn_pass *pass, limn_tensor out, limn_tensor x, limn_tensor y)
{
  gsize total = limn_tensor_rows (x);
  gsize a = (gsize) x.c, b = (gsize) y.c, c = a + b;
  gsize most = limn_vk_range_elements (vk_of (pass), out) / c;

  for (gsize row = 0; row < total; row += most) {
    gsize rows = MIN (most, total - row);
    struct {
      gint32 rows, c_x, c_y, x_shift, y_shift, out_shift;
    } push = { .rows = (gint32) rows, .c_x = x.c, .c_y = y.c };
    struct limn_vk_dispatch record = {
      .shader = &concat,
      .bindings = { limn_vk_window (x, row * a, rows * a, false, &push.x_shift),
                    limn_vk_window (y, row * b, rows * b, false, &push.y_shift),
                    limn_vk_window (out, row * c, rows * c, true, &push.out_shift) },
      .push = &push,
      .push_size = sizeof push,
    };
    limn_vk_linear_groups (rows * c, record.groups);
    limn_vk_dispatch (pass, &record);
  }
}

void
limn_vk_geglu (limn_pass *pass, limn_tensor out, limn_tensor x)
{
  gsize total = limn_tensor_rows (x);
  gsize d = (gsize) out.c;
  gsize most = limn_vk_range_elements (vk_of (pass), x) / (2 * d);

  for (gsize row = 0; row < total; row += most) {
    gsize rows = MIN (most, total - row);
    struct {
      gint32 rows, d, x_shift, out_shift;
    } push = { .rows = (gint32) rows, .d = out.c };
    struct limn_vk_dispatch record = {
      .shader = &geglu,
      .bindings = { limn_vk_window (x, row * 2 * d, rows * 2 * d, false, &push.x_shift),
                    limn_vk_window (out, row * d, rows * d, true, &push.out_shift) },
      .push = &push,
      .push_size = sizeof push,
    };
    limn_vk_linear_groups (rows * d, record.groups);
    limn_vk_dispatch (pass, &record);
  }
}

/* A large vocabulary is bound in slices of rows; each dispatch writes the tokens whose rows it
 * has, and the first one those that no table has. */
void
limn_vk_embedding (
    limn_pass *pass, limn_tensor out, limn_tensor table, limn_tensor position, limn_tensor ids)
{
  gsize most = limn_vk_range_elements (vk_of (pass), table) / (gsize) table.c;

  for (gsize row = 0; row < (gsize) table.n; row += most) {
    gsize rows = MIN (most, (gsize) table.n - row);
    struct {
      gint32 tokens, batch_tokens, c, rows, first, n_rows, table_shift, has_position;
    } push = {
      .tokens = ids.n * ids.h,
      .batch_tokens = ids.h,
      .c = table.c,
      .rows = table.n,
      .first = (gint32) row,
      .n_rows = (gint32) rows,
      .has_position = !limn_tensor_is_null (position),
    };
    struct limn_vk_dispatch record = {
      .shader = &embedding,
      .bindings = { limn_vk_window (table, row * (gsize) table.c, rows * (gsize) table.c, false,
                                    &push.table_shift),
                    limn_vk_optional (position, table), limn_vk_whole (ids, false),
                    limn_vk_whole (out, true) },
      .push = &push,
      .push_size = sizeof push,
    };
    limn_vk_linear_groups (limn_tensor_elements (out), record.groups);
    limn_vk_dispatch (pass, &record);
  }
}

void
limn_vk_copy_tensor (limn_pass *pass, limn_tensor out, limn_tensor x)
{
  gsize size = limn_tensor_bytes (x);
  const struct limn_vk_binding src = { x.buffer, x.offset, size, false };
  const struct limn_vk_binding dst = { out.buffer, out.offset, size, true };

  limn_vk_copy (pass, &src, &dst);
}
