/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/tiles.h"

#include <math.h>
#include <string.h>

/* --- maps --- */

static bool
is_measured (const limn_tiler *tiler)
{
  return tiler->device->klass->kind == LIMN_DEVICE_MEASURE;
}

static gsize
position_size (const limn_tiler *tiler, const limn_map *map)
{
  return (gsize) map->c * limn_dtype_size (tiler->storage);
}

static gsize
elements (const limn_map *map)
{
  return (gsize) map->h * (gsize) map->w * (gsize) map->c;
}

static limn_map *
map_new (const limn_tiler *tiler, int h, int w, int c)
{
  limn_map *map = g_new0 (limn_map, 1);

  *map = (limn_map){ .h = h, .w = w, .c = c };
  if (!is_measured (tiler))
    map->bytes = g_malloc (elements (map) * limn_dtype_size (tiler->storage));
  return map;
}

void
limn_map_free (limn_map *map)
{
  if (!map)
    return;
  g_free (map->bytes);
  g_free (map);
}

limn_map *
limn_map_new (const limn_tiler *tiler, int h, int w, int c, const float *values)
{
  limn_map *map = map_new (tiler, h, w, c);

  if (map->bytes)
    limn_convert_from_f32 (tiler->storage, values, map->bytes, elements (map));
  return map;
}

void
limn_map_read (const limn_tiler *tiler, const limn_map *map, float *values)
{
  if (map->bytes)
    limn_convert_to_f32 (tiler->storage, map->bytes, values, elements (map));
  else
    memset (values, 0, elements (map) * sizeof (float));
}

/* Copies a rectangle between a map and a tile of rows of @tile_w. */
struct rectangle {
  int x, y, w, h;     /* in the map */
  int tile_x, tile_y; /* where it begins in the tile */
  int tile_w;
};

static void
copy_rectangle (const limn_tiler *tiler,
                const limn_map *map,
                const struct rectangle *rectangle,
                guint8 *tile,
                bool to_tile)
{
  gsize size = position_size (tiler, map), length = size * (gsize) rectangle->w;

  for (int row = 0; row < rectangle->h; row++) {
    gsize at = (gsize) (rectangle->y + row) * (gsize) map->w + (gsize) rectangle->x;
    gsize tile_at =
        (gsize) (rectangle->tile_y + row) * (gsize) rectangle->tile_w + (gsize) rectangle->tile_x;
    guint8 *there = map->bytes + at * size, *here = tile + tile_at * size;
    if (to_tile)
      memcpy (here, there, length);
    else
      memcpy (there, here, length);
  }
}

/* --- statistics --- */

/* Mean and 1 / deviation of each group, in double, as limn_group_norm_params wants them. */
static float *
make_statistics (const limn_tiler *tiler, const limn_map *map, const struct limn_group_norm *norm)
{
  gsize c = (gsize) map->c, groups = (gsize) norm->groups, width = c / groups;
  gsize row = (gsize) map->w * c;
  float *statistics = g_new0 (float, groups *LIMN_GROUP_NORM_PARTS * 2);
  g_autofree float *values = g_new (float, row);
  g_autofree double *sums = g_new0 (double, c);
  g_autofree double *squares = g_new0 (double, c);
  double count = (double) map->h * map->w * (double) width;

  for (int y = 0; map->bytes && y < map->h; y++) {
    limn_convert_to_f32 (tiler->storage,
                         map->bytes + (gsize) y * row * limn_dtype_size (tiler->storage), values,
                         row);
    for (gsize i = 0; i < row; i += c) {
      for (gsize k = 0; k < c; k++) {
        double value = values[i + k];
        sums[k] += value;
        squares[k] += value * value;
      }
    }
  }
  for (gsize group = 0; group < groups; group++) {
    double mean = 0, square = 0;
    for (gsize k = group * width; k < (group + 1) * width; k++) {
      mean += sums[k] / count;
      square += squares[k] / count;
    }
    statistics[group * LIMN_GROUP_NORM_PARTS * 2] = (float) mean;
    statistics[group * LIMN_GROUP_NORM_PARTS * 2 + 1] =
        (float) (1 / sqrt (square - mean * mean + (double) norm->epsilon));
  }
  return statistics;
}

