/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "motion-golden.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* FNV-1a of the name, then SplitMix64: numbers in [-1, 1). */
static double *
uniform (const char *name, gsize count)
{
  guint64 hash = G_GUINT64_CONSTANT (0xCBF29CE484222325);
  double *values = g_new (double, count);

  for (; *name; name++)
    hash = (hash ^ (guint8) *name) * G_GUINT64_CONSTANT (0x100000001B3);
  for (gsize i = 0; i < count; i++) {
    guint64 x = hash + (i + 1) * G_GUINT64_CONSTANT (0x9E3779B97F4A7C15);

    x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT (0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT (0x94D049BB133111EB);
    x ^= x >> 31;
    values[i] = 2 * ((double) (x >> 40) / (1 << 24)) - 1;
  }
  return values;
}

float *
motion_values (const char *name, gsize count)
{
  g_autofree double *u = uniform (name, count);
  float *values = g_new (float, count);

  for (gsize i = 0; i < count; i++)
    values[i] = (float) (u[i] * sqrt (3));
  return values;
}

limn_image *
motion_image (const char *name, int side)
{
  limn_image *image = limn_image_new (side, side, 3);
  gsize count = (gsize) side * (gsize) side * 3;
  g_autofree double *u = uniform (name, count);

  for (gsize i = 0; i < count; i++)
    image->pixels[i] = (guint8) floor ((u[i] + 1) * 128);
  return image;
}

limn_tensor
motion_upload (limn_device *device, const char *name, int n, int h, int w, int c)
{
  g_autoptr (GError) error = NULL;
  limn_tensor tensor = limn_tensor_new (device, device->storage, n, h, w, c, &error);
  g_autofree float *values = motion_values (name, limn_tensor_elements (tensor));

  g_assert_no_error (error);
  limn_tensor_write (device, tensor, values, &error);
  g_assert_no_error (error);
  return tensor;
}

char *
motion_folder_new (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("limn-motion-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

void
motion_folder_free (char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      motion_folder_free (g_steal_pointer (&path));
    else
      g_remove (path);
  }
  g_rmdir (folder);
  g_free (folder);
}

/* --- files of weights --- */

struct file {
  GString *header;
  GByteArray *data;
};

static void
add_tensor (
    struct file *file, const char *name, const char *source, const gint64 *shape, int n_dims)
{
  gsize count = 1, begin = file->data->len;
  g_autofree double *u = NULL;
  g_autofree guint16 *halves = NULL;
  double inputs = 1;

  for (int i = 0; i < n_dims; i++) {
    count *= (gsize) shape[i];
    inputs *= i > 0 ? (double) shape[i] : 1;
  }
  u = uniform (source, count);
  halves = g_new (guint16, count);
  for (gsize i = 0; i < count; i++) {
    double x = g_str_has_suffix (source, "bias") ? 0.17 * u[i]
               : n_dims == 1                     ? 1 + 0.35 * u[i]
                                                 : u[i] * sqrt (3.0 / inputs);
    float rounded;

    if (g_str_has_prefix (source, "starter.") &&
        (strstr (source, "proj_out") || strstr (source, "controlnet_down") ||
         strstr (source, "controlnet_mid")))
      x *= 0.25;
    rounded = (float) x;
    limn_f32_to_f16 (&rounded, &halves[i], 1);
  }
  g_byte_array_append (file->data, (const guint8 *) halves, (guint) (count * sizeof *halves));
  g_string_append_printf (file->header, "%s\"%s\":{\"dtype\":\"F16\",\"shape\":[",
                          begin > 0 ? "," : "", name);
  for (int i = 0; i < n_dims; i++)
    g_string_append_printf (file->header, i > 0 ? ",%d" : "%d", (int) shape[i]);
  g_string_append_printf (file->header, "],\"data_offsets\":[%zu,%u]}", begin, file->data->len);
}

static struct file
begin_file (void)
{
  return (struct file){ g_string_new ("{"), g_byte_array_new () };
}

static void
end_file (struct file *file, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 length;

  g_string_append_c (file->header, '}');
  while (file->header->len % 8 != 0)
    g_string_append_c (file->header, ' ');
  length = GUINT64_TO_LE ((guint64) file->header->len);
  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) file->header->str, (guint) file->header->len);
  g_byte_array_append (bytes, file->data->data, file->data->len);
  g_file_set_contents (path, (const char *) bytes->data, (gssize) bytes->len, &error);
  g_assert_no_error (error);
  g_string_free (file->header, TRUE);
  g_byte_array_unref (file->data);
}

static char **
read_list (const char *list)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *relative = g_build_filename ("tests", "golden", "motion", list, NULL);
  g_autofree char *path = golden_path (relative);
  g_autofree char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return g_strsplit (g_strchomp (text), "\n", -1);
}

static char *
keep (const char *name)
{
  return g_strdup (name);
}

void
motion_write (const char *path, const char *list, const char *prefix, motion_rename rename)
{
  g_auto (GStrv) lines = read_list (list);
  struct file file = begin_file ();

  for (gsize i = 0; lines[i]; i++) {
    g_auto (GStrv) parts = g_strsplit (lines[i], " ", -1);
    g_autofree char *source = g_strconcat (prefix, parts[0], NULL);
    g_autofree char *name = (rename ? rename : keep) (parts[0]);
    gint64 shape[4] = { 0 };
    int n_dims = (int) g_strv_length (parts) - 1;

    g_assert_cmpint (n_dims, <=, 4);
    for (int j = 0; j < n_dims; j++)
      shape[j] = g_ascii_strtoll (parts[j + 1], NULL, 10);
    if (name)
      add_tensor (&file, name, source, shape, n_dims);
  }
  end_file (&file, path);
}

void
motion_write_lora (const char *path, const char *list, motion_rename rename)
{
  g_auto (GStrv) lines = read_list (list);
  struct file file = begin_file ();

  for (gsize i = 0; lines[i]; i++) {
    g_auto (GStrv) parts = g_strsplit (lines[i], " ", -1);
    gint64 out = g_ascii_strtoll (parts[1], NULL, 10), in = g_ascii_strtoll (parts[2], NULL, 10);
    gint64 rank = g_ascii_strtoll (parts[3], NULL, 10);
    g_autofree char *down = g_strconcat (parts[0], ".down", NULL);
    g_autofree char *up = g_strconcat (parts[0], ".up", NULL);
    g_autofree char *down_name = rename (down), *up_name = rename (up);

    add_tensor (&file, down_name, down, (const gint64[]){ rank, in }, 2);
    add_tensor (&file, up_name, up, (const gint64[]){ out, rank }, 2);
  }
  end_file (&file, path);
}

char *
motion_write_part (const char *folder, const char *name, const char *list, const char *prefix)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *weights = NULL, *config = NULL, *text = NULL;
  g_autofree char *json = g_strconcat (name, ".json", NULL);
  g_autofree char *relative = g_build_filename ("tests", "golden", "motion", json, NULL);
  g_autofree char *source = golden_path (relative);
  char *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  weights = g_build_filename (path, "diffusion_pytorch_model.safetensors", NULL);
  motion_write (weights, list, prefix, NULL);
  config = g_build_filename (path, "config.json", NULL);
  g_file_get_contents (source, &text, NULL, &error);
  g_assert_no_error (error);
  g_file_set_contents (config, text, -1, &error);
  g_assert_no_error (error);
  return path;
}
