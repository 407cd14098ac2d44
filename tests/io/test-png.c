/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/png.h"

#include <errno.h>
#include <png.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "error.h"
#include "folder.h"

static char *folder;
static char *path;

/* --- pictures of every kind, written by libpng itself --- */

struct kind {
  const char *name;
  int color_type, bit_depth;
  bool interlaced, trns;
};

#define WIDTH 13
#define HEIGHT 7

static const struct kind kinds[] = {
  { "grey 1", PNG_COLOR_TYPE_GRAY, 1 },
  { "grey 2", PNG_COLOR_TYPE_GRAY, 2 },
  { "grey 4", PNG_COLOR_TYPE_GRAY, 4 },
  { "grey 8", PNG_COLOR_TYPE_GRAY, 8 },
  { "grey 16", PNG_COLOR_TYPE_GRAY, 16 },
  { "grey 1 with tRNS", PNG_COLOR_TYPE_GRAY, 1, .trns = true },
  { "grey 4 with tRNS", PNG_COLOR_TYPE_GRAY, 4, .trns = true },
  { "grey 8 with tRNS", PNG_COLOR_TYPE_GRAY, 8, .trns = true },
  { "grey 16 with tRNS", PNG_COLOR_TYPE_GRAY, 16, .trns = true },
  { "RGB 8", PNG_COLOR_TYPE_RGB, 8 },
  { "RGB 16", PNG_COLOR_TYPE_RGB, 16 },
  { "RGB 8 with tRNS", PNG_COLOR_TYPE_RGB, 8, .trns = true },
  { "RGB 16 with tRNS", PNG_COLOR_TYPE_RGB, 16, .trns = true },
  { "palette 1", PNG_COLOR_TYPE_PALETTE, 1 },
  { "palette 2", PNG_COLOR_TYPE_PALETTE, 2 },
  { "palette 4", PNG_COLOR_TYPE_PALETTE, 4 },
  { "palette 8", PNG_COLOR_TYPE_PALETTE, 8 },
  { "palette 4 with tRNS", PNG_COLOR_TYPE_PALETTE, 4, .trns = true },
  { "palette 8 with tRNS", PNG_COLOR_TYPE_PALETTE, 8, .trns = true },
  { "grey and alpha 8", PNG_COLOR_TYPE_GRAY_ALPHA, 8 },
  { "grey and alpha 16", PNG_COLOR_TYPE_GRAY_ALPHA, 16 },
  { "RGBA 8", PNG_COLOR_TYPE_RGB_ALPHA, 8 },
  { "RGBA 16", PNG_COLOR_TYPE_RGB_ALPHA, 16 },
};

static int
kind_channels (const struct kind *kind)
{
  return (kind->color_type & PNG_COLOR_MASK_COLOR && kind->color_type != PNG_COLOR_TYPE_PALETTE
              ? 3
              : 1) +
         (kind->color_type & PNG_COLOR_MASK_ALPHA ? 1 : 0);
}

static guint
kind_maximum (const struct kind *kind)
{
  return (1u << kind->bit_depth) - 1;
}

/* What the file has at a place: every possible value of a narrow type, far apart ones of a wide. */
static guint
sample (const struct kind *kind, int x, int y, int channel)
{
  return ((guint) (x * 7 + y * 31 + channel * 11 + 3) * 40503u >> 4) & kind_maximum (kind);
}

static png_color
palette_color (guint index)
{
  return (png_color){ (guint8) (index * 5), (guint8) (255 - index), (guint8) (index ^ 0x5a) };
}

/* The palette's first entries have one; beyond them it is 255. */
static guint8
palette_alpha (guint index)
{
  return index < 9 ? (guint8) (index * 28) : 255;
}

/* The transparent colour is that of the pixel at 5, 3. */
static bool
is_transparent (const struct kind *kind, int x, int y)
{
  for (int k = 0; k < kind_channels (kind); k++)
    if (sample (kind, x, y, k) != sample (kind, 5, 3, k))
      return false;
  return true;
}

static guint8
to_8_bits (const struct kind *kind, guint value)
{
  guint maximum = kind_maximum (kind);

  return (guint8) ((value * 510 + maximum) / (2 * maximum));
}

