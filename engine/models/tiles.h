/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/blocks.h"

/* Convolutional networks in tiles, so that pictures need little memory of the device however large
 * they are, and without a seam: the result is that of the whole picture. Layer by layer, feature
 * maps stay on the host in the device's storage type, and the device sees a tile of one at a time
 * with as much around it as the layer looks at. Group norms get statistics that are taken over the
 * whole map. All tiles of a layer have one size, so that it is recorded once. */

/* A feature map on the host: [h, w, c]. On the measure device it has no bytes. */
typedef struct {
  int h, w, c;
  guint8 *bytes; /* owned */
} limn_map;

void limn_map_free (limn_map *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_map, limn_map_free)

typedef struct {
  limn_device *device;
  int width;          /* of the picture, in pixels */
  int side;           /* of a tile, in pixels */
  limn_dtype storage; /* the device's */
  GCancellable *cancellable;
} limn_tiler;

/* values: host f32, [h, w, c] */
limn_map *limn_map_new (const limn_tiler *tiler, int h, int w, int c, const float *values);
void limn_map_read (const limn_tiler *tiler, const limn_map *map, float *values);

struct limn_tile_inputs {
  limn_tensor x;          /* the tile */
  limn_tensor skip;       /* of params->skip at the place of the result, or null */
  limn_tensor statistics; /* of params->norm, or null */
};

/* The layer on one tile, as any forward function. */
typedef limn_tensor (*limn_tile_func) (limn_pass *pass,
                                       const struct limn_tile_inputs *inputs,
                                       gconstpointer layer);

struct limn_tile_params {
  limn_tile_func forward;
  gconstpointer layer;
  int channels; /* of the result */
  /* Positions of x from a tile's border in which what lies beyond it is missed; a multiple of
   * @down. The border of the picture misses nothing. */
  int halo;
  int up, down;                       /* the result's size in x's, 0 means 1 */
  bool whole;                         /* one tile after all */
  const struct limn_group_norm *norm; /* whose statistics over x the layer asks for, or NULL */
  limn_map *skip;                     /* of the result's size, or NULL; needs up and down of 1 */
};

/* NULL with @error, and LIMN_ERROR_CANCELLED between tiles. Takes params->skip, whose memory serves
 * for the result where it fits. */
limn_map *limn_tiler_run (const limn_tiler *tiler,
                          const limn_map *x,
                          const struct limn_tile_params *params,
                          GError **error);
/* The same, and puts the result in the place of *@x; false frees that. */
bool limn_tiler_replace (const limn_tiler *tiler,
                         limn_map **x,
                         const struct limn_tile_params *params,
                         GError **error);

/* Group norm of a tile with the whole map's statistics. */
limn_tensor limn_tile_group_norm (limn_pass *pass,
                                  const struct limn_group_norm *norm,
                                  const struct limn_tile_inputs *inputs,
                                  limn_activation activation);
