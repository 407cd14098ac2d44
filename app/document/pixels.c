/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/pixels.h"

#include <string.h>

struct limn_tile {
  gatomicrefcount references;
  guint size;
  guint8 code[];
};

/* Of tiles in bytes; atomic, since a document may be freed on any thread. */
static gsize tiles_size;

bool
limn_pixels_size_ok (gint64 width, gint64 height)
{
  return width >= 1 && height >= 1 && width <= LIMN_PIXELS_MAX_SIDE &&
         height <= LIMN_PIXELS_MAX_SIDE && width * height <= LIMN_PIXELS_MAX;
}

/* What surfaces share; nobody writes into one that has several references. */
struct buffer {
  gatomicrefcount references;
  guint8 *data;
};

static const cairo_user_data_key_t buffer_key;

static void
buffer_unref (void *data)
{
  struct buffer *buffer = data;

  if (!g_atomic_ref_count_dec (&buffer->references))
    return;
  g_free (buffer->data);
  g_free (buffer);
}

/* Takes a reference to @buffer. */
static cairo_surface_t *
surface_for (struct buffer *buffer, int width, int height)
{
  int stride = cairo_format_stride_for_width (CAIRO_FORMAT_ARGB32, width);
  cairo_surface_t *pixels = cairo_image_surface_create_for_data (buffer->data, CAIRO_FORMAT_ARGB32,
                                                                 width, height, stride);

  /* An error surface refuses it, too. */
  if (cairo_surface_set_user_data (pixels, &buffer_key, buffer, buffer_unref) ==
      CAIRO_STATUS_SUCCESS)
    return pixels;
  cairo_surface_destroy (pixels);
  buffer_unref (buffer);
  return NULL;
}

cairo_surface_t *
limn_pixels_new (int width, int height)
{
  gsize stride = (gsize) cairo_format_stride_for_width (CAIRO_FORMAT_ARGB32, width);
  struct buffer *buffer;
  guint8 *data;

  g_assert (limn_pixels_size_ok (width, height));
  data = g_try_malloc0 (stride * (gsize) height);
  if (data == NULL)
    return NULL;
  buffer = g_new (struct buffer, 1);
  g_atomic_ref_count_init (&buffer->references);
  buffer->data = data;
  return surface_for (buffer, width, height);
}

cairo_surface_t *
limn_pixels_share (cairo_surface_t *pixels)
{
  struct buffer *buffer = cairo_surface_get_user_data (pixels, &buffer_key);
  cairo_rectangle_int_t area = limn_pixels_area (pixels);

  if (buffer == NULL)
    return limn_pixels_copy (pixels);
  cairo_surface_flush (pixels);
  g_atomic_ref_count_inc (&buffer->references);
  return surface_for (buffer, area.width, area.height);
}

bool
limn_pixels_own (cairo_surface_t **pixels)
{
  struct buffer *buffer = cairo_surface_get_user_data (*pixels, &buffer_key);
  cairo_surface_t *copy;

  if (buffer == NULL || g_atomic_ref_count_compare (&buffer->references, 1))
    return true;
  copy = limn_pixels_copy (*pixels);
  if (copy == NULL)
    return false;
  cairo_surface_destroy (*pixels);
  *pixels = copy;
  return true;
}

guint32 *
limn_pixels_row (cairo_surface_t *pixels, int y)
{
  guint8 *data = cairo_image_surface_get_data (pixels);

  /* Cairo aligns the rows for this. */
  return (guint32 *) (void *) (data + (gsize) cairo_image_surface_get_stride (pixels) * (gsize) y);
}

cairo_rectangle_int_t
limn_pixels_area (cairo_surface_t *pixels)
{
  return (cairo_rectangle_int_t){ 0, 0, cairo_image_surface_get_width (pixels),
                                  cairo_image_surface_get_height (pixels) };
}

cairo_surface_t *
limn_pixels_copy (cairo_surface_t *pixels)
{
  cairo_rectangle_int_t area = limn_pixels_area (pixels);
  cairo_surface_t *copy = limn_pixels_new (area.width, area.height);

  if (copy == NULL)
    return NULL;
  cairo_surface_flush (pixels);
  for (int y = 0; y < area.height; y++)
    memcpy (limn_pixels_row (copy, y), limn_pixels_row (pixels, y), (gsize) area.width * 4);
  cairo_surface_mark_dirty (copy);
  return copy;
}

static guint32
premultiply (guint32 value, guint32 alpha)
{
  return (value * alpha + 127) / 255;
}