/* What must be loaded, computed from the definition of the format. Returns the channels. */
static int
wanted_pixel (const struct kind *kind, int x, int y, guint8 *pixel)
{
  int channels = kind_channels (kind);

  if (kind->color_type == PNG_COLOR_TYPE_PALETTE) {
    guint index = sample (kind, x, y, 0);
    png_color color = palette_color (index);

    pixel[0] = color.red, pixel[1] = color.green, pixel[2] = color.blue;
    pixel[3] = palette_alpha (index);
    return kind->trns ? 4 : 3;
  }
  for (int k = 0; k < channels; k++)
    pixel[k] = to_8_bits (kind, sample (kind, x, y, k));
  if (kind->trns)
    pixel[channels++] = is_transparent (kind, x, y) ? 0 : 255;
  if (channels == 2) {
    pixel[3] = pixel[1];
    pixel[1] = pixel[2] = pixel[0];
    return 4;
  }
  return channels;
}

static void
pack_row (const struct kind *kind, int y, guint8 *row)
{
  int channels = kind_channels (kind);

  memset (row, 0, WIDTH * 8);
  for (int i = 0; i < WIDTH * channels; i++) {
    guint value = sample (kind, i / channels, y, i % channels);

    if (kind->bit_depth == 16) {
      row[i * 2] = (guint8) (value >> 8);
      row[i * 2 + 1] = (guint8) value;
    } else {
      int bit = i * kind->bit_depth;

      row[bit / 8] |= (guint8) (value << (8 - kind->bit_depth - bit % 8));
    }
  }
}

static void
set_palette_and_trns (const struct kind *kind, png_structp png, png_infop info)
{
  png_color_16 key = { 0 };

  if (kind->color_type == PNG_COLOR_TYPE_PALETTE) {
    png_color palette[256];
    guint8 alpha[9];
    int count = (int) kind_maximum (kind) + 1;

    for (guint i = 0; i < 256; i++)
      palette[i] = palette_color (i);
    for (guint i = 0; i < 9; i++)
      alpha[i] = palette_alpha (i);
    png_set_PLTE (png, info, palette, count);
    if (kind->trns)
      png_set_tRNS (png, info, alpha, MIN (count, 9), NULL);
  } else if (kind->trns) {
    key.gray = key.red = (guint16) sample (kind, 5, 3, 0);
    key.green = (guint16) sample (kind, 5, 3, 1);
    key.blue = (guint16) sample (kind, 5, 3, 2);
    png_set_tRNS (png, info, NULL, 0, &key);
  }
}

static void
append (png_structp png, png_bytep bytes, size_t count)
{
  g_byte_array_append (png_get_io_ptr (png), bytes, (guint) count);
}

static void
flush (png_structp png)
{
}

static GByteArray *
encode_kind (const struct kind *kind, bool interlaced)
{
  GByteArray *bytes = g_byte_array_new ();
  png_structp png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct (png);
  int passes;

  png_set_write_fn (png, bytes, append, flush);
  png_set_IHDR (png, info, WIDTH, HEIGHT, kind->bit_depth, kind->color_type,
                interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                PNG_FILTER_TYPE_DEFAULT);
  set_palette_and_trns (kind, png, info);
  png_write_info (png, info);
  passes = png_set_interlace_handling (png);
  for (int pass = 0; pass < passes; pass++)
    for (int y = 0; y < HEIGHT; y++) {
      guint8 row[WIDTH * 8];

      pack_row (kind, y, row);
      png_write_row (png, row);
    }
  png_write_end (png, info);
  png_destroy_write_struct (&png, &info);
  return bytes;
}

static void
test_kind (gconstpointer data)
{
  const struct kind *kind = data;

  for (int interlaced = 0; interlaced <= 1; interlaced++) {
    g_autoptr (GByteArray) bytes = encode_kind (kind, interlaced != 0);
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_image) image = NULL;

    test_write_file (path, bytes->data, bytes->len);
    image = limn_png_load (path, &error);
    g_assert_no_error (error);
    g_assert_cmpint (image->width, ==, WIDTH);
    g_assert_cmpint (image->height, ==, HEIGHT);
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++) {
        guint8 wanted[4];
        gsize channels = (gsize) wanted_pixel (kind, x, y, wanted);

        g_assert_cmpint (image->channels, ==, (int) channels);
        g_assert_cmpmem (image->pixels + (gsize) (y * WIDTH + x) * channels, channels, wanted,
                         channels);
      }
  }
}

