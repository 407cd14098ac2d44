/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Documents as files: .limn, .ora as other programs write it, .png. */

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#include "../io/folder.h"
#include "archives.h"
#include "document/composite.h"
#include "document/file-private.h"
#include "document/file.h"
#include "document/zip.h"
#include "edits.h"

/* --- round trips --- */

static void
test_round_trip (gconstpointer data)
{
  g_autoptr (LimnDocument) document = edits_document_new (GPOINTER_TO_UINT (data), 150);
  g_autofree char *path = files_path_of ("drawing.limn"),
                  *second_path = files_path_of ("again.limn");
  g_autofree char *before = edits_digest (document), *after = NULL, *first = NULL, *second = NULL;
  g_autoptr (LimnDocument) opened = NULL;
  gsize first_size, second_size;

  files_save (document, path);
  opened = files_load (path, 0);
  after = edits_digest (opened);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpstr (limn_document_get_path (opened), ==, path);
  g_assert_false (limn_document_is_modified (opened));
  g_assert_null (limn_document_undo_label (opened));
  files_save (opened, second_path);
  g_assert_true (g_file_get_contents (path, &first, &first_size, NULL));
  g_assert_true (g_file_get_contents (second_path, &second, &second_size, NULL));
  g_assert_cmpmem (first, first_size, second, second_size);
}

/* What was drawn before can be drawn on and taken back, but not beyond. */
static void
test_draw_on (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (120, 90);
  g_autofree char *path = files_path_of ("on.limn"), *before = NULL, *after = NULL;
  g_autoptr (LimnDocument) opened = NULL;
  GRand *random = g_rand_new_with_seed (8);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);

  for (int i = 0; i < 20; i++)
    edits_stroke (document, id, random, 20);
  files_save (document, path);
  opened = files_load (path, 0);
  before = edits_digest (opened);
  for (int i = 0; i < 40; i++)
    edits_stroke (opened, id, random, 20);
  g_assert_cmpuint (limn_document_find_layer (opened, id)->ops->len, ==, 60);
  while (limn_document_undo (opened))
    continue;
  g_assert_cmpuint (limn_document_find_layer (opened, id)->ops->len, ==, 20);
  after = edits_digest (opened);
  g_assert_cmpstr (before, ==, after);
  g_rand_free (random);
}

/* The strokes of a file make its pixels. */
static void
test_strokes_make_pixels (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (120, 90);
  g_autofree char *path = files_path_of ("strokes.limn"), *first = NULL, *second = NULL;
  g_autoptr (LimnDocument) opened = NULL;
  GRand *random = g_rand_new_with_seed (18);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  limn_layer *again = limn_layer_new (1, LIMN_LAYER_SCRIBBLE, 120, 90);
  const limn_layer *layer;
  cairo_rectangle_int_t area;

  for (int i = 0; i < 30; i++)
    edits_stroke (document, id, random, 20);
  files_save (document, path);
  opened = files_load (path, 0);
  layer = limn_document_find_layer (opened, id);
  for (guint i = 0; i < layer->ops->len; i++)
    g_assert_true (limn_layer_do (again, g_ptr_array_index (layer->ops, i), &area));
  first = edits_digest_pixels (layer);
  second = edits_digest_pixels (again);
  g_assert_cmpstr (first, ==, second);
  limn_layer_unref (again);
  g_rand_free (random);
}

