/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <jpeglib.h>
#include <webp/encode.h>

#include "error.h"
#include "folder.h"
#include "io/png.h"

static char *folder;
static char *path;

#define WIDTH 23
#define HEIGHT 14

/* Smooth, so that JPEG hardly changes it, and the same nowhere twice. */
static limn_image *
make_image (int channels)
{
  limn_image *image = limn_image_new (WIDTH, HEIGHT, channels);
  guint8 *at = image->pixels;

  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      for (int k = 0; k < channels; k++)
        *at++ = (guint8) (k == 0   ? 20 + x * 9
                          : k == 1 ? 230 - y * 15
                          : k == 2 ? 40 + x * 4 + y * 6
                                   : 255 - x * 3);
  return image;
}

static int
largest_difference (const limn_image *a, const limn_image *b)
{
  int largest = 0;

  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  g_assert_cmpint (a->channels, ==, b->channels);
  for (int i = 0; i < a->width * a->height * a->channels; i++)
    largest = MAX (largest, ABS (a->pixels[i] - b->pixels[i]));
  return largest;
}

/* --- files, written by the libraries themselves --- */

struct jpeg_kind {
  const char *name;
  J_COLOR_SPACE space;
  bool progressive, subsampled;
  int tolerance;
};

static const struct jpeg_kind jpeg_kinds[] = {
  { "grey", JCS_GRAYSCALE, .tolerance = 2 },
  { "RGB", JCS_RGB, .tolerance = 2 },
  { "YCbCr", JCS_YCbCr, .tolerance = 3 },
  { "YCbCr progressive", JCS_YCbCr, .progressive = true, .tolerance = 3 },
  { "YCbCr 4:2:0", JCS_YCbCr, .subsampled = true, .tolerance = 12 },
  { "CMYK", JCS_CMYK, .tolerance = 4 },
  { "YCCK", JCS_YCCK, .tolerance = 5 },
  { "YCCK progressive", JCS_YCCK, .progressive = true, .tolerance = 5 },
};

/* Adobe's programs store inks inverted, which is what makes of RGB and full black the same RGB. */
static guint8 *
to_cmyk (const limn_image *image)
{
  gsize count = (gsize) image->width * (gsize) image->height;
  guint8 *cmyk = g_malloc (count * 4);

  for (gsize i = 0; i < count; i++) {
    memcpy (cmyk + i * 4, image->pixels + i * 3, 3);
    cmyk[i * 4 + 3] = 255;
  }
  return cmyk;
}

static GByteArray *
make_jpeg (const limn_image *image, const struct jpeg_kind *kind, GByteArray *exif)
{
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  bool inks = kind->space == JCS_CMYK || kind->space == JCS_YCCK;
  g_autofree guint8 *cmyk = inks ? to_cmyk (image) : NULL;
  guint8 *pixels = inks ? cmyk : image->pixels;
  unsigned char *bytes = NULL;
  unsigned long size = 0;
  GByteArray *result = g_byte_array_new ();

  jpeg.err = jpeg_std_error (&errors);
  jpeg_create_compress (&jpeg);
  jpeg_mem_dest (&jpeg, &bytes, &size);
  jpeg.image_width = (JDIMENSION) image->width;
  jpeg.image_height = (JDIMENSION) image->height;
  jpeg.input_components = inks ? 4 : image->channels;
  jpeg.in_color_space = inks ? JCS_CMYK : image->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults (&jpeg);
  jpeg_set_colorspace (&jpeg, kind->space);
  jpeg.write_Adobe_marker = jpeg.write_Adobe_marker || inks;
  jpeg_set_quality (&jpeg, 100, TRUE);
  for (int i = 0; i < jpeg.num_components && !kind->subsampled; i++)
    jpeg.comp_info[i].h_samp_factor = jpeg.comp_info[i].v_samp_factor = 1;
  if (kind->progressive)
    jpeg_simple_progression (&jpeg);
  jpeg_start_compress (&jpeg, TRUE);
  if (exif != NULL)
    jpeg_write_marker (&jpeg, JPEG_APP0 + 1, exif->data, exif->len);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = pixels + jpeg.next_scanline * jpeg.image_width * (guint) jpeg.input_components;

    jpeg_write_scanlines (&jpeg, &row, 1);
  }
  jpeg_finish_compress (&jpeg);
  g_byte_array_append (result, bytes, (guint) size);
  jpeg_destroy_compress (&jpeg);
  free (bytes);
  return result;
}

