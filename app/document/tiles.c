/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/pixels.h"

#include <string.h>

/* --- run-length code: a count n and n pixels as they are, or -n and one pixel, n times --- */

#define MAX_RUN 127

/* Pixels in the bytes' order and back. */
static void
copy_little_endian (void *to, const void *from, guint count)
{
  memcpy (to, from, (gsize) count * 4);
#if G_BYTE_ORDER == G_BIG_ENDIAN
  guint8 *bytes = to;

  for (guint i = 0; i < count; i++, bytes += 4) {
    guint32 value;

    memcpy (&value, bytes, 4);
    value = GUINT32_SWAP_LE_BE (value);
    memcpy (bytes, &value, 4);
  }
#endif
}

static guint
equal_run (const guint32 *pixels, guint count)
{
  const guint64 two = pixels[0] * G_GUINT64_CONSTANT (0x100000001);
  guint run = 1;
  guint64 next[2];

  count = MIN (count, MAX_RUN);
  while (run + 4 <= count &&
         (memcpy (next, pixels + run, sizeof next), ((next[0] ^ two) | (next[1] ^ two)) == 0))
    run += 4;
  while (run < count && pixels[run] == pixels[0])
    run++;
  return run;
}

/* Up to where three are equal. */
static guint
other_run (const guint32 *pixels, guint count)
{
  guint most = MIN (count, MAX_RUN), last = MIN (most, MAX (count, 2) - 2);

  for (guint run = 1; run < last; run++)
    if (pixels[run] == pixels[run + 1] && pixels[run] == pixels[run + 2])
      return run;
  return most;
}

static void
pack (GByteArray *out, const guint32 *pixels, guint count)
{
  guint used = out->len;
  guint8 *to;

  /* The worst that can come, so that there is no check in the loop. */
  g_byte_array_set_size (out, used + count * 5);
  to = out->data + used;
  for (guint at = 0; at < count;) {
    guint run = equal_run (pixels + at, count - at), stored = 1;

    if (run == 1)
      run = stored = other_run (pixels + at, count - at);
    *to++ = (guint8) (stored > 1 || run == 1 ? (int) run : -(int) run);
    copy_little_endian (to, pixels + at, stored);
    to += stored * 4;
    at += run;
  }
  g_byte_array_set_size (out, (guint) (to - out->data));
}

/* Whether exactly @count pixels came out; what was read is behind @at then. */
static bool
unpack (const guint8 **at, const guint8 *end, guint32 *pixels, guint count)
{
  while (count > 0) {
    guint run, stored;
    int head;

    if (end - *at < 5)
      return false;
    head = (gint8) * (*at)++;
    run = (guint) ABS (head);
    stored = head > 0 ? run : 1;
    if (run == 0 || run > count || end - *at < (gssize) stored * 4)
      return false;
    copy_little_endian (pixels, *at, stored);
    for (guint i = stored; i < run; i++)
      pixels[i] = pixels[0];
    *at += stored * 4;
    pixels += run;
    count -= run;
  }
  return true;
}

/* --- tiles --- */

struct limn_tile {
  gatomicrefcount references;
  guint size;
  guint8 code[];
};

/* Of tiles in bytes; atomic, since a document may be freed on any thread. */
static gsize tiles_size;

limn_tile *
limn_tile_ref (limn_tile *tile)
{
  if (tile != NULL)
    g_atomic_ref_count_inc (&tile->references);
  return tile;
}

void
limn_tile_unref (limn_tile *tile)
{
  if (tile == NULL || !g_atomic_ref_count_dec (&tile->references))
    return;
  g_atomic_pointer_add (&tiles_size, -(gssize) (sizeof *tile + tile->size));
  g_free (tile);
}

gsize
limn_tiles_size (void)
{
  return g_atomic_pointer_get (&tiles_size);
}