static void
test_plain_ora (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (77, 100);
  g_autofree char *path = files_path_of ("drawing.ora"), *png = files_path_of ("drawing.png");
  g_autoptr (LimnDocument) opened = NULL, picture = NULL;
  g_autoptr (limn_image) first = limn_document_composite (document), second = NULL, third = NULL;
  g_autoptr (GError) error = NULL;

  files_save (document, path);
  opened = files_load (path, 0);
  g_assert_cmpuint (limn_document_n_layers (opened), ==, limn_document_n_layers (document));
  g_assert_cmpuint (limn_document_n_results (opened), ==, 0);
  for (guint i = 0; i < limn_document_n_layers (opened); i++)
    g_assert_cmpuint (limn_document_layer (opened, i)->ops->len, ==, 0);
  second = limn_document_composite (opened);
  g_assert_cmpmem (first->pixels, (gsize) (first->width * first->height * 4), second->pixels,
                   (gsize) (second->width * second->height * 4));

  limn_document_export (document, png, NULL, 0, &error);
  g_assert_no_error (error);
  picture = files_load (png, 0);
  g_assert_null (limn_document_get_path (picture));
  g_assert_cmpuint (limn_document_n_layers (picture), ==, 1);
  third = limn_document_composite (picture);
  g_assert_cmpmem (first->pixels, (gsize) (first->width * first->height * 4), third->pixels,
                   (gsize) (third->width * third->height * 4));
}

/* What OpenRaster asks for, byte by byte at the beginning. */
static void
test_is_openraster (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (5, 20);
  g_autofree char *path = files_path_of ("valid.limn"), *bytes = NULL;
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (limn_image) merged = NULL, thumbnail = NULL, all = limn_document_composite (document);
  GBytes *png;
  gsize size;

  files_save (document, path);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_cmpmem (bytes, 4, "PK\3\4", 4);
  g_assert_cmpint (bytes[8], ==, 0);
  g_assert_cmpmem (bytes + 30, 24, "mimetypeimage/openraster", 24);
  members = limn_zip_read (bytes, size, path, warnings, NULL);
  g_assert_nonnull (members);
  g_assert_nonnull (g_hash_table_lookup (members, "stack.xml"));
  png = g_hash_table_lookup (members, "mergedimage.png");
  merged = limn_png_decode (g_bytes_get_data (png, NULL), g_bytes_get_size (png), path, NULL);
  g_assert_cmpmem (merged->pixels, (gsize) (merged->width * merged->height * 4), all->pixels,
                   (gsize) (all->width * all->height * 4));
  png = g_hash_table_lookup (members, "Thumbnails/thumbnail.png");
  thumbnail = limn_png_decode (g_bytes_get_data (png, NULL), g_bytes_get_size (png), path, NULL);
  g_assert_cmpint (MAX (thumbnail->width, thumbnail->height), <=, 256);
}

/* --- other programs --- */

/* As Krita writes it: attributes on the root stack, groups, its own names of blending. */
static void
test_krita (void)
{
  g_autofree char *path = files_path_of ("krita.ora");
  g_autoptr (LimnDocument) document = NULL;
  const limn_layer *layer;

  files_write_ora (
      path, "<?xml version='1.0' encoding='UTF-8'?>\n"
            "<image xres=\"300\" h=\"60\" w=\"80\" yres=\"300\" version=\"0.0.1\">\n"
            " <stack opacity=\"1\" name=\"root\">\n"
            "  <stack opacity=\"0.5\" name=\"Gruppe\" visibility=\"visible\" "
            "composite-op=\"svg:src-over\" isolation=\"isolate\">\n"
            "   <layer src=\"data/a.png\" opacity=\"0.8\" name=\"&lt;oben&gt;\" x=\"5\" y=\"7\" "
            "visibility=\"visible\" composite-op=\"svg:multiply\" selected=\"true\"/>\n"
            "  </stack>\n"
            "  <layer src=\"data/a.png\" opacity=\"1\" name=\"unten\" x=\"-3\" y=\"0\" "
            "visibility=\"hidden\" composite-op=\"krita:dissolve\" edit-locked=\"true\"/>\n"
            " </stack>\n</image>\n");
  document = files_load (path, 2);
  g_assert_cmpuint (limn_document_n_layers (document), ==, 2);
  layer = limn_document_layer (document, 0);
  g_assert_cmpstr (limn_layer_get_text (layer, LIMN_LAYER_NAME), ==, "unten");
  g_assert_cmpstr (limn_layer_get_text (layer, LIMN_LAYER_BLEND), ==, "src-over");
  g_assert_false (limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE));
  g_assert_true (limn_layer_get_bool (layer, LIMN_LAYER_LOCKED));
  g_assert_cmpint (limn_layer_get_int (layer, LIMN_LAYER_X), ==, -3);
  layer = limn_document_layer (document, 1);
  g_assert_cmpstr (limn_layer_get_text (layer, LIMN_LAYER_NAME), ==, "<oben>");
  g_assert_cmpstr (limn_layer_get_text (layer, LIMN_LAYER_BLEND), ==, "multiply");
  g_assert_cmpfloat_with_epsilon (limn_layer_get_double (layer, LIMN_LAYER_OPACITY), 0.4, 1e-9);
  g_assert_cmpint (limn_layer_get_int (layer, LIMN_LAYER_Y), ==, 7);
  g_assert_cmpint (layer->kind, ==, LIMN_LAYER_PICTURE);
}