/* --- broken files --- */

static const struct kind small = { "small", PNG_COLOR_TYPE_RGB_ALPHA, 8 };

static void
assert_broken (const void *bytes, gsize size, const char *words)
{
  g_autoptr (GError) error = NULL;

  test_write_file (path, bytes, size);
  g_assert_null (limn_png_load (path, &error));
  test_assert_error (error, LIMN_ERROR_FORMAT, path, words);
}

static void
test_not_a_png (void)
{
  assert_broken ("", 0, ": not a PNG file");
  assert_broken ("\x89PNG", 4, ": not a PNG file");
  assert_broken ("GIF89a..........", 16, ": not a PNG file");
  assert_broken ("\x89PNG\r\n\x1a\n", 8, ": broken or truncated PNG: the file ends too early");
}

static void
test_truncated (void)
{
  for (int interlaced = 0; interlaced <= 1; interlaced++) {
    g_autoptr (GByteArray) bytes = encode_kind (&small, interlaced != 0);

    for (guint size = 8; size < bytes->len; size += 7)
      assert_broken (bytes->data, size, ": broken or truncated PNG: ");
    assert_broken (bytes->data, bytes->len - 1, ": broken or truncated PNG: ");
  }
}

/* A checksum covers every chunk, so that a flip is noticed wherever it matters. */
static void
test_flipped_bits (void)
{
  g_autoptr (GByteArray) bytes = encode_kind (&kinds[18], true);
  guint refused = 0;

  for (guint i = 0; i < bytes->len; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_image) image = NULL;

    bytes->data[i] ^= (guint8) (1 << i % 8);
    test_write_file (path, bytes->data, bytes->len);
    image = limn_png_load (path, &error);
    if (image == NULL) {
      test_assert_error (error, LIMN_ERROR_FORMAT, path, "PNG");
      refused++;
    } else {
      g_assert_no_error (error);
      g_assert_cmpint (image->width, ==, WIDTH);
    }
    bytes->data[i] ^= (guint8) (1 << i % 8);
  }
  g_assert_cmpuint (refused, >, bytes->len / 2);
}