static cairo_rectangle_int_t
tile_area (const limn_snapshot *snapshot, int column, int row)
{
  cairo_rectangle_int_t tile = { column * LIMN_TILE, row * LIMN_TILE, LIMN_TILE, LIMN_TILE };

  tile.width = MIN (tile.width, snapshot->width - tile.x);
  tile.height = MIN (tile.height, snapshot->height - tile.y);
  return tile;
}

/* NULL when all of it is transparent. @code is room for it. */
static limn_tile *
tile_new (cairo_surface_t *pixels, cairo_rectangle_int_t area, GByteArray *code)
{
  guint32 block[LIMN_TILE * LIMN_TILE];
  guint count = (guint) (area.width * area.height);
  limn_tile *tile;

  for (int y = 0; y < area.height; y++)
    memcpy (block + y * area.width, limn_pixels_row (pixels, area.y + y) + area.x,
            (gsize) area.width * 4);
  if (block[0] == 0 && memcmp (block, block + 1, (gsize) (count - 1) * 4) == 0)
    return NULL;
  g_byte_array_set_size (code, 0);
  pack (code, block, count);
  tile = g_malloc (sizeof *tile + code->len);
  g_atomic_ref_count_init (&tile->references);
  tile->size = code->len;
  memcpy (tile->code, code->data, code->len);
  g_atomic_pointer_add (&tiles_size, (gssize) (sizeof *tile + tile->size));
  return tile;
}

static void
tile_restore (const limn_tile *tile, cairo_surface_t *pixels, cairo_rectangle_int_t area)
{
  guint32 block[LIMN_TILE * LIMN_TILE];
  const guint8 *at = tile != NULL ? tile->code : NULL;

  if (tile == NULL)
    memset (block, 0, sizeof block);
  else if (!unpack (&at, at + tile->size, block, (guint) (area.width * area.height)))
    g_assert_not_reached ();
  for (int y = 0; y < area.height; y++)
    memcpy (limn_pixels_row (pixels, area.y + y) + area.x, block + y * area.width,
            (gsize) area.width * 4);
}

limn_snapshot *
limn_snapshot_new_empty (int width, int height)
{
  limn_snapshot *snapshot = g_new0 (limn_snapshot, 1);

  snapshot->width = width;
  snapshot->height = height;
  snapshot->columns = (width + LIMN_TILE - 1) / LIMN_TILE;
  snapshot->rows = (height + LIMN_TILE - 1) / LIMN_TILE;
  snapshot->tiles = g_new0 (limn_tile *, snapshot->columns * snapshot->rows);
  return snapshot;
}

limn_snapshot *
limn_snapshot_copy (const limn_snapshot *snapshot)
{
  limn_snapshot *copy = limn_snapshot_new_empty (snapshot->width, snapshot->height);

  for (int i = 0; i < snapshot->columns * snapshot->rows; i++)
    copy->tiles[i] = limn_tile_ref (snapshot->tiles[i]);
  return copy;
}

/* Equal pixels have equal code. */
static bool
tile_equal (const limn_tile *a, const limn_tile *b)
{
  return a == b ||
         (a != NULL && b != NULL && a->size == b->size && memcmp (a->code, b->code, a->size) == 0);
}

bool
limn_snapshot_equal (const limn_snapshot *a, const limn_snapshot *b)
{
  if (a->width != b->width || a->height != b->height)
    return false;
  for (int i = 0; i < a->columns * a->rows; i++)
    if (!tile_equal (a->tiles[i], b->tiles[i]))
      return false;
  return true;
}

bool
limn_snapshot_is_empty (const limn_snapshot *snapshot)
{
  for (int i = 0; i < snapshot->columns * snapshot->rows; i++)
    if (snapshot->tiles[i] != NULL)
      return false;
  return true;
}

