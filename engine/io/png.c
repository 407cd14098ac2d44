/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/png.h"

#include <png.h>
#include <string.h>

#include "error.h"
#include "io/file.h"

#define MAX_SIZE 16384
#define SIGNATURE_SIZE 8
/* Bytes of a text from which on compressing it is worth the reader's while, and up to which Pillow
 * opens a picture with a compressed text at all. */
#define LONG_TEXT 1024
#define MAX_PACKED_TEXT (1 << 20)

/* libpng leaves its functions by longjmp. Everything that must survive the jump lives in these
 * structs, not in local variables of the function that calls setjmp. */
struct reader {
  const char *path;
  const guint8 *bytes;
  gsize size, at;
  png_structp png;
  png_infop info;
  limn_image *image;
  GError *error;
};

struct writer {
  const char *path;
  const limn_image *image;
  bool quick;
  GByteArray *bytes;
  GArray *texts;        /* of png_text */
  GPtrArray *text_data; /* owns the strings of @texts */
  png_structp png;
  png_infop info;
  GError *error;
};

static void
ignore_warning (png_structp png, png_const_charp message)
{
}

G_NORETURN static void
reader_error (png_structp png, png_const_charp message)
{
  struct reader *reader = png_get_error_ptr (png);

  limn_file_set_error (&reader->error, LIMN_ERROR_FORMAT, reader->path,
                       "broken or truncated PNG: %s", message);
  png_longjmp (png, 1);
}

G_NORETURN static void
writer_error (png_structp png, png_const_charp message)
{
  struct writer *writer = png_get_error_ptr (png);

  limn_file_set_error (&writer->error, LIMN_ERROR_FAILED, writer->path, "cannot become a PNG: %s",
                       message);
  png_longjmp (png, 1);
}

static void
read_bytes (png_structp png, png_bytep dst, size_t count)
{
  struct reader *reader = png_get_io_ptr (png);

  if (count > reader->size - reader->at)
    png_error (png, "the file ends too early");
  memcpy (dst, reader->bytes + reader->at, count);
  reader->at += count;
}

static void
write_bytes (png_structp png, png_bytep src, size_t count)
{
  struct writer *writer = png_get_io_ptr (png);

  g_byte_array_append (writer->bytes, src, (guint) count);
}

static void
flush_bytes (png_structp png)
{
}

/* Asks libpng to turn whatever the file has into 8-bit grey, RGB or RGBA. */
static void
set_transforms (png_structp png, png_infop info)
{
  bool alpha = (png_get_color_type (png, info) & PNG_COLOR_MASK_ALPHA) != 0 ||
               png_get_valid (png, info, PNG_INFO_tRNS) != 0;

  png_set_expand (png);
  png_set_scale_16 (png);
  if (alpha)
    png_set_gray_to_rgb (png);
}

static bool
check_size (struct reader *reader)
{
  guint32 width = png_get_image_width (reader->png, reader->info);
  guint32 height = png_get_image_height (reader->png, reader->info);

  if (width <= MAX_SIZE && height <= MAX_SIZE)
    return true;
  limn_file_set_error (&reader->error, LIMN_ERROR_FORMAT, reader->path,
                       "%u x %u pixels, wanted at most %d in each direction", width, height,
                       MAX_SIZE);
  return false;
}

/* A small file can claim a gigabyte of pixels: not having that much ends the job only. */
static bool
allocate_image (struct reader *reader)
{
  limn_image *image = g_new0 (limn_image, 1);

  reader->image = image;
  image->width = (int) png_get_image_width (reader->png, reader->info);
  image->height = (int) png_get_image_height (reader->png, reader->info);
  image->channels = png_get_channels (reader->png, reader->info);
  image->pixels =
      g_try_malloc0_n ((gsize) image->width * (gsize) image->height, (gsize) image->channels);
  if (image->pixels != NULL)
    return true;
  limn_file_set_error (&reader->error, LIMN_ERROR_MEMORY, reader->path,
                       "no memory for %d x %d pixels", image->width, image->height);
  return false;
}