/* As MyPaint writes it: floats for offsets, and places that add up within groups. */
static void
test_mypaint (void)
{
  g_autofree char *path = files_path_of ("mypaint.ora");
  g_autoptr (LimnDocument) document = NULL;
  const limn_layer *layer;

  files_write_ora (path,
                   "<?xml version='1.0' encoding='UTF-8'?>\n"
                   "<image w=\"80\" h=\"60\" xres=\"72\" yres=\"72\" version=\"0.0.5\">"
                   "<stack><stack x=\"10\" y=\"20\" visibility=\"hidden\"><stack x=\"1\">"
                   "<layer src=\"data/a.png\" x=\"2.0\" y=\"3\" name=\"deep\" opacity=\"1.0\" "
                   "mypaint_strokemap_v2=\"data/s.dat\"/>"
                   "</stack></stack><filter><layer src=\"nowhere\"/></filter></stack></image>");
  document = files_load (path, 0);
  g_assert_cmpuint (limn_document_n_layers (document), ==, 1);
  layer = limn_document_layer (document, 0);
  g_assert_cmpint (limn_layer_get_int (layer, LIMN_LAYER_X), ==, 13);
  g_assert_cmpint (limn_layer_get_int (layer, LIMN_LAYER_Y), ==, 23);
  g_assert_false (limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE));
}

/* As GIMP's plug-in writes it: no composite-op, opacity in full length. */
static void
test_gimp (void)
{
  g_autofree char *path = files_path_of ("gimp.ora");
  g_autoptr (LimnDocument) document = NULL;
  g_autoptr (limn_image) all = NULL;

  files_write_ora (path,
                   "<?xml version='1.0' encoding='UTF-8'?>\n"
                   "<image h=\"6\" w=\"8\"><stack><layer name=\"Hintergrund\" "
                   "opacity=\"1.00000000000000000\" src=\"data/a.png\" visibility=\"visible\" "
                   "x=\"0\" y=\"0\" /></stack></image>");
  document = files_load (path, 0);
  all = limn_document_composite (document);
  for (int i = 0; i < 8 * 6; i++) {
    g_assert_cmpint (all->pixels[i * 4], ==, 200);
    g_assert_cmpint (all->pixels[i * 4 + 3], ==, 255);
  }
}

/* Somebody drew on a layer with another program that kept limn.json. */
static void
test_changed_elsewhere (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (8, 6);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  g_autofree char *path = files_path_of ("changed.limn"), *bytes = NULL;
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (GByteArray) png = files_grey_png (8, 6, 99);
  g_autoptr (LimnDocument) opened = NULL;
  struct part parts[16] = { files_text_part ("mimetype", "image/openraster") };
  gsize size, count = 1;
  GHashTableIter iter;
  gpointer name, member;
  GRand *random = g_rand_new_with_seed (1);

  edits_stroke (document, id, random, 9);
  g_rand_free (random);
  files_save (document, path);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  members = limn_zip_read (bytes, size, path, warnings, NULL);
  g_hash_table_iter_init (&iter, members);
  while (g_hash_table_iter_next (&iter, &name, &member))
    if (g_str_equal (name, "data/layer000.png"))
      parts[count++] = (struct part){ name, png->data, png->len };
    else if (!g_str_equal (name, "mimetype"))
      parts[count++] =
          (struct part){ name, g_bytes_get_data (member, NULL), g_bytes_get_size (member) };
  files_write_zip (path, parts, count);
  opened = files_load (path, 1);
  g_assert_cmpuint (limn_document_layer (opened, 0)->ops->len, ==, 0);
  g_assert_cmpint (limn_document_layer (opened, 0)->kind, ==, LIMN_LAYER_SCRIBBLE);
  g_assert_cmphex (*limn_pixels_row (limn_document_layer (opened, 0)->pixels, 0), ==, 0xff636363);
}