limn_tensor
limn_tile_group_norm (limn_pass *pass,
                      const struct limn_group_norm *norm,
                      const struct limn_tile_inputs *inputs,
                      limn_activation activation)
{
  return limn_group_norm (pass, inputs->x,
                          &(struct limn_group_norm_params){
                              .scale = norm->layer.weight,
                              .shift = norm->layer.bias,
                              .groups = norm->groups,
                              .epsilon = norm->epsilon,
                              .activation = activation,
                              .statistics = inputs->statistics,
                          });
}

/* --- tiles --- */

/* Tiles along one direction. They overlap by twice the halo, the last one by more where the map
 * ends: what an earlier one has given stays. */
struct axis {
  int full, size, step, count;
  int halo, up, down;
};

static struct axis
axis_new (int full, int side, const struct limn_tile_params *params)
{
  struct axis axis = {
    .full = full, .halo = params->halo, .up = MAX (params->up, 1), .down = MAX (params->down, 1)
  };

  g_assert (full % axis.down == 0 && axis.halo % axis.down == 0);
  axis.step = MAX (side / axis.down, 1) * axis.down;
  axis.size = axis.step + 2 * axis.halo;
  if (params->whole || axis.size > full)
    axis.size = full;
  axis.count = 1;
  if (axis.size < full)
    axis.count += (full - axis.size + axis.step - 1) / axis.step;
  return axis;
}

/* Where tile @i begins in x. */
static int
tile_begin (const struct axis *axis, int i)
{
  return MIN (i * axis->step, axis->full - axis->size);
}

static int
scaled (const struct axis *axis, int position)
{
  return position / axis->down * axis->up;
}

/* Where tile @i ends to be right, in the result. */
static int
tile_end (const struct axis *axis, int i)
{
  if (i < 0)
    return 0;
  return scaled (axis, i == axis->count - 1 ? axis->full
                                            : tile_begin (axis, i) + axis->size - axis->halo);
}

/* A layer at work. */
struct work {
  const limn_tiler *tiler;
  const struct limn_tile_params *params;
  struct axis rows, columns;
  const limn_map *x;
  limn_map *out;
  struct limn_tile_inputs inputs;
  limn_tensor result;
  guint8 *bytes; /* for the largest of the tensors */
};

static void
forward (limn_pass *pass, gpointer data)
{
  const struct work *work = data;
  limn_tensor out = work->params->forward (pass, &work->inputs, work->params->layer);

  limn_copy (pass, out, work->result);
  limn_release (pass, &out);
}

static bool
make_tensor (struct work *work, limn_tensor *tensor, int h, int w, int c, GError **error)
{
  *tensor = limn_tensor_new (work->tiler->device, work->tiler->storage, 1, h, w, c, error);
  return !limn_tensor_is_null (*tensor);
}

static bool
make_tensors (struct work *work, GError **error)
{
  const struct limn_tile_params *params = work->params;
  limn_device *device = work->tiler->device;
  int h = scaled (&work->rows, work->rows.size), w = scaled (&work->columns, work->columns.size);
  g_autofree float *statistics = NULL;

  if (!make_tensor (work, &work->inputs.x, work->rows.size, work->columns.size, work->x->c,
                    error) ||
      (params->skip && !make_tensor (work, &work->inputs.skip, h, w, params->skip->c, error)) ||
      !make_tensor (work, &work->result, h, w, params->channels, error))
    return false;
  work->bytes = g_malloc (
      MAX (limn_tensor_bytes (work->inputs.x),
           MAX (limn_tensor_bytes (work->result), limn_tensor_bytes (work->inputs.skip))));
  if (!params->norm)
    return true;
  work->inputs.statistics = limn_tensor_new (device, LIMN_DTYPE_F32, 1, params->norm->groups,
                                             LIMN_GROUP_NORM_PARTS, 2, error);
  if (limn_tensor_is_null (work->inputs.statistics))
    return false;
  statistics = make_statistics (work->tiler, work->x, params->norm);
  return limn_tensor_write (device, work->inputs.statistics, statistics, error);
}

