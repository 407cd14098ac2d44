/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/file-private.h"
#include "document/file.h"
#include "document/zip.h"

#include <string.h>
#include <unistd.h>

/* Of a file, and of all layers of one together. */
#define MAX_FILE ((gsize) 4 << 30)
#define MAX_ALL_PIXELS ((gint64) 512 * 1000 * 1000)
/* Bytes of members that are not known and kept nevertheless. */
#define MAX_FOREIGN ((gsize) 64 << 20)
/* What every PNG begins with, and where its header has the size. */
#define PNG_SIGNATURE "\x89PNG\r\n\x1a\n"
#define PNG_WIDTH 16
#define PNG_HEIGHT 20

struct loading {
  const char *path;
  GPtrArray *warnings;
  GHashTable *members;
  LimnDocument *document;
  struct limn_json_part *part; /* NULL: the file is none of ours */
  GHashTable *used;            /* names of members, borrowed */
  gint64 pixels;               /* of all layers so far */
};

void
limn_file_warn (GPtrArray *warnings, const char *path, const char *format, ...)
{
  g_autofree char *display = g_filename_display_name (path);
  g_autofree char *sentence = NULL;
  g_autofree char *whole = NULL;
  va_list args;

  va_start (args, format);
  sentence = g_strdup_vprintf (format, args);
  va_end (args);
  whole = g_strdup_printf ("%s: %s", display, sentence);
  if (!g_ptr_array_find_with_equal_func (warnings, whole, g_str_equal, NULL))
    g_ptr_array_add (warnings, g_steal_pointer (&whole));
}

/* NULL and an error when it is not there. */
static GBytes *
member_of (struct loading *loading, const char *name, GError **error)
{
  g_autofree char *quoted = limn_file_quote (name);
  gpointer key, bytes;

  if (g_hash_table_lookup_extended (loading->members, name, &key, &bytes)) {
    g_hash_table_add (loading->used, key);
    return bytes;
  }
  limn_file_set_error (error, LIMN_ERROR_FORMAT, loading->path,
                       "lacks %s, which every such file has", quoted);
  return NULL;
}

/* --- pictures --- */

static guint32
read_be32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

/* Before there is room for its pixels: what its header says. Anything else wrong with it the
 * decoder tells. */
static bool
check_size (struct loading *loading, const guint8 *png, gsize size, GError **error)
{
  gint64 width, height;

  if (size < PNG_HEIGHT + 4 || memcmp (png, PNG_SIGNATURE, strlen (PNG_SIGNATURE)) != 0)
    return true;
  width = read_be32 (png + PNG_WIDTH);
  height = read_be32 (png + PNG_HEIGHT);
  if (limn_pixels_size_ok (width, height) && loading->pixels + width * height <= MAX_ALL_PIXELS) {
    loading->pixels += width * height;
    return true;
  }
  limn_file_set_error (error, LIMN_ERROR_FORMAT, loading->path,
                       "has a picture of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
                       " pixels, and %d million are the most that Limn takes",
                       width, height, LIMN_PIXELS_MAX / 1000000);
  return false;
}

static cairo_surface_t *
decode (struct loading *loading, const void *png, gsize size, const char *name, GError **error)
{
  g_autoptr (limn_image) image = NULL;
  cairo_surface_t *pixels = NULL;

  if (check_size (loading, png, size, error))
    image = limn_png_decode (png, size, name, error);
  if (image == NULL)
    return NULL;
  if (limn_pixels_size_ok (image->width, image->height))
    pixels = limn_pixels_from_image (image);
  if (pixels == NULL)
    limn_file_set_error (error, LIMN_ERROR_MEMORY, loading->path, "no memory for %d x %d pixels",
                         image->width, image->height);
  return pixels;
}

/* --- layers --- */

static const struct limn_json_layer *
find_json_layer (const struct loading *loading, const char *src)
{
  for (guint i = 0; loading->part != NULL && i < loading->part->layers->len; i++) {
    const struct limn_json_layer *layer = g_ptr_array_index (loading->part->layers, i);

    if (g_str_equal (layer->src, src))
      return layer;
  }
  return NULL;
}