static GByteArray *
make_plain_jpeg (const limn_image *image)
{
  const struct jpeg_kind kind = { .space = image->channels == 1 ? JCS_GRAYSCALE : JCS_YCbCr };

  return make_jpeg (image, &kind, NULL);
}

static GByteArray *
make_webp (const limn_image *image, bool lossless)
{
  guint8 *bytes = NULL;
  gsize size;
  GByteArray *result = g_byte_array_new ();
  int stride = image->width * image->channels;

  if (lossless && image->channels == 4)
    size = WebPEncodeLosslessRGBA (image->pixels, image->width, image->height, stride, &bytes);
  else if (lossless)
    size = WebPEncodeLosslessRGB (image->pixels, image->width, image->height, stride, &bytes);
  else if (image->channels == 4)
    size = WebPEncodeRGBA (image->pixels, image->width, image->height, stride, 95, &bytes);
  else
    size = WebPEncodeRGB (image->pixels, image->width, image->height, stride, 95, &bytes);
  g_assert_cmpuint (size, >, 0);
  g_byte_array_append (result, bytes, (guint) size);
  WebPFree (bytes);
  return result;
}

static void
put_le (GByteArray *out, guint32 value, int count)
{
  for (int i = 0; i < count; i++) {
    guint8 byte = (guint8) (value >> (8 * i));

    g_byte_array_append (out, &byte, 1);
  }
}

static void
put_be (GByteArray *out, guint32 value, int count)
{
  for (int i = count - 1; i >= 0; i--) {
    guint8 byte = (guint8) (value >> (8 * i));

    g_byte_array_append (out, &byte, 1);
  }
}

static void
put_text (GByteArray *out, const char *text)
{
  g_byte_array_append (out, (const guint8 *) text, (guint) strlen (text));
}

/* An extended WebP: the chunks of @simple, after a head and before EXIF. @flags as the format has
 * them: 2 for a moving picture, 8 for EXIF. */
static GByteArray *
extend_webp (GByteArray *simple, guint32 width, guint32 height, guint32 flags, GByteArray *exif)
{
  GByteArray *webp = g_byte_array_new ();
  guint length = simple->len - 12;

  put_text (webp, "RIFF");
  put_le (webp, 4 + 18 + length + (exif != NULL ? 8 + exif->len : 0), 4);
  put_text (webp, "WEBPVP8X");
  put_le (webp, 10, 4);
  put_le (webp, flags, 4);
  put_le (webp, width - 1, 3);
  put_le (webp, height - 1, 3);
  g_byte_array_append (webp, simple->data + 12, length);
  if (exif != NULL) {
    g_assert_cmpuint (exif->len % 2, ==, 0);
    put_text (webp, "EXIF");
    put_le (webp, exif->len, 4);
    g_byte_array_append (webp, exif->data, exif->len);
  }
  return webp;
}

static guint32
crc32 (const guint8 *bytes, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/* After IHDR, which ends at byte 33. */
static GByteArray *
insert_png_chunk (GByteArray *png, const char *type, GByteArray *data)
{
  GByteArray *result = g_byte_array_new ();

  g_byte_array_append (result, png->data, 33);
  put_be (result, data->len, 4);
  put_text (result, type);
  g_byte_array_append (result, data->data, data->len);
  put_be (result, crc32 (result->data + 37, data->len + 4), 4);
  g_byte_array_append (result, png->data + 33, png->len - 33);
  return result;
}

static limn_image *
decode (GByteArray *bytes)
{
  g_autoptr (GError) error = NULL;
  limn_image *image = limn_picture_decode (bytes->data, bytes->len, "it", 0, &error);

  g_assert_no_error (error);
  g_assert_nonnull (image);
  return image;
}

static void
check_refused (const void *bytes, gsize size, gint64 max_pixels, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) image =
      limn_picture_decode (bytes, size, "folder/it.jpg", max_pixels, &error);

  g_assert_null (image);
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
  g_assert_true (g_str_has_prefix (error->message, "folder/it.jpg: "));
  g_assert_null (strpbrk (error->message, "\r\n"));
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, part);
}

/* --- tests --- */

static void
test_jpeg (gconstpointer data)
{
  const struct jpeg_kind *kind = data;
  g_autoptr (limn_image) image = make_image (kind->space == JCS_GRAYSCALE ? 1 : 3);
  g_autoptr (GByteArray) jpeg = make_jpeg (image, kind, NULL);
  g_autoptr (limn_image) read = decode (jpeg);

  g_assert_cmpint (largest_difference (image, read), <=, kind->tolerance);
}