cairo_surface_t *
limn_pixels_from_image (const limn_image *image)
{
  cairo_surface_t *pixels = limn_pixels_new (image->width, image->height);
  const guint8 *from = image->pixels;

  if (pixels == NULL)
    return NULL;
  for (int y = 0; y < image->height; y++) {
    guint32 *row = limn_pixels_row (pixels, y);

    for (int x = 0; x < image->width; x++, from += image->channels) {
      guint32 alpha = image->channels == 4 ? from[3] : 255;
      guint32 red = from[0], green = image->channels == 1 ? from[0] : from[1];
      guint32 blue = image->channels == 1 ? from[0] : from[2];

      row[x] = alpha << 24 | premultiply (red, alpha) << 16 | premultiply (green, alpha) << 8 |
               premultiply (blue, alpha);
    }
  }
  cairo_surface_mark_dirty (pixels);
  return pixels;
}

limn_image *
limn_pixels_to_image (cairo_surface_t *pixels)
{
  cairo_rectangle_int_t area = limn_pixels_area (pixels);
  limn_image *image = limn_image_new (area.width, area.height, 4);
  guint8 *to = image->pixels;

  cairo_surface_flush (pixels);
  for (int y = 0; y < area.height; y++) {
    const guint32 *row = limn_pixels_row (pixels, y);

    for (int x = 0; x < area.width; x++, to += 4) {
      guint32 alpha = row[x] >> 24;

      to[3] = (guint8) alpha;
      for (int k = 0; k < 3 && alpha > 0; k++) {
        guint32 value = (row[x] >> (16 - 8 * k)) & 0xff;

        to[k] = (guint8) MIN ((value * 255 + alpha / 2) / alpha, 255);
      }
    }
  }
  return image;
}

cairo_rectangle_int_t
limn_rectangle_intersect (cairo_rectangle_int_t a, cairo_rectangle_int_t b)
{
  int left = MAX (a.x, b.x), top = MAX (a.y, b.y);
  int right = MIN (a.x + a.width, b.x + b.width), bottom = MIN (a.y + a.height, b.y + b.height);

  if (right <= left || bottom <= top)
    return (cairo_rectangle_int_t){ 0, 0, 0, 0 };
  return (cairo_rectangle_int_t){ left, top, right - left, bottom - top };
}

cairo_rectangle_int_t
limn_rectangle_union (cairo_rectangle_int_t a, cairo_rectangle_int_t b)
{
  int left = MIN (a.x, b.x), top = MIN (a.y, b.y);

  if (a.width == 0 || b.width == 0)
    return a.width == 0 ? b : a;
  return (cairo_rectangle_int_t){ left, top, MAX (a.x + a.width, b.x + b.width) - left,
                                  MAX (a.y + a.height, b.y + b.height) - top };
}

/* --- run-length code: a count n and n pixels as they are, or -n and one pixel, n times --- */

#define MAX_RUN 127

static guint
equal_run (const guint32 *pixels, guint count)
{
  guint run = 1;

  count = MIN (count, MAX_RUN);
  while (run < count && pixels[run] == pixels[0])
    run++;
  return run;
}

/* Up to where three are equal. */
static guint
other_run (const guint32 *pixels, guint count)
{
  guint run = 1;

  while (run < MIN (count, MAX_RUN) &&
         (run + 2 >= count || pixels[run] != pixels[run + 1] || pixels[run] != pixels[run + 2]))
    run++;
  return run;
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
    for (guint i = 0; i < stored; i++, to += 4) {
      guint32 value = GUINT32_TO_LE (pixels[at + i]);

      memcpy (to, &value, 4);
    }
    at += run;
  }
  g_byte_array_set_size (out, (guint) (to - out->data));
}

/* Whether exactly @count pixels came out; what was read is behind @at then. */
static bool
unpack (const guint8 **at, const guint8 *end, guint32 *pixels, guint count)
{
  while (count > 0) {
    int head;
    guint run;

    if (end - *at < 5)
      return false;
    head = (gint8) * (*at)++;
    run = (guint) ABS (head);
    if (run == 0 || run > count || (head > 0 && end - *at < (gssize) run * 4))
      return false;
    for (guint i = 0; i < run; i++) {
      guint32 value;

      memcpy (&value, *at + (head > 0 ? i * 4 : 0), 4);
      *pixels++ = GUINT32_FROM_LE (value);
    }
    *at += head > 0 ? run * 4 : 4;
    count -= run;
  }
  return true;
}

/* --- tiles --- */

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
  guint32 any = 0;
  limn_tile *tile;

  for (int y = 0; y < area.height; y++)
    memcpy (block + y * area.width, limn_pixels_row (pixels, area.y + y) + area.x,
            (gsize) area.width * 4);
  for (guint i = 0; i < count; i++)
    any |= block[i];
  if (any == 0)
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
