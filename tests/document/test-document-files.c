/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Documents as files: .limn, .ora as other programs write it, .png, and broken ones. */

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../io/folder.h"
#include "document/composite.h"
#include "document/file-private.h"
#include "document/file.h"
#include "document/zip.h"
#include "edits.h"

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static LimnDocument *
load (const char *path, guint n_warnings)
{
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  LimnDocument *document = limn_document_load (path, warnings, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < warnings->len; i++) {
    g_assert_true (g_str_has_prefix (g_ptr_array_index (warnings, i), path));
    g_assert_null (strchr (g_ptr_array_index (warnings, i), '\n'));
  }
  if (warnings->len != n_warnings)
    g_error ("%u warnings, the last: %s", warnings->len,
             warnings->len > 0 ? (char *) g_ptr_array_index (warnings, warnings->len - 1) : "");
  return document;
}

static void
save (LimnDocument *document, const char *path)
{
  g_autoptr (GError) error = NULL;

  limn_document_save (document, path, &error);
  g_assert_no_error (error);
}

/* --- archives as other programs write them --- */

struct part {
  const char *name;
  const void *bytes;
  gsize size;
};

/* By libarchive, deflated but for the first. */
static void
write_zip (const char *path, const struct part *parts, gsize count)
{
  struct archive *archive = archive_write_new ();

  archive_write_set_format_zip (archive);
  g_assert_cmpint (archive_write_open_filename (archive, path), ==, ARCHIVE_OK);
  for (gsize i = 0; i < count; i++) {
    struct archive_entry *entry = archive_entry_new ();

    if (i == 0)
      archive_write_zip_set_compression_store (archive);
    else
      archive_write_zip_set_compression_deflate (archive);
    archive_entry_set_pathname (entry, parts[i].name);
    archive_entry_set_filetype (entry, AE_IFREG);
    archive_entry_set_perm (entry, 0644);
    archive_entry_set_size (entry, (la_int64_t) parts[i].size);
    g_assert_cmpint (archive_write_header (archive, entry), ==, ARCHIVE_OK);
    g_assert_cmpint (archive_write_data (archive, parts[i].bytes, parts[i].size), ==,
                     (gssize) parts[i].size);
    archive_entry_free (entry);
  }
  g_assert_cmpint (archive_write_close (archive), ==, ARCHIVE_OK);
  archive_write_free (archive);
}

static struct part
text_part (const char *name, const char *text)
{
  return (struct part){ name, text, strlen (text) };
}

static GByteArray *
grey_png (int width, int height, int value)
{
  g_autoptr (limn_image) image = limn_image_new (width, height, 4);

  for (int i = 0; i < width * height * 4; i++)
    image->pixels[i] = (guint8) (i % 4 == 3 ? 255 : value);
  return limn_png_encode (image, NULL);
}

/* An archive with @stack and a picture at data/a.png. */
static void
write_ora (const char *path, const char *stack)
{
  g_autoptr (GByteArray) png = grey_png (8, 6, 200);
  struct part parts[] = { text_part ("mimetype", "image/openraster"),
                          text_part ("stack.xml", stack),
                          { "data/a.png", png->data, png->len } };

  write_zip (path, parts, G_N_ELEMENTS (parts));
}

/* --- round trips --- */

static void
test_round_trip (gconstpointer data)
{
  g_autoptr (LimnDocument) document = edits_document_new (GPOINTER_TO_UINT (data), 150);
  g_autofree char *path = path_of ("drawing.limn"), *second_path = path_of ("again.limn");
  g_autofree char *before = edits_digest (document), *after = NULL, *first = NULL, *second = NULL;
  g_autoptr (LimnDocument) opened = NULL;
  gsize first_size, second_size;

  save (document, path);
  opened = load (path, 0);
  after = edits_digest (opened);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpstr (limn_document_get_path (opened), ==, path);
  g_assert_false (limn_document_is_modified (opened));
  g_assert_null (limn_document_undo_label (opened));
  save (opened, second_path);
  g_assert_true (g_file_get_contents (path, &first, &first_size, NULL));
  g_assert_true (g_file_get_contents (second_path, &second, &second_size, NULL));
  g_assert_cmpmem (first, first_size, second, second_size);
}

