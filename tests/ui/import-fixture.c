/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-fixture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <webp/encode.h>

static void
on_message (LimnStudio *studio, const char *sentence, struct fixture *fixture)
{
  g_string_append_printf (fixture->said, "%s\n", sentence);
}

static void
on_offer (LimnStudio *studio,
          const char *sentence,
          const char *button,
          const char *action,
          struct fixture *fixture)
{
  g_free (fixture->offered);
  fixture->offered = g_strdup (action);
}

void
fixture_set_up (struct fixture *fixture, gconstpointer data)
{
  *fixture = (struct fixture){ .document = limn_document_new (IMPORT_WIDTH, IMPORT_HEIGHT) };
  fixture->folder = g_dir_make_tmp ("limn-test-XXXXXX", NULL);
  fixture->said = g_string_new (NULL);
  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Lower", 0);
  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Upper", 1);
  fixture->studio = limn_studio_new (fixture->document);
  limn_studio_set_layer (fixture->studio, limn_document_layer (fixture->document, 0)->id);
  g_signal_connect (fixture->studio, "message", G_CALLBACK (on_message), fixture);
  g_signal_connect (fixture->studio, "offer", G_CALLBACK (on_offer), fixture);
}

void
fixture_tear_down (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

    g_remove (path);
  }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
  g_string_free (fixture->said, TRUE);
  g_free (fixture->offered);
  g_clear_error (&fixture->error);
}

limn_image *
fixture_make_image (int width, int height)
{
  limn_image *image = limn_image_new (width, height, 3);

  for (int i = 0; i < width * height; i++) {
    image->pixels[i * 3] = (guint8) (40 + i % width * 200 / width);
    image->pixels[i * 3 + 1] = (guint8) (230 - i / width * 200 / height);
    image->pixels[i * 3 + 2] = 90;
  }
  return image;
}

GBytes *
fixture_to_png (const limn_image *image)
{
  return g_byte_array_free_to_bytes (limn_png_encode (image, NULL));
}

GBytes *
fixture_to_jpeg (const limn_image *image)
{
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  unsigned char *bytes = NULL;
  unsigned long size = 0;

  jpeg.err = jpeg_std_error (&errors);
  jpeg_create_compress (&jpeg);
  jpeg_mem_dest (&jpeg, &bytes, &size);
  jpeg.image_width = (JDIMENSION) image->width;
  jpeg.image_height = (JDIMENSION) image->height;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults (&jpeg);
  jpeg_set_quality (&jpeg, 100, TRUE);
  jpeg_start_compress (&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = image->pixels + jpeg.next_scanline * jpeg.image_width * 3;

    jpeg_write_scanlines (&jpeg, &row, 1);
  }
  jpeg_finish_compress (&jpeg);
  jpeg_destroy_compress (&jpeg);
  return g_bytes_new_with_free_func (bytes, size, free, bytes);
}

GBytes *
fixture_to_webp (const limn_image *image)
{
  guint8 *bytes = NULL;
  gsize size =
      WebPEncodeLosslessRGB (image->pixels, image->width, image->height, image->width * 3, &bytes);

  return g_bytes_new_with_free_func (bytes, size, WebPFree, bytes);
}

GFile *
fixture_put (struct fixture *fixture, const char *name, GBytes *bytes)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
                                      (gssize) g_bytes_get_size (bytes), NULL));
  return g_file_new_for_path (path);
}

void
fixture_check_pixels (const limn_layer *layer, const limn_image *image, int tolerance)
{
  cairo_rectangle_int_t area = limn_layer_area (layer);

  g_assert_cmpint (area.width, ==, image->width);
  g_assert_cmpint (area.height, ==, image->height);
  for (int y = 0; y < area.height; y++)
    for (int x = 0; x < area.width; x++) {
      guint32 pixel = limn_pixels_row (layer->pixels, y)[x];

      g_assert_cmphex (pixel >> 24, ==, 0xff);
      for (int k = 0; k < 3; k++)
        g_assert_cmpint (ABS ((int) (pixel >> (16 - 8 * k) & 0xff) -
                              image->pixels[(y * image->width + x) * 3 + k]),
                         <=, tolerance);
    }
}

void
fixture_wait_for_layers (struct fixture *fixture, guint count)
{
  while (limn_document_n_layers (fixture->document) < count)
    g_main_context_iteration (NULL, TRUE);
}

void
fixture_init (int *argc, char ***argv)
{
  gtk_test_init (argc, argv, NULL);
  adw_init ();
}