/* The strokes are those of a picture: when that was changed by another program they are not. */
static bool
read_strokes (struct loading *loading,
              const struct limn_json_layer *from,
              guint64 checksum,
              limn_layer *layer,
              GError **error)
{
  GBytes *bytes = member_of (loading, from->strokes, error);
  limn_reader reader;

  if (bytes == NULL)
    return false;
  if (checksum != from->checksum) {
    limn_file_warn (loading->warnings, loading->path,
                    "\"%s\" was changed by another program and has no strokes any more",
                    limn_layer_get_text (layer, LIMN_LAYER_NAME));
    return true;
  }
  reader = limn_reader_init (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (limn_get_uint (&reader) == LIMN_FILE_VERSION && limn_get_ops (&reader, layer->ops) &&
      limn_reader_finish (&reader))
    return true;
  /* The picture shows the same, so that nothing that can be seen is lost. */
  g_ptr_array_set_size (layer->ops, 0);
  limn_file_warn (loading->warnings, loading->path,
                  "\"%s\" has strokes that cannot be read; its pixels are as they were",
                  limn_layer_get_text (layer, LIMN_LAYER_NAME));
  return true;
}

static bool
take_json_layer (struct loading *loading,
                 const struct limn_json_layer *from,
                 guint64 checksum,
                 limn_layer *layer,
                 GError **error)
{
  int kind = limn_choice_find (limn_layer_kind_names, from->kind);

  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    if (from->values[i] != NULL)
      limn_layer_take_value (layer, (limn_layer_key) i, g_variant_ref (from->values[i]));
  layer->foreign_json = g_strdup (from->foreign);
  if (kind >= 0) {
    layer->kind = (limn_layer_kind) kind;
  } else {
    g_autofree char *quoted = limn_file_quote (from->kind);

    layer->foreign_kind = g_strdup (from->kind);
    limn_file_warn (loading->warnings, loading->path,
                    "\"%s\" is a layer of the kind %s, which this version does not know, and is "
                    "shown as a picture",
                    limn_layer_get_text (layer, LIMN_LAYER_NAME), quoted);
  }
  if (from->id > 0 && limn_document_layer_index (loading->document, (guint32) from->id) < 0)
    layer->id = (guint32) from->id;
  return from->strokes == NULL || read_strokes (loading, from, checksum, layer, error);
}

static guint32
free_id (LimnDocument *document)
{
  while (limn_document_layer_index (document, document->next_id) >= 0)
    document->next_id++;
  return document->next_id;
}

static bool
load_layer (struct loading *loading, struct limn_stack_layer *from, GError **error)
{
  const struct limn_json_layer *json = find_json_layer (loading, from->src);
  GBytes *png = member_of (loading, from->src, error);
  g_autofree char *name = g_strdup_printf ("%s (%s)", loading->path, from->src);
  g_autoptr (limn_layer) layer = NULL;
  cairo_surface_t *pixels;
  gsize size;
  const void *bytes;

  if (png == NULL)
    return false;
  bytes = g_bytes_get_data (png, &size);
  pixels = decode (loading, bytes, size, name, error);
  if (pixels == NULL)
    return false;
  layer = limn_layer_new_for_pixels (0, LIMN_LAYER_PICTURE, pixels);
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    if (from->values[i] != NULL)
      limn_layer_take_value (layer, (limn_layer_key) i, g_steal_pointer (&from->values[i]));
  if (json != NULL && !take_json_layer (loading, json, limn_checksum (bytes, size), layer, error))
    return false;
  if (layer->id == 0)
    layer->id = free_id (loading->document);
  loading->document->next_id = MAX (loading->document->next_id, layer->id + 1);
  g_ptr_array_add (loading->document->layers, g_steal_pointer (&layer));
  return true;
}

static bool
load_layers (struct loading *loading, struct limn_stack *stack, GError **error)
{
  for (guint i = 0; i < stack->layers->len; i++) {
    struct limn_stack_layer *layer = g_ptr_array_index (stack->layers, i);
    g_autofree char *lower = g_ascii_strdown (layer->src, -1);

    if (g_str_has_suffix (lower, ".svg")) {
      limn_file_warn (loading->warnings, loading->path,
                      "a layer is a vector graphic, which Limn cannot draw, and was left out");
      continue;
    }
    if (!load_layer (loading, layer, error))
      return false;
  }
  return true;
}

/* --- what is ours --- */

static bool
load_results (struct loading *loading, GError **error)
{
  for (guint i = 0; i < loading->part->results->len; i++) {
    const struct limn_json_result *from = g_ptr_array_index (loading->part->results, i);
    GBytes *png = member_of (loading, from->src, error);
    limn_result *result;

    if (png == NULL)
      return false;
    if (limn_document_result_index (loading->document, (guint32) from->id) >= 0)
      continue;
    result = limn_result_new ((guint32) from->id, png, from->recipe, from->favourite);
    g_ptr_array_add (loading->document->results, result);
    loading->document->next_id = MAX (loading->document->next_id, result->id + 1);
  }
  return true;
}

static int
compare_members (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(struct limn_member *const *) a)->name,
                 (*(struct limn_member *const *) b)->name);
}

/* What a newer version put in. */
static void
keep_members (struct loading *loading)
{
  static const char *const known[] = { "mimetype", LIMN_FILE_MERGED, LIMN_FILE_THUMBNAIL, NULL };
  GHashTableIter iter;
  gpointer name, bytes;
  gsize left = MAX_FOREIGN;

  g_hash_table_iter_init (&iter, loading->members);
  while (g_hash_table_iter_next (&iter, &name, &bytes)) {
    struct limn_member *member;

    if (g_hash_table_contains (loading->used, name) || limn_choice_find (known, name) >= 0)
      continue;
    if (g_bytes_get_size (bytes) > left) {
      limn_file_warn (loading->warnings, loading->path,
                      "it has more than this version knows and can keep; saving it loses that");
      continue;
    }
    left -= g_bytes_get_size (bytes);
    member = g_new0 (struct limn_member, 1);
    member->name = g_strdup (name);
    member->bytes = g_bytes_ref (bytes);
    g_ptr_array_add (loading->document->members, member);
  }
  g_ptr_array_sort (loading->document->members, compare_members);
}

