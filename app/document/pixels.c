/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/pixels.h"

#include <string.h>

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

static cairo_surface_t *
pixels_new (int width, int height, gpointer (*allocate) (gsize size))
{
  gsize stride = (gsize) cairo_format_stride_for_width (CAIRO_FORMAT_ARGB32, width);
  struct buffer *buffer;
  guint8 *data;

  g_assert (limn_pixels_size_ok (width, height));
  data = allocate (stride * (gsize) height);
  if (data == NULL)
    return NULL;
  buffer = g_new (struct buffer, 1);
  g_atomic_ref_count_init (&buffer->references);
  buffer->data = data;
  return surface_for (buffer, width, height);
}

cairo_surface_t *
limn_pixels_new (int width, int height)
{
  return pixels_new (width, height, g_try_malloc0);
}

cairo_surface_t *
limn_pixels_new_for_writing (int width, int height)
{
  return pixels_new (width, height, g_try_malloc);
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
  cairo_surface_t *copy = limn_pixels_new_for_writing (area.width, area.height);

  if (copy == NULL)
    return NULL;
  cairo_surface_flush (pixels);
  for (int y = 0; y < area.height; y++)
    memcpy (limn_pixels_row (copy, y), limn_pixels_row (pixels, y), (gsize) area.width * 4);
  cairo_surface_mark_dirty (copy);
  return copy;
}

int
limn_bytes_run (const guint8 *bytes, int count)
{
  const guint64 all = bytes[0] * G_GUINT64_CONSTANT (0x0101010101010101);
  int run = 0;
  guint64 eight;

  while (run + 8 <= count && (memcpy (&eight, bytes + run, 8), eight == all))
    run += 8;
  while (run < count && bytes[run] == bytes[0])
    run++;
  return run;
}

static guint32
premultiply (guint32 value, guint32 alpha)
{
  return (value * alpha + 127) / 255;
}

cairo_surface_t *
limn_pixels_from_image (const limn_image *image)
{
  cairo_surface_t *pixels = limn_pixels_new_for_writing (image->width, image->height);
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