/* libpng has words for a broken text; nobody is told, for the picture is good. */
static void
test_warnings_are_silent (void)
{
  if (g_test_subprocess ()) {
    const struct limn_png_text text = { "Title", "a scribble" };
    g_autoptr (limn_image) image = limn_image_new (3, 3, 1);
    g_autoptr (limn_image) loaded = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize size, at = 0;

    g_assert_true (limn_png_save (image, path, &text, 1, &error));
    g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
    while (memcmp (bytes + at, "a scribble", 10) != 0)
      at++;
    bytes[at] = 'A';
    test_write_file (path, bytes, size);
    loaded = limn_png_load (path, &error);
    g_assert_no_error (error);
    g_assert_nonnull (loaded);
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("");
}

static void
test_size_limit (void)
{
  static const struct {
    int width, height;
    bool good;
  } sizes[] = { { 16384, 1, true }, { 1, 16384, true }, { 16385, 1, false }, { 1, 16385, false } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (limn_image) image = limn_image_new (sizes[i].width, sizes[i].height, 1);
    g_autoptr (limn_image) loaded = NULL;
    g_autoptr (GError) error = NULL;

    g_assert_true (limn_png_save (image, path, NULL, 0, &error));
    loaded = limn_png_load (path, &error);
    if (sizes[i].good) {
      g_assert_no_error (error);
      g_assert_cmpint (loaded->width, ==, sizes[i].width);
    } else {
      test_assert_error (error, LIMN_ERROR_FORMAT, path, "wanted at most 16384");
    }
  }
}

static void
test_load_no_file (void)
{
  g_autofree char *missing = g_build_filename (folder, "missing.png", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (limn_png_load (missing, &error));
  test_assert_error (error, LIMN_ERROR_FILE, missing, g_strerror (ENOENT));
  g_clear_error (&error);
  g_assert_null (limn_png_load (folder, &error));
  test_assert_error (error, LIMN_ERROR_FILE, folder, "is a folder");
}

/* --- saving --- */

static limn_image *
make_noise (int width, int height, int channels)
{
  limn_image *image = limn_image_new (width, height, channels);
  GRand *rand = g_rand_new_with_seed (7);

  for (int i = 0; i < width * height * channels; i++)
    image->pixels[i] = (guint8) g_rand_int (rand);
  g_rand_free (rand);
  return image;
}

static void
test_round_trip (void)
{
  static const int channels[] = { 1, 3, 4 };

  for (gsize i = 0; i < G_N_ELEMENTS (channels); i++) {
    g_autoptr (limn_image) image = make_noise (127, 13, channels[i]);
    g_autoptr (limn_image) loaded = NULL;
    g_autoptr (GError) error = NULL;
    gsize size = (gsize) (127 * 13 * channels[i]);

    g_assert_true (limn_png_save (image, path, NULL, 0, &error));
    g_assert_no_error (error);
    loaded = limn_png_load (path, &error);
    g_assert_no_error (error);
    g_assert_cmpint (loaded->width, ==, 127);
    g_assert_cmpint (loaded->height, ==, 13);
    g_assert_cmpint (loaded->channels, ==, channels[i]);
    g_assert_cmpmem (loaded->pixels, size, image->pixels, size);
  }
}

/* Calls @check with the texts of the file at @path. */
static void
read_texts (void (*check) (const png_text *texts, int count))
{
  FILE *file = fopen (path, "rb");
  png_structp png = png_create_read_struct (PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct (png);
  png_textp texts;
  int count;

  g_assert_nonnull (file);
  png_init_io (png, file);
  png_read_png (png, info, PNG_TRANSFORM_IDENTITY, NULL);
  png_get_text (png, info, &texts, &count);
  check (texts, count);
  png_destroy_read_struct (&png, &info, NULL);
  fclose (file);
}

static void
check_texts (const png_text *texts, int count)
{
  g_assert_cmpint (count, ==, 5);
  g_assert_cmpstr (texts[0].key, ==, "parameters");
  g_assert_cmpstr (texts[0].text, ==, "a red balloon\nSteps: 20");
  g_assert_cmpint (texts[0].compression, ==, PNG_TEXT_COMPRESSION_NONE);
  g_assert_cmpstr (texts[1].key, ==, "caf\xe9");
  g_assert_cmpstr (texts[1].text, ==, "cr\xe8me");
  g_assert_cmpint (texts[1].compression, ==, PNG_TEXT_COMPRESSION_NONE);
  g_assert_cmpstr (texts[2].key, ==, "prompt");
  g_assert_cmpstr (texts[2].text, ==, "\360\237\216\210 \346\260\227\347\220\203");
  g_assert_cmpint (texts[2].compression, ==, PNG_ITXT_COMPRESSION_NONE);
  g_assert_cmpstr (texts[3].key, ==, "empty");
  g_assert_cmpstr (texts[3].text, ==, "");
  g_assert_cmpstr (texts[4].text, ==, "\302\205x");
  g_assert_cmpint (texts[4].compression, ==, PNG_ITXT_COMPRESSION_NONE);
}

static void
test_texts (void)
{
  static const struct limn_png_text texts[] = {
    { "parameters", "a red balloon\nSteps: 20" },
    { "caf\303\251", "cr\303\250me" },
    { "prompt", "\360\237\216\210 \346\260\227\347\220\203" },
    { "empty", "" },
    { "control", "\302\205x" }, /* Latin-1, but nothing that tEXt may have */
  };
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);
  g_autoptr (GError) error = NULL;

  g_assert_true (limn_png_save (image, path, texts, G_N_ELEMENTS (texts), &error));
  g_assert_no_error (error);
  read_texts (check_texts);
}

static void
test_bad_keys (void)
{
  static const char *const keys[] = {
    "",      " a",
    "a ",    "a  b",
    "a\nb",  "\346\260\227",
    "a\xff", "1234567890123456789012345678901234567890123456789012345678901234567890123456789+",
  };
  g_autofree char *other = g_build_filename (folder, "keys.png", NULL);
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        limn_png_save (image, other, &(struct limn_png_text){ keys[i], "x" }, 1, &error));
    test_assert_error (error, LIMN_ERROR_ARGUMENT, other, "cannot be a keyword");
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
  }
}