/* What was drawn before can be drawn on and taken back, but not beyond. */
static void
test_draw_on (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (120, 90);
  g_autofree char *path = path_of ("on.limn"), *before = NULL, *after = NULL;
  g_autoptr (LimnDocument) opened = NULL;
  GRand *random = g_rand_new_with_seed (8);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);

  for (int i = 0; i < 20; i++)
    edits_stroke (document, id, random, 20);
  save (document, path);
  opened = load (path, 0);
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
  g_autofree char *path = path_of ("strokes.limn"), *first = NULL, *second = NULL;
  g_autoptr (LimnDocument) opened = NULL;
  GRand *random = g_rand_new_with_seed (18);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  limn_layer *again = limn_layer_new (1, LIMN_LAYER_SCRIBBLE, 120, 90);
  const limn_layer *layer;
  cairo_rectangle_int_t area;

  for (int i = 0; i < 30; i++)
    edits_stroke (document, id, random, 20);
  save (document, path);
  opened = load (path, 0);
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
  g_autofree char *path = path_of ("drawing.ora"), *png = path_of ("drawing.png");
  g_autoptr (LimnDocument) opened = NULL, picture = NULL;
  g_autoptr (limn_image) first = limn_document_composite (document), second = NULL, third = NULL;
  g_autoptr (GError) error = NULL;

  save (document, path);
  opened = load (path, 0);
  g_assert_cmpuint (limn_document_n_layers (opened), ==, limn_document_n_layers (document));
  g_assert_cmpuint (limn_document_n_results (opened), ==, 0);
  for (guint i = 0; i < limn_document_n_layers (opened); i++)
    g_assert_cmpuint (limn_document_layer (opened, i)->ops->len, ==, 0);
  second = limn_document_composite (opened);
  g_assert_cmpmem (first->pixels, (gsize) (first->width * first->height * 4), second->pixels,
                   (gsize) (second->width * second->height * 4));

  limn_document_export (document, png, NULL, 0, &error);
  g_assert_no_error (error);
  picture = load (png, 0);
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
  g_autofree char *path = path_of ("valid.limn"), *bytes = NULL;
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (limn_image) merged = NULL, thumbnail = NULL, all = limn_document_composite (document);
  GBytes *png;
  gsize size;

  save (document, path);
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
  g_autofree char *path = path_of ("krita.ora");
  g_autoptr (LimnDocument) document = NULL;
  const limn_layer *layer;

  write_ora (path,
             "<?xml version='1.0' encoding='UTF-8'?>\n"
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
  document = load (path, 2);
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
  g_autofree char *path = path_of ("mypaint.ora");
  g_autoptr (LimnDocument) document = NULL;
  const limn_layer *layer;

  write_ora (path, "<?xml version='1.0' encoding='UTF-8'?>\n"
                   "<image w=\"80\" h=\"60\" xres=\"72\" yres=\"72\" version=\"0.0.5\">"
                   "<stack><stack x=\"10\" y=\"20\" visibility=\"hidden\"><stack x=\"1\">"
                   "<layer src=\"data/a.png\" x=\"2.0\" y=\"3\" name=\"deep\" opacity=\"1.0\" "
                   "mypaint_strokemap_v2=\"data/s.dat\"/>"
                   "</stack></stack><filter><layer src=\"nowhere\"/></filter></stack></image>");
  document = load (path, 0);
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
  g_autofree char *path = path_of ("gimp.ora");
  g_autoptr (LimnDocument) document = NULL;
  g_autoptr (limn_image) all = NULL;

  write_ora (path, "<?xml version='1.0' encoding='UTF-8'?>\n"
                   "<image h=\"6\" w=\"8\"><stack><layer name=\"Hintergrund\" "
                   "opacity=\"1.00000000000000000\" src=\"data/a.png\" visibility=\"visible\" "
                   "x=\"0\" y=\"0\" /></stack></image>");
  document = load (path, 0);
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
  g_autofree char *path = path_of ("changed.limn"), *bytes = NULL;
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (GByteArray) png = grey_png (8, 6, 99);
  g_autoptr (LimnDocument) opened = NULL;
  struct part parts[16] = { text_part ("mimetype", "image/openraster") };
  gsize size, count = 1;
  GHashTableIter iter;
  gpointer name, member;
  GRand *random = g_rand_new_with_seed (1);

  edits_stroke (document, id, random, 9);
  g_rand_free (random);
  save (document, path);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  members = limn_zip_read (bytes, size, path, warnings, NULL);
  g_hash_table_iter_init (&iter, members);
  while (g_hash_table_iter_next (&iter, &name, &member))
    if (g_str_equal (name, "data/layer000.png"))
      parts[count++] = (struct part){ name, png->data, png->len };
    else if (!g_str_equal (name, "mimetype"))
      parts[count++] =
          (struct part){ name, g_bytes_get_data (member, NULL), g_bytes_get_size (member) };
  write_zip (path, parts, count);
  opened = load (path, 1);
  g_assert_cmpuint (limn_document_layer (opened, 0)->ops->len, ==, 0);
  g_assert_cmpint (limn_document_layer (opened, 0)->kind, ==, LIMN_LAYER_SCRIBBLE);
  g_assert_cmphex (*limn_pixels_row (limn_document_layer (opened, 0)->pixels, 0), ==, 0xff636363);
}