static bool
upload (struct work *work, limn_tensor tensor, const limn_map *map, int x, int y, GError **error)
{
  limn_device *device = work->tiler->device;
  const struct rectangle all = { x, y, tensor.w, tensor.h, 0, 0, tensor.w };

  copy_rectangle (work->tiler, map, &all, work->bytes, true);
  return device->klass->write (device, tensor, work->bytes, error);
}

static bool
run_tile (struct work *work, limn_pass *pass, int i, int j, GError **error)
{
  limn_device *device = work->tiler->device;
  int y = tile_begin (&work->rows, i), x = tile_begin (&work->columns, j);
  int out_y = scaled (&work->rows, y), out_x = scaled (&work->columns, x);
  int top = tile_end (&work->rows, i - 1), left = tile_end (&work->columns, j - 1);
  const struct rectangle own = {
    .x = left,
    .y = top,
    .w = tile_end (&work->columns, j) - left,
    .h = tile_end (&work->rows, i) - top,
    .tile_x = left - out_x,
    .tile_y = top - out_y,
    .tile_w = work->result.w,
  };

  if (!upload (work, work->inputs.x, work->x, x, y, error) ||
      (work->params->skip &&
       !upload (work, work->inputs.skip, work->params->skip, out_x, out_y, error)) ||
      !limn_pass_run (pass, work->tiler->cancellable, error) ||
      !device->klass->read (device, work->result, work->bytes, error))
    return false;
  copy_rectangle (work->tiler, work->out, &own, work->bytes, false);
  return true;
}

static bool
run_tiles (struct work *work, GError **error)
{
  g_autoptr (limn_pass) pass = NULL;

  if (!make_tensors (work, error))
    return false;
  pass = limn_pass_new (work->tiler->device, forward, work);
  if (is_measured (work->tiler))
    return limn_pass_run (pass, NULL, error);
  for (int i = 0; i < work->rows.count; i++) {
    for (int j = 0; j < work->columns.count; j++) {
      if (!run_tile (work, pass, i, j, error))
        return false;
    }
  }
  return true;
}

/* Positions of a tile's side in a map that is @scale times smaller than the picture. Where it is,
 * channels are more, so half of a tile's pixels take as much memory. */
static int
side_of (const limn_tiler *tiler, const limn_map *map)
{
  return map->w < tiler->width ? tiler->side / 2 : tiler->side;
}

limn_map *
limn_tiler_run (const limn_tiler *tiler,
                const limn_map *x,
                const struct limn_tile_params *params,
                GError **error)
{
  limn_device *device = tiler->device;
  int side = side_of (tiler, x);
  struct work work = {
    .tiler = tiler,
    .params = params,
    .rows = axis_new (x->h, side, params),
    .columns = axis_new (x->w, side, params),
    .x = x,
  };
  bool good;

  g_assert (!params->skip || (params->skip->h == x->h && params->skip->w == x->w));
  if (params->skip && params->skip->c == params->channels)
    work.out = params->skip;
  else
    work.out =
        map_new (tiler, scaled (&work.rows, x->h), scaled (&work.columns, x->w), params->channels);
  good = run_tiles (&work, error);
  limn_tensor_free (device, &work.inputs.x);
  limn_tensor_free (device, &work.inputs.skip);
  limn_tensor_free (device, &work.inputs.statistics);
  limn_tensor_free (device, &work.result);
  g_free (work.bytes);
  if (work.out != params->skip)
    limn_map_free (params->skip);
  if (!good)
    g_clear_pointer (&work.out, limn_map_free);
  return work.out;
}

bool
limn_tiler_replace (const limn_tiler *tiler,
                    limn_map **x,
                    const struct limn_tile_params *params,
                    GError **error)
{
  limn_map *result = limn_tiler_run (tiler, *x, params, error);

  limn_map_free (*x);
  *x = result;
  return result != NULL;
}