static void
test_webp (void)
{
  for (int channels = 3; channels <= 4; channels++) {
    g_autoptr (limn_image) image = make_image (channels);
    g_autoptr (GByteArray) lossless = make_webp (image, true);
    g_autoptr (GByteArray) lossy = make_webp (image, false);
    g_autoptr (limn_image) same = decode (lossless);
    g_autoptr (limn_image) near = decode (lossy);

    g_assert_cmpint (largest_difference (image, same), ==, 0);
    g_assert_cmpint (largest_difference (image, near), <=, 32);
  }
}

static void
test_png (void)
{
  for (int channels = 1; channels <= 4; channels++) {
    g_autoptr (limn_image) image = channels != 2 ? make_image (channels) : NULL;
    g_autoptr (GByteArray) png = image != NULL ? limn_png_encode (image, NULL) : NULL;
    g_autoptr (limn_image) read = png != NULL ? decode (png) : NULL;

    if (image != NULL)
      g_assert_cmpint (largest_difference (image, read), ==, 0);
  }
}

static GByteArray *
make_exif (bool big_endian, guint type, guint orientation, bool prefix)
{
  void (*put) (GByteArray *, guint32, int) = big_endian ? put_be : put_le;
  GByteArray *exif = g_byte_array_new ();

  if (prefix)
    g_byte_array_append (exif, (const guint8 *) "Exif\0", 6);
  put_text (exif, big_endian ? "MM" : "II");
  put (exif, 42, 2);
  put (exif, 8, 4);
  put (exif, 2, 2);
  put (exif, 0x0100, 2); /* another entry before it */
  put (exif, 4, 2);
  put (exif, 1, 4);
  put (exif, 6, 4);
  put (exif, 0x0112, 2);
  put (exif, type, 2);
  put (exif, 1, 4);
  put (exif, orientation, 2);
  put (exif, 0, 2);
  put (exif, 0, 4);
  return exif;
}

/* Where the pixel that is seen at @x, @y lies in the file, as EXIF 2.32 describes the values: which
 * side of what is seen row 0 and column 0 are. */
static void
stored_place (int orientation, int width, int height, int x, int y, int *u, int *v)
{
  const int places[9][2] = {
    { 0 },
    { x, y },
    { width - 1 - x, y },
    { width - 1 - x, height - 1 - y },
    { x, height - 1 - y },
    { y, x },
    { y, height - 1 - x },
    { width - 1 - y, height - 1 - x },
    { width - 1 - y, x },
  };

  *u = places[orientation][0];
  *v = places[orientation][1];
}

static void
check_turned (const limn_image *stored, const limn_image *seen, int orientation, int tolerance)
{
  bool turned = orientation >= 5;

  g_assert_cmpint (seen->width, ==, turned ? stored->height : stored->width);
  g_assert_cmpint (seen->height, ==, turned ? stored->width : stored->height);
  g_assert_cmpint (seen->channels, ==, stored->channels);
  for (int y = 0; y < seen->height; y++)
    for (int x = 0; x < seen->width; x++) {
      int u, v;

      stored_place (orientation, stored->width, stored->height, x, y, &u, &v);
      for (int k = 0; k < seen->channels; k++) {
        int a = seen->pixels[(y * seen->width + x) * seen->channels + k];
        int b = stored->pixels[(v * stored->width + u) * stored->channels + k];

        g_assert_cmpint (ABS (a - b), <=, tolerance);
      }
    }
}

static void
test_orientation (void)
{
  const struct jpeg_kind kind = { .space = JCS_YCbCr };
  g_autoptr (limn_image) image = make_image (3);
  g_autoptr (GByteArray) simple = make_webp (image, true);
  g_autoptr (GByteArray) plain = limn_png_encode (image, NULL);

  for (int orientation = 1; orientation <= 8; orientation++) {
    bool big_endian = orientation % 2 == 0;
    g_autoptr (GByteArray) exif = make_exif (big_endian, 3, (guint) orientation, true);
    g_autoptr (GByteArray) bare = make_exif (big_endian, 3, (guint) orientation, false);
    g_autoptr (GByteArray) jpeg = make_jpeg (image, &kind, exif);
    g_autoptr (GByteArray) webp = extend_webp (simple, WIDTH, HEIGHT, 8, bare);
    g_autoptr (GByteArray) png = insert_png_chunk (plain, "eXIf", bare);
    g_autoptr (limn_image) from_jpeg = decode (jpeg);
    g_autoptr (limn_image) from_webp = decode (webp);
    g_autoptr (limn_image) from_png = decode (png);

    check_turned (image, from_jpeg, orientation, 3);
    check_turned (image, from_webp, orientation, 0);
    check_turned (image, from_png, orientation, 0);
  }
}

