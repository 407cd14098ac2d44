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
#include "transpose_f16.h"
#include "transpose_f32.h"

static const struct limn_vk_shader activate = LIMN_VK_SHADER (activate);
static const struct limn_vk_shader add = LIMN_VK_SHADER (add);
static const struct limn_vk_shader concat = LIMN_VK_SHADER (concat);
static const struct limn_vk_shader transpose = LIMN_VK_SHADER (transpose);
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
  gsize size = total / (gsize) x.n, count;
  bool scaled = !limn_tensor_is_null (params->scale), alone = y.n < x.n;
  bool repeat = alone && size <= most; /* else no dispatch goes beyond a picture */

  for (gsize first = 0; first < total; first += count) {
    int picture = (int) (first / size);
    gsize at = first % size;
    struct {
      gint32 count, x_shift, y_shift, out_shift, scale_index, scale_stride, size, first, repeat;
    } push = {
      .scale_index = scaled ? params->scale_index + picture * params->scale_stride : -1,
      .scale_stride = scaled ? params->scale_stride : 0,
      .size = (gint32) MIN (size, G_MAXINT32),
      .first = (gint32) MIN (at, G_MAXINT32),
      .repeat = repeat,
    };
    struct limn_vk_dispatch record;

    count = MIN (most, (alone && !repeat ? size - at : total - first));
    push.count = (gint32) count;
    record = (struct limn_vk_dispatch){
      .shader = &add,
      .bindings = { limn_vk_window (x, first, count, false, &push.x_shift),
                    limn_vk_window (y, repeat ? 0 : (alone ? at : first), repeat ? size : count,
                                    false, &push.y_shift),
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

/* Pieces of a picture whose rows fit one binding and whose columns, as rows of @out, another. */
void
limn_vk_transpose (limn_pass *pass, limn_tensor out, limn_tensor x)
{
  gsize limit = limn_vk_range_elements (vk_of (pass), x), c = (gsize) x.c;
  gsize x_line = (gsize) x.w * c, out_line = (gsize) x.h * c;
  int most_rows = (int) CLAMP (limit / x_line, 1, (gsize) x.h);
  int most_columns = (int) CLAMP (limit / out_line, 1, (gsize) x.w);
  int pieces_down = (x.h + most_rows - 1) / most_rows;
  int pieces = pieces_down * ((x.w + most_columns - 1) / most_columns);

  for (int i = 0; i < x.n * pieces; i++) {
    int row = i % pieces_down * most_rows, column = i % pieces / pieces_down * most_columns;
    int rows = MIN (most_rows, x.h - row), columns = MIN (most_columns, x.w - column);
    gsize picture = (gsize) (i / pieces);
    struct {
      gint32 rows, columns, c, first_row, first_column, h, w, x_shift, out_shift;
    } push = {
      .rows = rows,
      .columns = columns,
      .c = x.c,
      .first_row = row,
      .first_column = column,
      .h = x.h,
      .w = x.w,
    };
    struct limn_vk_dispatch record = {
      .shader = &transpose,
      .bindings = { limn_vk_window (x, (picture * (gsize) x.h + (gsize) row) * x_line,
                                    (gsize) rows * x_line, false, &push.x_shift),
                    limn_vk_window (out, (picture * (gsize) x.w + (gsize) column) * out_line,
                                    (gsize) columns * out_line, true, &push.out_shift) },
      .push = &push,
      .push_size = sizeof push,
    };
    limn_vk_linear_groups ((gsize) rows * (gsize) columns * c, record.groups);
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