static bool
read_png (struct reader *reader)
{
  png_structp png = reader->png;
  int passes;

  if (setjmp (png_jmpbuf (png)) != 0)
    return false;
  png_set_read_fn (png, reader, read_bytes);
  png_set_user_limits (png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* check_size() says it better */
  /* What is not needed for the pixels is skipped: libpng would make room for a chunk as large as it
   * says to be, two gigabytes in a file of no size. */
  png_set_keep_unknown_chunks (png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info (png, reader->info);
  if (!check_size (reader))
    return false;
  set_transforms (png, reader->info);
  passes = png_set_interlace_handling (png);
  png_read_update_info (png, reader->info);
  if (!allocate_image (reader))
    return false;
  for (int pass = 0; pass < passes; pass++) {
    gsize stride = (gsize) reader->image->width * (gsize) reader->image->channels;

    for (int y = 0; y < reader->image->height; y++)
      png_read_row (png, reader->image->pixels + stride * (gsize) y, NULL);
  }
  png_read_end (png, NULL);
  return true;
}

limn_image *
limn_png_decode (const void *bytes, gsize size, const char *name, GError **error)
{
  struct reader reader = { .path = name, .bytes = bytes, .size = size };
  bool good = false;

  if (size < SIGNATURE_SIZE || png_sig_cmp (reader.bytes, 0, SIGNATURE_SIZE) != 0) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, name, "not a PNG file");
    return NULL;
  }
  reader.png =
      png_create_read_struct (PNG_LIBPNG_VER_STRING, &reader, reader_error, ignore_warning);
  if (reader.png != NULL)
    reader.info = png_create_info_struct (reader.png);
  if (reader.info != NULL)
    good = read_png (&reader);
  else
    limn_file_set_error (&reader.error, LIMN_ERROR_MEMORY, name, "no memory for reading a PNG");
  png_destroy_read_struct (&reader.png, &reader.info, NULL);
  if (!good) {
    g_clear_pointer (&reader.image, limn_image_free);
    g_propagate_error (error, reader.error);
  }
  return reader.image;
}

limn_image *
limn_png_load (const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);

  if (map == NULL)
    return NULL;
  return limn_png_decode (g_mapped_file_get_contents (map), g_mapped_file_get_length (map), path,
                          error);
}

/* NULL when @text has characters that a tEXt chunk must not have. */
static char *
to_latin1 (const char *text)
{
  GString *latin1 = g_string_new (NULL);

  for (; *text != '\0'; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);

    if (c > 0xff || (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0)) {
      g_string_free (latin1, TRUE);
      return NULL;
    }
    g_string_append_c (latin1, (char) c);
  }
  return g_string_free (latin1, FALSE);
}

/* PNG's rules for keywords: 1 to 79 bytes of Latin-1 without stray spaces. */
static char *
keyword_to_latin1 (const char *key)
{
  g_autofree char *latin1 = g_utf8_validate (key, -1, NULL) ? to_latin1 (key) : NULL;
  gsize length = latin1 != NULL ? strlen (latin1) : 0;

  if (length < 1 || length > 79 || strchr (latin1, '\n') != NULL || latin1[0] == ' ' ||
      latin1[length - 1] == ' ' || strstr (latin1, "  ") != NULL)
    return NULL;
  return g_steal_pointer (&latin1);
}

static bool
add_text (struct writer *writer, const struct limn_png_text *text, GError **error)
{
  g_autofree char *value = g_utf8_make_valid (text->value, -1);
  g_autofree char *latin1 = text->utf8 ? NULL : to_latin1 (value);
  char *key = keyword_to_latin1 (text->key);
  png_text chunk = { .compression = PNG_ITXT_COMPRESSION_NONE };

  if (key == NULL) {
    g_autofree char *quoted = limn_file_quote (text->key);

    limn_file_set_error (error, LIMN_ERROR_ARGUMENT, writer->path,
                         "%s cannot be a keyword in a PNG, wanted 1 to 79 characters of Latin-1",
                         quoted);
    return false;
  }
  chunk.key = key;
  g_ptr_array_add (writer->text_data, key);
  if (latin1 != NULL)
    chunk.compression = PNG_TEXT_COMPRESSION_NONE;
  else if (text->utf8 && strlen (value) >= LONG_TEXT && strlen (value) < MAX_PACKED_TEXT)
    chunk.compression = PNG_ITXT_COMPRESSION_zTXt;
  chunk.text = latin1 != NULL ? g_steal_pointer (&latin1) : g_steal_pointer (&value);
  g_ptr_array_add (writer->text_data, chunk.text);
  g_array_append_val (writer->texts, chunk);
  return true;
}