/* EXIF that is broken turns nothing. */
static void
test_bad_exif (void)
{
  const struct jpeg_kind kind = { .space = JCS_YCbCr };
  g_autoptr (limn_image) image = make_image (3);
  g_autoptr (GByteArray) whole = make_exif (false, 3, 6, true);

  for (guint i = 0; i <= 4; i++) {
    g_autoptr (GByteArray) exif = i < 2 ? make_exif (false, i == 0 ? 4 : 3, i == 0 ? 6 : 9, true)
                                        : make_exif (false, 3, 6, true);
    g_autoptr (GByteArray) jpeg = NULL;
    g_autoptr (limn_image) read = NULL;

    if (i == 2)
      memset (exif->data + 10, 0xff, 4); /* the directory is elsewhere */
    if (i == 3)
      memcpy (exif->data + 6, "XX", 2);
    if (i == 4)
      g_byte_array_set_size (exif, 36); /* up to the entry's value */
    jpeg = make_jpeg (image, &kind, exif);
    read = decode (jpeg);
    check_turned (image, read, 1, 3);
  }
  g_assert_cmpuint (whole->len, ==, 44);
}

/* Every file that is cut off gives a sentence; a JPEG that lacks but its end marker may be read. */
static void
test_truncated (void)
{
  g_autoptr (limn_image) image = make_image (3);
  g_autoptr (GPtrArray) files =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);

  g_ptr_array_add (files, make_plain_jpeg (image));
  g_ptr_array_add (files, make_jpeg (image, &jpeg_kinds[3], NULL));
  g_ptr_array_add (files, make_webp (image, true));
  g_ptr_array_add (files, make_webp (image, false));
  g_ptr_array_add (files, limn_png_encode (image, NULL));
  for (guint i = 0; i < files->len; i++) {
    const GByteArray *file = g_ptr_array_index (files, i);

    for (guint size = 1; size + 2 < file->len; size++) {
      g_autofree guint8 *cut = g_memdup2 (file->data, size);

      check_refused (cut, size, 0, ": ");
    }
  }
}

static void
test_size (void)
{
  g_autoptr (limn_image) image = make_image (3);
  g_autoptr (GByteArray) jpeg = make_plain_jpeg (image);
  g_autoptr (GByteArray) webp = make_webp (image, true);
  g_autoptr (GByteArray) png = limn_png_encode (image, NULL);
  GByteArray *files[] = { jpeg, webp, png };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (limn_image) good =
        limn_picture_decode (files[i]->data, files[i]->len, "it", WIDTH * HEIGHT, NULL);

    g_assert_nonnull (good);
    check_refused (files[i]->data, files[i]->len, WIDTH * HEIGHT - 1,
                   "23 x 14 pixels, wanted at most 321 in all");
  }
}

/* 20,000 x 20,000 pixels that a file only claims to have. */
static void
test_huge (void)
{
  g_autoptr (limn_image) image = make_image (3);
  g_autoptr (GByteArray) jpeg = make_plain_jpeg (image);
  g_autoptr (GByteArray) simple = make_webp (image, true);
  g_autoptr (GByteArray) webp = extend_webp (simple, 20000, 20000, 0, NULL);
  g_autoptr (GByteArray) png = limn_png_encode (image, NULL);
  const guint8 size[] = { 20000 >> 8, 20000 & 0xff, 20000 >> 8, 20000 & 0xff };
  guint8 *frame = memmem (jpeg->data, jpeg->len, "\xff\xc0", 2);
  struct rusage before, after;

  g_assert_nonnull (frame);
  memcpy (frame + 5, size, 4);
  memcpy (png->data + 18, size, 2);
  memcpy (png->data + 22, size, 2);
  getrusage (RUSAGE_SELF, &before);
  check_refused (jpeg->data, jpeg->len, 0, "20000 x 20000 pixels, wanted at most 16384 in each");
  check_refused (png->data, png->len, 0, "20000 x 20000 pixels, wanted at most 16384 in each");
  check_refused (webp->data, webp->len, 0, ": ");
  memcpy (frame + 5, "\x3f\xff\x3f\xff", 4);
  memcpy (png->data + 18, "\x3f\xff", 2);
  memcpy (png->data + 22, "\x3f\xff", 2);
  check_refused (jpeg->data, jpeg->len, 0, "16383 pixels, wanted at most 100000000 in all");
  check_refused (png->data, png->len, 0, "16383 pixels, wanted at most 100000000 in all");
  getrusage (RUSAGE_SELF, &after);
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 64 << 10);
}