/* A newer version's file: what is not known stays in it, and is there after saving. */
static void
test_newer (void)
{
  g_autofree char *path = path_of ("newer.limn"), *again = path_of ("newer-again.limn");
  g_autofree char *bytes = NULL;
  g_autoptr (GByteArray) png = grey_png (8, 6, 99);
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (LimnDocument) document = NULL;
  const char *json =
      "{\"limn\":7,\"prompt\":\"a \\\"house\\\"\",\"sampler\":\"dream\",\"steps\":4000,"
      "\"seed\":\"18446744073709551615\",\"timeline\":{\"frames\":[1,2,{\"a\":null}]},"
      "\"layers\":[{\"src\":\"data/a.png\",\"id\":9,\"kind\":\"pose\",\"joints\":[1.5,2],"
      "\"weight\":0.25}],\"results\":[]}";
  struct part parts[] = {
    text_part ("mimetype", "image/openraster"),
    text_part ("stack.xml", "<image w='8' h='6'><stack><layer name='p' src='data/a.png'/></stack>"
                            "</image>"),
    { "data/a.png", png->data, png->len },
    text_part ("limn.json", json),
    text_part ("timeline/1.bin", "tracks"),
  };
  const char *written;
  gsize size;

  write_zip (path, parts, G_N_ELEMENTS (parts));
  document = load (path, 3);
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_PROMPT), ==, "a \"house\"");
  g_assert_cmpuint (g_variant_get_uint64 (limn_document_get_value (document, LIMN_SETTING_SEED)),
                    ==, G_MAXUINT64);
  g_assert_cmpint (g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_STEPS)), ==,
                   1000);
  g_assert_cmpuint (limn_document_layer (document, 0)->id, ==, 9);
  save (document, again);
  g_assert_true (g_file_get_contents (again, &bytes, &size, NULL));
  members = limn_zip_read (bytes, size, again, warnings, NULL);
  g_assert_nonnull (g_hash_table_lookup (members, "timeline/1.bin"));
  written = g_bytes_get_data (g_hash_table_lookup (members, "limn.json"), NULL);
  g_assert_nonnull (strstr (written, "\"timeline\":{\"frames\":[1,2,{\"a\":null}]}"));
  g_assert_nonnull (strstr (written, "\"joints\":[1.5,2]"));
  g_assert_nonnull (strstr (written, "\"kind\":\"pose\""));
  g_assert_nonnull (strstr (written, "\"weight\":0.25"));
}

/* --- broken files --- */

static void
assert_broken (const char *path, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LimnDocument) document = limn_document_load (path, NULL, &error);

  g_assert_null (document);
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
  if (strstr (error->message, path) == NULL || strstr (error->message, words) == NULL ||
      strchr (error->message, '\n') != NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
}

static void
test_broken_stack (void)
{
  static const struct {
    const char *stack, *words;
  } cases[] = {
    { "", "stack.xml is broken" },
    { "<image w='8'", "stack.xml is broken" },
    { "<stack/>", "\"image\" whose \"w\"" },
    { "<image w='0' h='6'/>", "\"image\" whose \"w" },
    { "<image w='99999999' h='6'/>", "\"image\" whose \"w" },
    { "<image w='16384' h='16384'/>", "\"image\" whose \"w" },
    { "<image w='nan' h='6'/>", "\"image\" whose \"w" },
    { "<image w='8' h='6'><layer src='data/a.png'/></image>", "\"layer\" whose \"src\"" },
    { "<image w='8' h='6'><stack><layer/></stack></image>", "\"layer\" whose \"src\"" },
    { "<image w='8' h='6'><stack><layer src='data/b.png'/></stack></image>", "lacks" },
    { "<image w='8' h='6'><stack><layer src='../a.png'/></stack></image>", "lacks" },
    { "<image w='8' h='6'><stack><layer src='/etc/passwd'/></stack></image>", "lacks" },
    { "<image w='8' h='6'><stack><layer src='stack.xml'/></stack></image>", "not a PNG" },
    { "<image w='8' h='6'><stack><layer src='data/a.png' x='1e300'/></stack></image>",
      "\"layer\" whose \"x\"" },
    { "<image w='8' h='6'><stack><layer src='data/a.png' opacity='?'/></stack></image>",
      "\"layer\" whose \"opacity\"" },
  };
  g_autofree char *path = path_of ("broken.ora");
  GString *deep = g_string_new ("<image w='8' h='6'>");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    write_ora (path, cases[i].stack);
    assert_broken (path, cases[i].words);
  }
  for (int i = 0; i < 100000; i++)
    g_string_append (deep, "<stack>");
  write_ora (path, deep->str);
  assert_broken (path, "nested deeper");
  g_string_free (deep, TRUE);
}