static bool
write_png (struct writer *writer)
{
  static const int color_types[] = {
    [1] = PNG_COLOR_TYPE_GRAY,
    [3] = PNG_COLOR_TYPE_RGB,
    [4] = PNG_COLOR_TYPE_RGB_ALPHA,
  };
  const limn_image *image = writer->image;
  png_structp png = writer->png;

  if (setjmp (png_jmpbuf (png)) != 0)
    return false;
  png_set_write_fn (png, writer, write_bytes, flush_bytes);
  png_set_IHDR (png, writer->info, (guint32) image->width, (guint32) image->height, 8,
                color_types[image->channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                PNG_FILTER_TYPE_DEFAULT);
  if (writer->quick) {
    /* One filter for all rows: trying each takes longer than it saves. */
    png_set_filter (png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
    png_set_compression_level (png, 1);
  }
  png_set_text (png, writer->info, (png_textp) (void *) writer->texts->data,
                (int) writer->texts->len);
  png_write_info (png, writer->info);
  for (int y = 0; y < image->height; y++)
    png_write_row (png, image->pixels + (gsize) y * (gsize) image->width * (gsize) image->channels);
  png_write_end (png, NULL);
  return true;
}

static bool
encode (struct writer *writer, GError **error)
{
  bool good = false;

  writer->png =
      png_create_write_struct (PNG_LIBPNG_VER_STRING, writer, writer_error, ignore_warning);
  if (writer->png != NULL)
    writer->info = png_create_info_struct (writer->png);
  if (writer->info != NULL)
    good = write_png (writer);
  else
    limn_file_set_error (&writer->error, LIMN_ERROR_MEMORY, writer->path,
                         "no memory for writing a PNG");
  png_destroy_write_struct (&writer->png, &writer->info);
  if (!good)
    g_propagate_error (error, writer->error);
  return good;
}

/* @path stands in messages. */
static GByteArray *
encode_with_texts (const limn_image *image,
                   const char *path,
                   const struct limn_png_text *texts,
                   gsize n_texts,
                   GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GArray) chunks = g_array_new (FALSE, TRUE, sizeof (png_text));
  g_autoptr (GPtrArray) text_data = g_ptr_array_new_with_free_func (g_free);
  struct writer writer = {
    .path = path, .image = image, .bytes = bytes, .texts = chunks, .text_data = text_data
  };

  for (gsize i = 0; i < n_texts; i++)
    if (!add_text (&writer, &texts[i], error))
      return NULL;
  return encode (&writer, error) ? g_steal_pointer (&bytes) : NULL;
}

GByteArray *
limn_png_encode (const limn_image *image, GError **error)
{
  return encode_with_texts (image, "a picture", NULL, 0, error);
}

GByteArray *
limn_png_encode_quick (const limn_image *image, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GArray) chunks = g_array_new (FALSE, TRUE, sizeof (png_text));
  struct writer writer = {
    .path = "a picture", .image = image, .quick = true, .bytes = bytes, .texts = chunks
  };

  return encode (&writer, error) ? g_steal_pointer (&bytes) : NULL;
}

GByteArray *
limn_png_encode_texts (const limn_image *image,
                       const struct limn_png_text *texts,
                       gsize n_texts,
                       GError **error)
{
  return encode_with_texts (image, "a picture", texts, n_texts, error);
}

bool
limn_png_save (const limn_image *image,
               const char *path,
               const struct limn_png_text *texts,
               gsize n_texts,
               GError **error)
{
  g_autoptr (GByteArray) bytes = encode_with_texts (image, path, texts, n_texts, error);

  return bytes != NULL && limn_file_write (path, bytes->data, bytes->len, error);
}