/* The largest that a WebP can be, and it says so in its own head. */
static void
test_huge_webp (void)
{
  static const guint8 head[] = { 'R', 'I', 'F', 'F', 30, 0, 0, 0,    'W',  'E',  'B',  'P',  'V',
                                 'P', '8', 'L', 17,  0,  0, 0, 0x2f, 0xff, 0xff, 0xff, 0x0f, 0,
                                 0,   0,   0,   0,   0,  0, 0, 0,    0,    0,    0,    0 };

  check_refused (head, sizeof head, 0, "16384 x 16384 pixels, wanted at most 100000000 in all");
}

static void
test_moving (void)
{
  g_autoptr (limn_image) image = make_image (3);
  g_autoptr (GByteArray) simple = make_webp (image, true);
  g_autoptr (GByteArray) webp = extend_webp (simple, WIDTH, HEIGHT, 2, NULL);

  check_refused (webp->data, webp->len, 0, "is a moving WebP, wanted a still picture");
}

/* Scans that say the same again and again cost time and no bytes. */
static void
test_scans (void)
{
  g_autoptr (limn_image) image = make_image (3);
  g_autoptr (GByteArray) jpeg = make_jpeg (image, &jpeg_kinds[3], NULL);
  g_autoptr (GByteArray) scans = g_byte_array_new ();
  guint begin = 0, end;

  /* The first scan stands for itself: it can be had again, before the tables of the next one. */
  while (jpeg->data[begin] != 0xff || jpeg->data[begin + 1] != 0xda)
    begin++;
  for (end = begin + 2; jpeg->data[end] != 0xff || jpeg->data[end + 1] == 0; end++)
    g_assert_cmpuint (end + 2, <, jpeg->len);
  g_byte_array_append (scans, jpeg->data, end);
  for (int i = 0; i < 600; i++)
    g_byte_array_append (scans, jpeg->data + begin, end - begin);
  g_byte_array_append (scans, jpeg->data + end, jpeg->len - end);
  check_refused (scans->data, scans->len, 0, "too many scans");
}

static void
test_other (void)
{
  check_refused (NULL, 0, 0, "is empty, wanted a PNG, JPEG or WebP picture");
  check_refused ("GIF89a", 6, 0, "is a GIF, wanted a PNG, JPEG or WebP picture");
  check_refused ("PK\003\004", 4, 0, "is an archive, wanted");
  check_refused ("hello", 5, 0, "is no picture that Limn knows, wanted");
  check_refused ("\xff\xd8\xff", 3, 0, "broken or truncated JPEG");
  check_refused ("RIFF    WEBP", 12, 0, "broken or truncated WebP");
  check_refused ("\x89PNG\r\n\x1a\n", 8, 0, "broken or truncated PNG");
}

/* Told apart by their bytes, not by their names. */
static void
test_file (void)
{
  g_autoptr (limn_image) image = make_image (3);
  g_autoptr (GByteArray) webp = make_webp (image, true);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) read = NULL;

  g_assert_true (g_file_set_contents (path, (const char *) webp->data, webp->len, &error));
  read = limn_picture_load (path, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (largest_difference (image, read), ==, 0);
  g_assert_null (limn_picture_load (folder, 0, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, folder));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "", 0, &error));
  g_assert_null (limn_picture_load (path, 0, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "is empty"));
  g_clear_error (&error);
  remove (path);
  g_assert_null (limn_picture_load (path, 0, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FILE);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  path = g_build_filename (folder, "picture.png", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (jpeg_kinds); i++) {
    g_autofree char *name = g_strconcat ("/picture/jpeg/", jpeg_kinds[i].name, NULL);

    g_test_add_data_func (name, &jpeg_kinds[i], test_jpeg);
  }
  g_test_add_func ("/picture/webp", test_webp);
  g_test_add_func ("/picture/png", test_png);
  g_test_add_func ("/picture/orientation", test_orientation);
  g_test_add_func ("/picture/bad-exif", test_bad_exif);
  g_test_add_func ("/picture/truncated", test_truncated);
  g_test_add_func ("/picture/size", test_size);
  g_test_add_func ("/picture/huge", test_huge);
  g_test_add_func ("/picture/huge-webp", test_huge_webp);
  g_test_add_func ("/picture/moving", test_moving);
  g_test_add_func ("/picture/scans", test_scans);
  g_test_add_func ("/picture/other", test_other);
  g_test_add_func ("/picture/file", test_file);
  status = g_test_run ();
  test_folder_free (folder);
  g_free (path);
  return status;
}
