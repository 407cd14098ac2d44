/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/composite.h"
#include "document/file-private.h"
#include "document/file.h"
#include "document/zip.h"

#include <string.h>

#define THUMBNAIL_SIZE 256

/* Of an archive that is being written. */
struct saving {
  LimnDocument *document;
  limn_zip_writer *zip;
  const char *path;
  bool plain;        /* OpenRaster without what is ours */
  GPtrArray *srcs;   /* [layers] */
  GArray *checksums; /* [layers], of guint64 */
  GHashTable *names; /* what was written */
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

static bool
add_picture (struct saving *saving,
             const char *name,
             const limn_image *image,
             guint64 *checksum,
             GError **error)
{
  g_autoptr (GByteArray) png = limn_png_encode (image, error);

  if (png == NULL)
    return false;
  if (checksum != NULL)
    *checksum = limn_checksum (png->data, png->len);
  return add (saving, name, png->data, png->len, error);
}

static bool
add_layer (struct saving *saving, const limn_layer *layer, const char *src, GError **error)
{
  g_autoptr (limn_image) image = limn_pixels_to_image (layer->pixels);
  guint64 checksum = 0;

  if (!add_picture (saving, src, image, &checksum, error))
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
  g_autoptr (limn_image) merged = limn_document_composite (saving->document);
  g_autoptr (limn_image) thumbnail = NULL;
  int side;

  if (merged == NULL)
    return no_memory (saving, error);
  side = MAX (merged->width, merged->height);
  if (side > THUMBNAIL_SIZE)
    thumbnail = limn_image_resize (merged, MAX (merged->width * THUMBNAIL_SIZE / side, 1),
                                   MAX (merged->height * THUMBNAIL_SIZE / side, 1));
  return add_picture (saving, LIMN_FILE_MERGED, merged, NULL, error) &&
         add_picture (saving, LIMN_FILE_THUMBNAIL, thumbnail != NULL ? thumbnail : merged, NULL,
                      error);
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
  for (guint i = 0; i < document->layers->len; i++)
    if (!add_layer (saving, g_ptr_array_index (document->layers, i),
                    g_ptr_array_index (saving->srcs, i), error))
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
  g_autofree char *lower = g_ascii_strdown (path, -1);
  struct saving saving = { .document = document,
                           .zip = zip,
                           .path = path,
                           .plain = g_str_has_suffix (lower, ".ora"),
                           .srcs = srcs,
                           .checksums = checksums,
                           .names = names };

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