/* A new file gets what the umask leaves; the folder keeps nothing but the file. */
static void
test_save_mode (void)
{
  g_autofree char *other = g_build_filename (folder, "mode.png", NULL);
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);
  g_autoptr (GError) error = NULL;
  guint before = test_folder_count (folder);
  mode_t old = umask (027);
  struct stat info;

  g_assert_true (limn_png_save (image, other, NULL, 0, &error));
  umask (old);
  g_assert_cmpint (stat (other, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0640);
  g_assert_cmpuint (test_folder_count (folder), ==, before + 1);
}

static void
test_save_relative (void)
{
  g_autofree char *old = g_get_current_dir ();
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);
  g_autoptr (limn_image) loaded = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_chdir (folder), ==, 0);
  g_assert_true (limn_png_save (image, "relative.png", NULL, 0, &error));
  g_assert_no_error (error);
  loaded = limn_png_load ("relative.png", &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chdir (old), ==, 0);
}

/* No folder, a file where a folder should be, a folder where the file should be, a name that is too
 * long. */
static void
test_save_errors (void)
{
  g_autofree char *long_name = g_strnfill (300, 'x');
  g_autofree char *subfolder = g_build_filename (folder, "folder.png", NULL);
  const struct {
    char *path;
    int problem;
  } places[] = {
    { g_build_filename (folder, "none", "a.png", NULL), ENOENT },
    { g_build_filename (path, "a.png", NULL), ENOTDIR },
    { g_strdup (subfolder), EISDIR },
    { g_build_filename (folder, long_name, NULL), ENAMETOOLONG },
  };
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);
  guint before;

  test_write_file (path, "x", 1);
  g_assert_cmpint (g_mkdir (subfolder, 0700), ==, 0);
  before = test_folder_count (folder);
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (limn_png_save (image, places[i].path, NULL, 0, &error));
    test_assert_error (error, LIMN_ERROR_FILE, places[i].path, g_strerror (places[i].problem));
    g_assert_cmpuint (test_folder_count (folder), ==, before);
    g_free (places[i].path);
  }
}

/* As on a full disk, writing ends in the middle: the old file stays, and nothing beside it. */
static void
test_save_full (void)
{
  g_autoptr (limn_image) image = make_noise (64, 64, 3);
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  struct rlimit old, small_files;
  guint before;
  bool saved;

  test_write_file (path, "old", 3);
  before = test_folder_count (folder);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  small_files = old;
  small_files.rlim_cur = 4096;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small_files), ==, 0);
  saved = limn_png_save (image, path, NULL, 0, &error);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  signal (SIGXFSZ, SIG_DFL);

  g_assert_false (saved);
  test_assert_error (error, LIMN_ERROR_FILE, path, g_strerror (EFBIG));
  g_assert_cmpuint (test_folder_count (folder), ==, before);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "old");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  path = g_build_filename (folder, "balloon.png", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *name = g_strdup_printf ("/png/load/%s", kinds[i].name);

    g_test_add_data_func (name, &kinds[i], test_kind);
  }
  g_test_add_func ("/png/not-a-png", test_not_a_png);
  g_test_add_func ("/png/truncated", test_truncated);
  g_test_add_func ("/png/flipped-bits", test_flipped_bits);
  g_test_add_func ("/png/warnings-are-silent", test_warnings_are_silent);
  g_test_add_func ("/png/size-limit", test_size_limit);
  g_test_add_func ("/png/load-no-file", test_load_no_file);
  g_test_add_func ("/png/round-trip", test_round_trip);
  g_test_add_func ("/png/texts", test_texts);
  g_test_add_func ("/png/bad-keys", test_bad_keys);
  g_test_add_func ("/png/save-mode", test_save_mode);
  g_test_add_func ("/png/save-relative", test_save_relative);
  g_test_add_func ("/png/save-errors", test_save_errors);
  g_test_add_func ("/png/save-full", test_save_full);
  result = g_test_run ();
  g_free (path);
  test_folder_free (folder);
  return result;
}
