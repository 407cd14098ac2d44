/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Weights that are no numbers, and files that shrink while they are read: found when they are
 * loaded, and named. */

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "golden.h"
#include "models/finite.h"
#include "models/weights.h"

/* --- the search --- */

#define LONGEST 70

static const struct {
  limn_dtype dtype, stored;
  guint32 good, bad;
} bits[] = {
  { LIMN_DTYPE_F16, LIMN_DTYPE_F32, 0x7bff, 0x7c00 }, /* the largest, infinity */
  { LIMN_DTYPE_F16, LIMN_DTYPE_F16, 0xfbff, 0xfe00 }, /* the smallest, NaN */
  { LIMN_DTYPE_F16, LIMN_DTYPE_F16, 0x0001, 0xffff },
  { LIMN_DTYPE_BF16, LIMN_DTYPE_F32, 0x7f7f, 0x7f80 },
  { LIMN_DTYPE_BF16, LIMN_DTYPE_F16, 0x477f, 0x4780 }, /* 65280, 65536 */
  { LIMN_DTYPE_F32, LIMN_DTYPE_F32, 0xff7fffff, 0xff800000 },
  { LIMN_DTYPE_F32, LIMN_DTYPE_F32, 0x7f7fffff, 0x7fc00000 },
  { LIMN_DTYPE_F32, LIMN_DTYPE_F16, 0x477fefff, 0x477ff000 }, /* below 65520, 65520 */
  { LIMN_DTYPE_F32, LIMN_DTYPE_F16, 0xc77fefff, 0xff800001 },
};

static void
put (guint8 *bytes, gsize size, gsize i, guint32 value)
{
  guint16 half = (guint16) value;

  memcpy (bytes + i * size, size == 2 ? (const void *) &half : &value, size);
}

/* One bad number at every place of arrays of every length, also where they are not aligned. */
static void
test_search (void)
{
  guint8 room[4 * LONGEST + 1];

  for (gsize i = 0; i < G_N_ELEMENTS (bits); i++)
    for (gsize count = 0; count <= LONGEST; count++) {
      gsize size = limn_dtype_size (bits[i].dtype);
      guint8 *bytes = room + count % 2;

      for (gsize j = 0; j < count; j++)
        put (bytes, size, j, bits[i].good);
      g_assert_cmpuint (limn_find_unfit (bits[i].dtype, bits[i].stored, bytes, count), ==,
                        G_MAXSIZE);
      for (gsize j = 0; j < count; j++) {
        put (bytes, size, j, bits[i].bad);
        g_assert_cmpuint (limn_find_unfit (bits[i].dtype, bits[i].stored, bytes, count), ==, j);
        put (bytes, size, j, bits[i].good);
      }
    }
}

/* --- the loader --- */

#define COUNT 100000 /* several pieces */
#define HEADER                                                                                     \
  "{\"norm.weight\":{\"dtype\":\"F32\",\"shape\":[100000],\"data_offsets\":[0,400000]}}"
#define DATA (8 + sizeof HEADER - 1)

/* A file of ones, but for @value at @place. */
static char *
write_file (gsize place, float value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 length = GUINT64_TO_LE (sizeof HEADER - 1);
  g_autofree float *values = g_new (float, COUNT);
  char *path;
  int fd = g_file_open_tmp ("limn-finite-XXXXXX.safetensors", &path, &error);

  g_assert_no_error (error);
  close (fd);
  for (gsize i = 0; i < COUNT; i++)
    values[i] = i == place ? value : 1;
  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) HEADER, sizeof HEADER - 1);
  g_byte_array_append (bytes, (const guint8 *) values, COUNT * sizeof *values);
  g_file_set_contents (path, (const char *) bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  return path;
}

/* A folder with a link to the file, as the loader wants it. */
static char *
make_folder (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("limn-finite-XXXXXX", &error);
  g_autofree char *link = g_build_filename (folder, "model.safetensors", NULL);

  g_assert_no_error (error);
  g_assert_cmpint (symlink (path, link), ==, 0);
  return folder;
}

static void
remove_folder (const char *folder, const char *path)
{
  g_autofree char *link = g_build_filename (folder, "model.safetensors", NULL);

  g_assert_cmpint (g_unlink (link), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* Loads the tensor; shortens the file to @keep bytes of data before, unless that is negative. */
static void
assert_named (limn_device *device, gsize place, float value, int keep, const char *what)
{
  g_autofree char *path = write_file (place, value);
  g_autofree char *folder = make_folder (path);
  g_autoptr (GError) error = NULL;
  limn_weights *weights = limn_weights_open (device, folder, LIMN_PART_UNET, &error);

  g_assert_no_error (error);
  if (keep >= 0)
    g_assert_cmpint (truncate (path, (off_t) DATA + keep), ==, 0);
  limn_weights_vector (weights, "norm.weight", COUNT);
  g_assert_null (limn_weights_finish (&weights, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "model.safetensors"));
  g_assert_nonnull (strstr (error->message, what));
  g_assert_cmpuint (device->memory.weights, ==, 0);
  remove_folder (folder, path);
}

static void
test_named (limn_device *device, gconstpointer data)
{
  assert_named (device, 0, NAN, -1, "tensor \"norm.weight\" has NaN as element 0");
  assert_named (device, 99999, INFINITY, -1, "has infinity as element 99999");
  assert_named (device, 50001, -INFINITY, -1, "has infinity as element 50001");
}

static void
test_shortened (limn_device *device, gconstpointer data)
{
  assert_named (device, 0, 1, 0, "was shortened while it was read");
  assert_named (device, 0, 1, 200001, "was shortened while it was read");
  assert_named (device, 0, 1, 399999, "was shortened while it was read");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/finite/search", test_search);
  golden_add ("/finite/named", test_named, NULL);
  golden_add ("/finite/shortened", test_shortened, NULL);
  return g_test_run ();
}