limn_snapshot *
limn_snapshot_new (cairo_surface_t *pixels, const limn_snapshot *previous, const guint8 *changed)
{
  cairo_rectangle_int_t area = limn_pixels_area (pixels);
  limn_snapshot *snapshot = limn_snapshot_new_empty (area.width, area.height);
  g_autoptr (GByteArray) code = g_byte_array_new ();
  bool share;

  share = previous != NULL && previous->width == area.width && previous->height == area.height;
  cairo_surface_flush (pixels);
  for (int i = 0; i < snapshot->columns * snapshot->rows; i++) {
    if (share && !changed[i]) {
      snapshot->tiles[i] = limn_tile_ref (previous->tiles[i]);
      continue;
    }
    snapshot->tiles[i] =
        tile_new (pixels, tile_area (snapshot, i % snapshot->columns, i / snapshot->columns), code);
  }
  return snapshot;
}

void
limn_snapshot_free (limn_snapshot *snapshot)
{
  if (snapshot == NULL)
    return;
  for (int i = 0; i < snapshot->columns * snapshot->rows; i++)
    limn_tile_unref (snapshot->tiles[i]);
  g_free (snapshot->tiles);
  g_free (snapshot);
}

cairo_rectangle_int_t
limn_snapshot_area (const limn_snapshot *snapshot, cairo_rectangle_int_t area)
{
  cairo_rectangle_int_t whole = { 0, 0, snapshot->width, snapshot->height };
  int left, top;

  area = limn_rectangle_intersect (area, whole);
  if (area.width == 0)
    return area;
  left = area.x / LIMN_TILE * LIMN_TILE;
  top = area.y / LIMN_TILE * LIMN_TILE;
  area.width = (area.x + area.width + LIMN_TILE - 1) / LIMN_TILE * LIMN_TILE - left;
  area.height = (area.y + area.height + LIMN_TILE - 1) / LIMN_TILE * LIMN_TILE - top;
  area.x = left;
  area.y = top;
  return limn_rectangle_intersect (area, whole);
}

void
limn_snapshot_restore (const limn_snapshot *snapshot,
                       cairo_surface_t *pixels,
                       cairo_rectangle_int_t area)
{
  cairo_surface_flush (pixels);
  for (int i = 0; i < snapshot->columns * snapshot->rows; i++) {
    cairo_rectangle_int_t tile = tile_area (snapshot, i % snapshot->columns, i / snapshot->columns);

    if (limn_rectangle_intersect (tile, area).width > 0)
      tile_restore (snapshot->tiles[i], pixels, tile);
  }
  cairo_surface_mark_dirty (pixels);
}

/* --- bytes --- */

void
limn_put_pixels (GByteArray *out, cairo_surface_t *pixels)
{
  cairo_rectangle_int_t area = limn_pixels_area (pixels);
  g_autoptr (GByteArray) code = g_byte_array_new ();

  cairo_surface_flush (pixels);
  for (int y = 0; y < area.height; y++)
    pack (code, limn_pixels_row (pixels, y), (guint) area.width);
  limn_put_uint (out, (guint64) area.width);
  limn_put_uint (out, (guint64) area.height);
  limn_put_blob (out, code->data, code->len);
}

cairo_surface_t *
limn_get_pixels (limn_reader *reader)
{
  guint64 width = limn_get_uint_max (reader, LIMN_PIXELS_MAX_SIDE);
  guint64 height = limn_get_uint_max (reader, LIMN_PIXELS_MAX_SIDE);
  gsize size;
  const guint8 *at = limn_get_blob (reader, &size), *end = reader->at;
  cairo_surface_t *pixels = NULL;

  /* The best that the code does is 127 pixels in 5 bytes: what claims more is refused before there
   * is room for it. */
  if (at != NULL && limn_pixels_size_ok ((gint64) width, (gint64) height) &&
      width * height <= size / 5 * MAX_RUN)
    pixels = limn_pixels_new ((int) width, (int) height);
  for (int y = 0; pixels != NULL && y < (int) height; y++)
    if (!unpack (&at, end, limn_pixels_row (pixels, y), (guint) width))
      g_clear_pointer (&pixels, cairo_surface_destroy);
  if (pixels != NULL && at == end) {
    cairo_surface_mark_dirty (pixels);
    return pixels;
  }
  g_clear_pointer (&pixels, cairo_surface_destroy);
  reader->bad = true;
  return NULL;
}
