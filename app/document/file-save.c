/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/composite.h"
#include "document/file-private.h"
#include "document/file.h"
#include "document/zip.h"

#include <string.h>

#define THUMBNAIL_SIZE 256

/* Threads that compress pictures. */
#define MAX_THREADS 4

/* A picture on its way into the archive. */
struct picture {
  const limn_layer *layer; /* or */
  const limn_image *image;
  GByteArray *png;
  GError *error;
};

/* Of an archive that is being written. */
struct saving {
  LimnDocument *document;
  limn_zip_writer *zip;
  const char *path;
  bool plain;        /* OpenRaster without what is ours */
  GPtrArray *srcs;   /* [layers] */
  GArray *checksums; /* [layers], of guint64 */
  GHashTable *names; /* what was written */
  GArray *pictures;  /* of struct picture: the layers, the merged picture, its thumbnail */
  int next_picture;  /* that no thread has taken yet */
};

char *
limn_file_strokes_name (const char *src)
{
  const char *dot = strrchr (src, '.');
  int length = dot != NULL ? (int) (dot - src) : (int) strlen (src);

  return g_strdup_printf ("%.*s.strokes", length, src);
}

char *
limn_file_result_name (const limn_result *result)
{
  return g_strdup_printf ("results/%u.png", result->id);
}

bool
limn_file_key_is_ours (limn_layer_key key)
{
  return key >= LIMN_LAYER_CONTROL && key <= LIMN_LAYER_MODE;
}

static bool
add (struct saving *saving, const char *name, const void *bytes, gsize size, GError **error)
{
  g_hash_table_add (saving->names, g_strdup (name));
  return limn_zip_writer_add (saving->zip, name, bytes, size, error);
}

static bool
no_memory (const struct saving *saving, GError **error)
{
  limn_file_set_error (error, LIMN_ERROR_MEMORY, saving->path,
                       "cannot be written: there is not enough memory for its pictures");
  return false;
}

/* --- pictures --- */

static void
picture_clear (struct picture *picture)
{
  if (picture->png != NULL)
    g_byte_array_unref (picture->png);
  g_clear_error (&picture->error);
}

/* Reads the pixels as they lie in memory, and nothing else of Cairo. */
static void
encode (struct picture *picture)
{
  g_autoptr (limn_image) image = NULL;

  if (picture->layer != NULL)
    image = limn_pixels_to_image (picture->layer->pixels);
  picture->png = limn_png_encode_quick (image != NULL ? image : picture->image, &picture->error);
}

/* Takes one after the other as long as there are any. */
static gpointer
encode_some (gpointer data)
{
  struct saving *saving = data;
  guint index;

  while ((index = (guint) g_atomic_int_add (&saving->next_picture, 1)) < saving->pictures->len)
    encode (&g_array_index (saving->pictures, struct picture, index));
  return NULL;
}

/* Compressing them is what saving takes its time for: this thread does it and others help. */
static void
encode_all (struct saving *saving)
{
  guint count = MIN (MIN (g_get_num_processors (), MAX_THREADS), saving->pictures->len);
  GThread *helpers[MAX_THREADS] = { NULL };

  for (guint i = 1; i < count; i++)
    helpers[i] = g_thread_try_new ("save", encode_some, saving, NULL);
  encode_some (saving);
  for (guint i = 1; i < count; i++)
    if (helpers[i] != NULL)
      g_thread_join (helpers[i]);
}

/* Nothing is drawn by Cairo any more when the other threads begin. */
static bool
make_pictures (struct saving *saving, GError **error)
{
  LimnDocument *document = saving->document;
  g_autoptr (limn_image) merged = limn_document_composite (document);
  g_autoptr (limn_image) thumbnail = NULL;
  struct picture picture = { NULL };
  int side;

  if (merged == NULL)
    return no_memory (saving, error);
  side = MAX (merged->width, merged->height);
  if (side > THUMBNAIL_SIZE)
    thumbnail = limn_image_resize (merged, MAX (merged->width * THUMBNAIL_SIZE / side, 1),
                                   MAX (merged->height * THUMBNAIL_SIZE / side, 1));
  for (guint i = 0; i < document->layers->len; i++) {
    picture.layer = g_ptr_array_index (document->layers, i);
    g_array_append_val (saving->pictures, picture);
  }
  picture.layer = NULL;
  picture.image = merged;
  g_array_append_val (saving->pictures, picture);
  picture.image = thumbnail != NULL ? thumbnail : merged;
  g_array_append_val (saving->pictures, picture);
  encode_all (saving);
  return true;
}