/* A newer version's file: what is not known stays in it, and is there after saving. */
static void
test_newer (void)
{
  g_autofree char *path = files_path_of ("newer.limn"), *again = files_path_of ("newer-again.limn");
  g_autofree char *bytes = NULL;
  g_autoptr (GByteArray) png = files_grey_png (8, 6, 99);
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (LimnDocument) document = NULL;
  const char *json =
      "{\"limn\":7,\"prompt\":\"a \\\"house\\\"\",\"sampler\":\"dream\",\"steps\":4000,"
      "\"seed\":\"18446744073709551615\",\"timeline\":{\"frames\":[1,2,{\"a\":null}]},"
      "\"layers\":[{\"src\":\"data/a.png\",\"id\":9,\"kind\":\"pose\",\"joints\":[1.5,2],"
      "\"weight\":0.25}],\"results\":[]}";
  struct part parts[] = {
    files_text_part ("mimetype", "image/openraster"),
    files_text_part ("stack.xml",
                     "<image w='8' h='6'><stack><layer name='p' src='data/a.png'/></stack>"
                     "</image>"),
    { "data/a.png", png->data, png->len },
    files_text_part ("limn.json", json),
    files_text_part ("timeline/1.bin", "tracks"),
  };
  const char *written;
  gsize size;

  files_write_zip (path, parts, G_N_ELEMENTS (parts));
  document = files_load (path, 3);
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_PROMPT), ==, "a \"house\"");
  g_assert_cmpuint (g_variant_get_uint64 (limn_document_get_value (document, LIMN_SETTING_SEED)),
                    ==, G_MAXUINT64);
  g_assert_cmpint (g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_STEPS)), ==,
                   1000);
  g_assert_cmpuint (limn_document_layer (document, 0)->id, ==, 9);
  files_save (document, again);
  g_assert_true (g_file_get_contents (again, &bytes, &size, NULL));
  members = limn_zip_read (bytes, size, again, warnings, NULL);
  g_assert_nonnull (g_hash_table_lookup (members, "timeline/1.bin"));
  written = g_bytes_get_data (g_hash_table_lookup (members, "limn.json"), NULL);
  g_assert_nonnull (strstr (written, "\"timeline\":{\"frames\":[1,2,{\"a\":null}]}"));
  g_assert_nonnull (strstr (written, "\"joints\":[1.5,2]"));
  g_assert_nonnull (strstr (written, "\"kind\":\"pose\""));
  g_assert_nonnull (strstr (written, "\"weight\":0.25"));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  files_folder = test_folder_new ();
  for (guint seed = 11; seed <= 14; seed++) {
    g_autofree char *path = g_strdup_printf ("/files/round-trip/%u", seed);

    g_test_add_data_func (path, GUINT_TO_POINTER (seed), test_round_trip);
  }
  g_test_add_func ("/files/draw-on", test_draw_on);
  g_test_add_func ("/files/strokes-make-pixels", test_strokes_make_pixels);
  g_test_add_func ("/files/plain-ora", test_plain_ora);
  g_test_add_func ("/files/is-openraster", test_is_openraster);
  g_test_add_func ("/files/krita", test_krita);
  g_test_add_func ("/files/mypaint", test_mypaint);
  g_test_add_func ("/files/gimp", test_gimp);
  g_test_add_func ("/files/changed-elsewhere", test_changed_elsewhere);
  g_test_add_func ("/files/newer", test_newer);
  status = g_test_run ();
  test_folder_free (files_folder);
  return status;
}
