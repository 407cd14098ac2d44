/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cairo.h>

#include "document/bytes.h"
#include "limn.h"

/* Pictures that are drawn on: CAIRO_FORMAT_ARGB32, premultiplied, and what keeps them small in
 * memory and on disk. */

/* The most pixels in a direction, and in all, that anything in a document has. */
#define LIMN_PIXELS_MAX_SIDE 16384
#define LIMN_PIXELS_MAX (100 * 1000 * 1000)

bool limn_pixels_size_ok (gint64 width, gint64 height);

/* Transparent. NULL when there is no memory. The size is ok. */
cairo_surface_t *limn_pixels_new (int width, int height);
/* The same with anything in it: for who writes every pixel before it is read. */
cairo_surface_t *limn_pixels_new_for_writing (int width, int height);
cairo_surface_t *limn_pixels_copy (cairo_surface_t *pixels);
/* The same pixels in another surface, which may go to another thread: what lies in memory is shared
 * until one of the two is owned. Costs next to nothing. NULL when there is no memory. */
cairo_surface_t *limn_pixels_share (cairo_surface_t *pixels);
/* Before pixels are written that may be shared: *@pixels becomes another surface where they are.
 * False, and nothing happens, without memory. */
bool limn_pixels_own (cairo_surface_t **pixels);

/* @by / 255 of every channel, rounded as pixman does it, two at a time. */
static inline guint32
limn_pixel_scale (guint32 pixel, guint32 by)
{
  guint32 even = (pixel & 0x00ff00ff) * by + 0x00800080;
  guint32 odd = (pixel >> 8 & 0x00ff00ff) * by + 0x00800080;

  even = (even + (even >> 8 & 0x00ff00ff)) >> 8 & 0x00ff00ff;
  odd = (odd + (odd >> 8 & 0x00ff00ff)) & 0xff00ff00;
  return even | odd;
}

/* How many of @count bytes are like the first, one after the other; @count is not 0. Coverage comes
 * in long runs of nothing and of all. */
int limn_bytes_run (const guint8 *bytes, int count);

/* The row @y, after cairo_surface_flush(). */
guint32 *limn_pixels_row (cairo_surface_t *pixels, int y);

cairo_surface_t *limn_pixels_from_image (const limn_image *image);
/* 4 channels with straight alpha. From there and back each pixel comes out the same. */
limn_image *limn_pixels_to_image (cairo_surface_t *pixels);

/* An intersection may be empty: then width and height are 0. */
cairo_rectangle_int_t limn_rectangle_intersect (cairo_rectangle_int_t a, cairo_rectangle_int_t b);
/* The smallest one around both; an empty one adds nothing. */
cairo_rectangle_int_t limn_rectangle_union (cairo_rectangle_int_t a, cairo_rectangle_int_t b);
/* The whole of @pixels. */
cairo_rectangle_int_t limn_pixels_area (cairo_surface_t *pixels);

/* --- tiles --- */

#define LIMN_TILE 128

/* The pixels of one tile, run-length coded; immutable and shared between snapshots. */
typedef struct limn_tile limn_tile;

limn_tile *limn_tile_ref (limn_tile *tile);
void limn_tile_unref (limn_tile *tile);
/* Bytes of all tiles that there are. */
gsize limn_tiles_size (void);

/* All the tiles of a picture at one moment. NULL stands for a transparent tile. */
typedef struct {
  int width, height, columns, rows;
  limn_tile **tiles;
} limn_snapshot;

/* @changed [tiles]: which ones differ from @previous; with @previous NULL, or of another size, all
 * are packed. */
limn_snapshot *
limn_snapshot_new (cairo_surface_t *pixels, const limn_snapshot *previous, const guint8 *changed);
void limn_snapshot_free (limn_snapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_snapshot, limn_snapshot_free)
/* Transparent. */
limn_snapshot *limn_snapshot_new_empty (int width, int height);
/* Another one with the same tiles. */
limn_snapshot *limn_snapshot_copy (const limn_snapshot *snapshot);
/* Whether both have the same pixels. */
bool limn_snapshot_equal (const limn_snapshot *a, const limn_snapshot *b);
/* Whether all of it is transparent. */
bool limn_snapshot_is_empty (const limn_snapshot *snapshot);
/* Overwrites those tiles of @pixels that touch @area, which must have the snapshot's size. */
void limn_snapshot_restore (const limn_snapshot *snapshot,
                            cairo_surface_t *pixels,
                            cairo_rectangle_int_t area);
/* Makes @area the union of the tiles that it touches, within the picture. */
cairo_rectangle_int_t limn_snapshot_area (const limn_snapshot *snapshot,
                                          cairo_rectangle_int_t area);

/* --- bytes --- */

/* Size and pixels, run-length coded. */
void limn_put_pixels (GByteArray *out, cairo_surface_t *pixels);
/* NULL after a failure. */
cairo_surface_t *limn_get_pixels (limn_reader *reader);