static void
test_broken_json (void)
{
  static const char *const cases[] = {
    "",
    "{",
    "[]",
    "{\"layers\":3}",
    "{\"layers\":[{\"src\":\"data/a.png\"}]}",
    "{\"results\":[{\"id\":1}]}",
    "{\"steps\":\"many\"}",
    "{\"seed\":\"-1\"}",
    "{\"layers\":[{\"src\":\"a\",\"kind\":\"picture\",\"checksum\":\"xyz\"}]}",
    "{} x",
  };
  g_autofree char *path = path_of ("json.limn");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    struct part parts[] = { text_part ("mimetype", "image/openraster"),
                            text_part ("stack.xml", "<image w='8' h='6'><stack/></image>"),
                            text_part ("limn.json", cases[i]) };

    write_zip (path, parts, G_N_ELEMENTS (parts));
    assert_broken (path, "limn.json");
  }
}

static void
test_other_files (void)
{
  g_autofree char *path = path_of ("other"), *text = path_of ("text.ora");
  g_autoptr (GError) error = NULL;
  struct part parts[] = { text_part ("a.txt", "hello") };
  guint8 large[] = { 0x89, 'P', 'N', 'G',  13,   10, 26, 10,   0,    0, 0, 13, 'I', 'H', 'D',
                     'R',  0,   0,   0x4e, 0x20, 0,  0,  0x4e, 0x20, 8, 2, 0,  0,   0 };

  test_write_file (path, "", 0);
  assert_broken (path, "is empty");
  test_write_file (path, "GIF89a and so on", 16);
  assert_broken (path, "is no drawing");
  test_write_file (path, large, sizeof large);
  assert_broken (path, "20000 x 20000");
  test_write_file (path, "\x89PNG", 4);
  assert_broken (path, "not a PNG");
  write_zip (text, parts, 1);
  assert_broken (text, "lacks \"stack.xml\"");
  g_assert_null (limn_document_load (folder, NULL, &error));
  test_assert_error (error, LIMN_ERROR_FILE, folder, "is a folder");
}

static void
test_bomb (void)
{
  g_autofree char *path = path_of ("bomb.ora");
  gsize size = (gsize) 100 << 20;
  g_autofree char *zeros = g_malloc0 (size);
  struct part parts[] = { text_part ("mimetype", "image/openraster"),
                          { "stack.xml", zeros, size } };
  GStatBuf info;

  write_zip (path, parts, 2);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, <, 1 << 20);
  assert_broken (path, "far more");
}

/* Names that leave the archive are not kept, and so never written again. */
static void
test_traversal (void)
{
  g_autofree char *path = path_of ("leave.limn"), *again = path_of ("left.limn"), *bytes = NULL;
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (LimnDocument) document = NULL;
  struct part parts[] = {
    text_part ("mimetype", "image/openraster"),
    text_part ("stack.xml", "<image w='8' h='6'><stack/></image>"),
    text_part ("limn.json", "{\"limn\":1}"),
    text_part ("../../evil", "x"),
    text_part ("/evil", "x"),
    text_part ("a/../evil", "x"),
    text_part ("a//evil", "x"),
    text_part ("good/one", "x"),
  };
  gsize size;

  write_zip (path, parts, G_N_ELEMENTS (parts));
  document = load (path, 4);
  save (document, again);
  g_assert_true (g_file_get_contents (again, &bytes, &size, NULL));
  members = limn_zip_read (bytes, size, again, warnings, NULL);
  g_assert_cmpuint (warnings->len, ==, 0);
  g_assert_nonnull (g_hash_table_lookup (members, "good/one"));
  /* mimetype, stack.xml, limn.json, good/one, mergedimage.png, thumbnail.png */
  g_assert_cmpuint (g_hash_table_size (members), ==, 6);
}