static bool
load_ours (struct loading *loading, GError **error)
{
  struct limn_json_part *part = loading->part;
  LimnDocument *document = loading->document;

  if (part->version > LIMN_FILE_VERSION)
    limn_file_warn (loading->warnings, loading->path,
                    "it was written by a newer version of Limn; what this one does not know is "
                    "kept when it is saved");
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    if (part->settings[i] != NULL) {
      g_variant_unref (document->values[i]);
      document->values[i] = g_steal_pointer (&part->settings[i]);
    }
  document->foreign_json = g_steal_pointer (&part->foreign);
  if (!load_results (loading, error))
    return false;
  keep_members (loading);
  return true;
}

static bool
load_members (struct loading *loading, GError **error)
{
  GBytes *xml = member_of (loading, LIMN_FILE_STACK, error);
  GBytes *json = g_hash_table_lookup (loading->members, LIMN_FILE_JSON);
  struct limn_stack stack = { 0 };
  bool good;

  if (xml == NULL)
    return false;
  if (json != NULL) {
    json = member_of (loading, LIMN_FILE_JSON, error);
    loading->part = limn_json_part_read (g_bytes_get_data (json, NULL), g_bytes_get_size (json),
                                         loading->path, loading->warnings, error);
    if (loading->part == NULL)
      return false;
  }
  good = limn_stack_read (g_bytes_get_data (xml, NULL), g_bytes_get_size (xml), loading->path,
                          &stack, loading->warnings, error);
  if (good) {
    loading->document = limn_document_new (stack.width, stack.height);
    good = load_layers (loading, &stack, error) &&
           (loading->part == NULL || load_ours (loading, error));
  }
  limn_stack_clear (&stack);
  return good;
}

static LimnDocument *
load_archive (struct loading *loading, const void *bytes, gsize size, GError **error)
{
  loading->members = limn_zip_read (bytes, size, loading->path, loading->warnings, error);
  if (loading->members == NULL)
    return NULL;
  loading->used = g_hash_table_new (g_str_hash, g_str_equal);
  if (load_members (loading, error))
    limn_document_set_path (loading->document, loading->path);
  else
    g_clear_object (&loading->document);
  limn_json_part_free (loading->part);
  g_hash_table_unref (loading->used);
  g_hash_table_unref (loading->members);
  return loading->document;
}

static LimnDocument *
load_picture (struct loading *loading, const void *bytes, gsize size, GError **error)
{
  cairo_surface_t *pixels = decode (loading, bytes, size, loading->path, error);
  g_autofree char *name = g_path_get_basename (loading->path);
  g_autofree char *display = g_filename_display_name (name);
  LimnDocument *document;
  limn_layer *layer;

  if (pixels == NULL)
    return NULL;
  document = limn_document_new (limn_pixels_area (pixels).width, limn_pixels_area (pixels).height);
  layer = limn_layer_new_for_pixels (document->next_id++, LIMN_LAYER_PICTURE, pixels);
  limn_layer_take_value (
      layer, LIMN_LAYER_NAME,
      limn_key_check (&limn_layer_keys[LIMN_LAYER_NAME], g_variant_new_string (display)));
  g_ptr_array_add (document->layers, layer);
  return document;
}

LimnDocument *
limn_document_load_bytes (
    const void *bytes, gsize size, const char *path, GPtrArray *warnings, GError **error)
{
  g_autoptr (GPtrArray) own = g_ptr_array_new_with_free_func (g_free);
  struct loading loading = { .path = path, .warnings = warnings != NULL ? warnings : own };

  if (size >= 4 && memcmp (bytes, "PK\3\4", 4) == 0)
    return load_archive (&loading, bytes, size, error);
  if (size >= 4 && memcmp (bytes, "\x89PNG", 4) == 0)
    return load_picture (&loading, bytes, size, error);
  limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                       size == 0 ? "is empty, wanted a drawing (.limn, .ora) or a PNG"
                                 : "is no drawing (.limn, .ora) and no PNG");
  return NULL;
}

LimnDocument *
limn_document_load (const char *path, GPtrArray *warnings, GError **error)
{
  int fd;
  g_autoptr (GMappedFile) map = limn_file_map_open (path, &fd, error);
  g_autofree guint8 *bytes = NULL;
  LimnDocument *document = NULL;
  gsize size;

  if (map == NULL)
    return NULL;
  size = g_mapped_file_get_length (map);
  bytes = size <= MAX_FILE ? g_try_malloc (MAX (size, 1)) : NULL;
  if (bytes == NULL)
    limn_file_set_error (error, LIMN_ERROR_MEMORY, path, "is too large to be opened");
  else if (limn_file_read (fd, path, 0, bytes, size, error))
    document = limn_document_load_bytes (bytes, size, path, warnings, error);
  close (fd);
  return document;
}