static bool
add_picture (struct saving *saving, const char *name, guint index, GError **error)
{
  struct picture *picture = &g_array_index (saving->pictures, struct picture, index);
  bool good;

  if (picture->png == NULL) {
    g_propagate_error (error, g_steal_pointer (&picture->error));
    return false;
  }
  good = add (saving, name, picture->png->data, picture->png->len, error);
  g_clear_pointer (&picture->png, g_byte_array_unref);
  return good;
}

/* --- members --- */

static bool
add_layer (struct saving *saving, guint index, GError **error)
{
  const limn_layer *layer = g_ptr_array_index (saving->document->layers, index);
  const char *src = g_ptr_array_index (saving->srcs, index);
  const GByteArray *png = g_array_index (saving->pictures, struct picture, index).png;
  guint64 checksum = png != NULL ? limn_checksum (png->data, png->len) : 0;

  if (!add_picture (saving, src, index, error))
    return false;
  g_array_append_val (saving->checksums, checksum);
  if (!saving->plain && layer->ops->len > 0) {
    g_autofree char *name = limn_file_strokes_name (src);
    g_autoptr (GByteArray) strokes = g_byte_array_new ();

    limn_put_uint (strokes, LIMN_FILE_VERSION);
    limn_put_ops (strokes, layer->ops);
    return add (saving, name, strokes->data, strokes->len, error);
  }
  return true;
}

static bool
add_merged (struct saving *saving, GError **error)
{
  guint layers = saving->document->layers->len;

  return add_picture (saving, LIMN_FILE_MERGED, layers, error) &&
         add_picture (saving, LIMN_FILE_THUMBNAIL, layers + 1, error);
}

static bool
add_ours (struct saving *saving, GError **error)
{
  LimnDocument *document = saving->document;
  g_autofree char *json = limn_json_part_write (document, saving->srcs, saving->checksums);

  if (!add (saving, LIMN_FILE_JSON, json, strlen (json), error))
    return false;
  for (guint i = 0; i < document->results->len; i++) {
    const limn_result *result = g_ptr_array_index (document->results, i);
    g_autofree char *name = limn_file_result_name (result);

    if (!add (saving, name, g_bytes_get_data (result->png, NULL), g_bytes_get_size (result->png),
              error))
      return false;
  }
  for (guint i = 0; i < document->members->len; i++) {
    const struct limn_member *member = g_ptr_array_index (document->members, i);

    if (!g_hash_table_contains (saving->names, member->name) &&
        !add (saving, member->name, g_bytes_get_data (member->bytes, NULL),
              g_bytes_get_size (member->bytes), error))
      return false;
  }
  return true;
}

static bool
write_archive (struct saving *saving, GError **error)
{
  LimnDocument *document = saving->document;
  g_autofree char *stack = NULL;

  for (guint i = 0; i < document->layers->len; i++)
    g_ptr_array_add (saving->srcs, g_strdup_printf ("data/layer%03u.png", i));
  stack = limn_stack_write (document, saving->srcs);
  if (!add (saving, "mimetype", LIMN_FILE_MIMETYPE, strlen (LIMN_FILE_MIMETYPE), error) ||
      !add (saving, LIMN_FILE_STACK, stack, strlen (stack), error))
    return false;
  if (!make_pictures (saving, error))
    return false;
  for (guint i = 0; i < document->layers->len; i++)
    if (!add_layer (saving, i, error))
      return false;
  return (saving->plain || add_ours (saving, error)) && add_merged (saving, error) &&
         limn_zip_writer_finish (saving->zip, error);
}

bool
limn_document_save (LimnDocument *document, const char *path, GError **error)
{
  g_autoptr (limn_zip_writer) zip = limn_zip_writer_new (path, error);
  g_autoptr (GPtrArray) srcs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) checksums = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GArray) pictures = g_array_new (FALSE, FALSE, sizeof (struct picture));
  g_autofree char *lower = g_ascii_strdown (path, -1);
  struct saving saving = { .document = document,
                           .zip = zip,
                           .path = path,
                           .plain = g_str_has_suffix (lower, ".ora"),
                           .srcs = srcs,
                           .checksums = checksums,
                           .names = names,
                           .pictures = pictures };

  g_array_set_clear_func (pictures, (GDestroyNotify) picture_clear);
  return zip != NULL && write_archive (&saving, error);
}

bool
limn_document_export (LimnDocument *document,
                      const char *path,
                      const struct limn_png_text *texts,
                      gsize n_texts,
                      GError **error)
{
  g_autoptr (limn_image) image = limn_document_composite (document);

  if (image == NULL)
    return no_memory (&(struct saving){ .path = path }, error);
  return limn_png_save (image, path, texts, n_texts, error);
}