static void
test_twice (void)
{
  g_autofree char *path = path_of ("twice.ora");
  struct part parts[] = { text_part ("mimetype", "image/openraster"),
                          text_part ("stack.xml", "<image w='8' h='6'><stack/></image>"),
                          text_part ("stack.xml", "<image w='9' h='6'><stack/></image>") };

  write_zip (path, parts, G_N_ELEMENTS (parts));
  assert_broken (path, "there twice");
}

static void
test_truncated (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (44, 60);
  g_autofree char *path = path_of ("whole.limn"), *cut = path_of ("cut.limn"), *bytes = NULL;
  gsize size;

  save (document, path);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_cmpuint (size, >, 97 * 50);
  for (gsize length = 0; length < size; length += 97) {
    test_write_file (cut, bytes, length);
    assert_broken (cut, "");
  }
}

/* One wrong byte anywhere: an error, or the very same document, or other pixels with a sentence;
 * never a crash. */
static void
test_flipped (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (45, 40);
  g_autofree char *path = path_of ("flip.limn"), *bytes = NULL;
  GRand *random = g_rand_new_with_seed (6);
  guint broken = 0;
  gsize size;

  save (document, path);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  for (int i = 0; i < 300; i++) {
    gsize at = (gsize) g_rand_int_range (random, 0, (gint32) size);
    g_autoptr (LimnDocument) opened = NULL;
    g_autoptr (GError) error = NULL;

    bytes[at] ^= 0x10;
    opened = limn_document_load_bytes (bytes, size, path, NULL, &error);
    bytes[at] ^= 0x10;
    if (opened == NULL)
      g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
    broken += opened == NULL;
  }
  /* Checksums find nearly all. */
  g_assert_cmpuint (broken, >, 200);
  g_rand_free (random);
}

/* --- a disk that fails: in a child, since the limit cannot be taken back --- */

static void
test_full_disk (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (46, 60);
  g_autofree char *path = path_of ("kept.limn"), *before = NULL, *after = NULL;
  gsize before_size, after_size;
  guint count;
  pid_t child;
  int status;

  save (document, path);
  g_assert_true (g_file_get_contents (path, &before, &before_size, NULL));
  count = test_folder_count (folder);
  child = fork ();
  if (child == 0) {
    struct rlimit limit = { before_size / 2, before_size / 2 };
    g_autoptr (GError) error = NULL;
    bool good;

    signal (SIGXFSZ, SIG_IGN);
    setrlimit (RLIMIT_FSIZE, &limit);
    good = limn_document_save (document, path, &error);
    _exit (!good && g_error_matches (error, LIMN_ERROR, LIMN_ERROR_FILE) &&
                   g_str_has_prefix (error->message, path)
               ? 0
               : 1);
  }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_true (g_file_get_contents (path, &after, &after_size, NULL));
  g_assert_cmpmem (before, before_size, after, after_size);
  g_assert_cmpuint (test_folder_count (folder), ==, count);
}

/* Root may write everywhere, but not into what is no folder. */
static void
test_no_folder (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (47, 5);
  g_autofree char *locked = path_of ("locked"), *path = NULL, *file = path_of ("file");
  g_autofree char *below = g_build_filename (file, "drawing.limn", NULL);
  g_autoptr (GError) error = NULL;

  test_write_file (file, "x", 1);
  g_assert_false (limn_document_save (document, below, &error));
  test_assert_error (error, LIMN_ERROR_FILE, below, "cannot be written");
  g_clear_error (&error);
  g_assert_false (limn_document_export (document, below, NULL, 0, &error));
  test_assert_error (error, LIMN_ERROR_FILE, below, "cannot be written");
  g_clear_error (&error);
  g_assert_cmpint (g_mkdir (locked, 0500), ==, 0);
  path = g_build_filename (locked, "drawing.limn", NULL);
  if (geteuid () != 0) {
    g_assert_false (limn_document_save (document, path, &error));
    test_assert_error (error, LIMN_ERROR_FILE, path, "cannot be written");
  }
  g_assert_cmpint (g_rmdir (locked), ==, 0);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
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
  g_test_add_func ("/files/broken-stack", test_broken_stack);
  g_test_add_func ("/files/broken-json", test_broken_json);
  g_test_add_func ("/files/other-files", test_other_files);
  g_test_add_func ("/files/bomb", test_bomb);
  g_test_add_func ("/files/traversal", test_traversal);
  g_test_add_func ("/files/twice", test_twice);
  g_test_add_func ("/files/truncated", test_truncated);
  g_test_add_func ("/files/flipped", test_flipped);
  g_test_add_func ("/files/full-disk", test_full_disk);
  g_test_add_func ("/files/no-folder", test_no_folder);
  status = g_test_run ();
  test_folder_free (folder);
  return status;
}
