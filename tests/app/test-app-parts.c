/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <json-glib/json-glib.h>

#include "control.h"
#include "fit.h"
#include "generate-options.h"
#include "json-writer.h"
#include "number.h"

/* --- --control --- */

static const struct {
  const char *text, *type, *file;
  float weight, start, end;
} good_controls[] = {
  { "scribble=a.png", "scribble", "a.png", 1, 0, 1 },
  { "pose=a.png:0.5", "pose", "a.png", 0.5f, 0, 1 },
  { "pose=a.png:2:0.25", "pose", "a.png", 2, 0.25f, 1 },
  { "pose=a.png:10:0.25:0.75", "pose", "a.png", 10, 0.25f, 0.75f },
  { "pose=a.png::0.25:0.75", "pose", "a.png", 1, 0.25f, 0.75f },
  { "pose=a.png:0.5::0.75", "pose", "a.png", 0.5f, 0, 0.75f },
  { "pose=a.png:", "pose", "a.png", 1, 0, 1 },
  { "pose=a:b.png", "pose", "a:b.png", 1, 0, 1 },
  { "pose=a:b.png:0.5", "pose", "a:b.png", 0.5f, 0, 1 },
  { "pose=12:34:x.png", "pose", "12:34:x.png", 1, 0, 1 },
  { "pose=7:1:0:1", "pose", "7", 1, 0, 1 },
  { "pose=9:7:1:0:1", "pose", "9:7", 1, 0, 1 },
  { "pose=a.png:nan", "pose", "a.png:nan", 1, 0, 1 },
  { "pose=a.png:0x1", "pose", "a.png:0x1", 1, 0, 1 },
  { "line_art-2=b=c.png", "line_art-2", "b=c.png", 1, 0, 1 },
};

static void
test_control_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_controls); i++) {
    g_autoptr (GError) error = NULL;
    struct limn_control_spec *spec = limn_control_spec_parse (good_controls[i].text, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (spec->type, ==, good_controls[i].type);
    g_assert_cmpstr (spec->file, ==, good_controls[i].file);
    g_assert_cmpfloat (spec->weight, ==, good_controls[i].weight);
    g_assert_cmpfloat (spec->start, ==, good_controls[i].start);
    g_assert_cmpfloat (spec->end, ==, good_controls[i].end);
    limn_control_spec_free (spec);
  }
}

static void
test_control_bad (void)
{
  static const char *const texts[] = {
    "",
    "a.png",
    "=a.png",
    "pose=",
    "pose=:1",
    "pose=:1:0:1",
    "../x=a.png",
    "po se=a.png",
    "pose=a.png:11",
    "pose=a.png:-1",
    "pose=a.png:1:1.5",
    "pose=a.png:1:0:2",
    "pose=a.png:1:0.5:0.5",
    "pose=a.png:1:0.8:0.2",
    "pose=a.png:1:1",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", texts[i]);
    g_assert_null (limn_control_spec_parse (texts[i], &error));
    g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    g_assert_null (strchr (error->message, '\n'));
  }
}

/* --- numbers and names --- */

static void
test_numbers (void)
{
  static const struct {
    const char *text;
    bool good;
    double value;
  } cases[] = {
    { "1", true, 1 },      { "-0.5", true, -0.5 }, { ".5", true, 0.5 }, { "1e2", true, 100 },
    { "", false, 0 },      { "1,5", false, 0 },    { "inf", false, 0 }, { "nan", false, 0 },
    { "0x10", false, 0 },  { "1 ", false, 0 },     { " 1", false, 0 },  { "1.2.3", false, 0 },
    { "1e999", false, 0 }, { "-", false, 0 },      { "e", false, 0 },   { "1-", false, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    double value = 0;

    g_test_message ("\"%s\"", cases[i].text);
    g_assert_cmpint (limn_number_parse (cases[i].text, &value), ==, cases[i].good);
    if (cases[i].good)
      g_assert_cmpfloat (value, ==, cases[i].value);
  }
}

/* As people write them, and read back as they were. */
static void
test_formats (void)
{
  static const struct {
    double value;
    const char *text;
  } cases[] = {
    { 0, "0" },     { 1, "1" },           { 10, "10" },   { 100, "100" },         { 7.3, "7.3" },
    { 0.1, "0.1" }, { 0.0001, "0.0001" }, { -20, "-20" }, { 1234567, "1234567" }, { 1e20, "1e+20" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *wide = limn_format_double (cases[i].value);
    g_autofree char *narrow = limn_format_float ((float) cases[i].value);

    g_assert_cmpstr (wide, ==, cases[i].text);
    g_assert_cmpstr (narrow, ==, cases[i].text);
  }
}

static void
test_bytes (void)
{
  static const struct {
    guint64 bytes;
    const char *text;
  } cases[] = {
    { 0, "0 KiB" },
    { 100 * 1024, "100 KiB" },
    { G_GUINT64_CONSTANT (412) << 20, "412 MiB" },
    { G_GUINT64_CONSTANT (1536) << 20, "1.5 GiB" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = limn_format_bytes (cases[i].bytes);

    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

static void
test_samplers (void)
{
  static const struct {
    const char *name;
    limn_sampler_kind kind;
  } good[] = {
    { "DDIM", LIMN_SAMPLER_DDIM },
    { "Euler", LIMN_SAMPLER_EULER },
    { "dpm++ 2m karras", LIMN_SAMPLER_DPMPP_2M },
    { "DPM++ 2M", LIMN_SAMPLER_DPMPP_2M },
    { "dpmpp_2m", LIMN_SAMPLER_DPMPP_2M },
    { "Euler a", LIMN_SAMPLER_EULER_ANCESTRAL },
    { "DPM++ 2M SDE Karras", LIMN_SAMPLER_DPMPP_2M_SDE },
    { "UniPC", LIMN_SAMPLER_UNIPC },
  };
  static const char *const bad[] = { "", "euler b", "dpm++ sde", "ddim2", "karras" };
  limn_sampler_kind kind;

  /* The engine's own names are all understood, and mean what they say. */
  for (int i = 0; i < LIMN_N_SAMPLERS; i++) {
    g_assert_true (limn_sampler_from_name (limn_sampler_names[i], &kind));
    g_assert_cmpint (kind, ==, i);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_assert_true (limn_sampler_from_name (good[i].name, &kind));
    g_assert_cmpint (kind, ==, good[i].kind);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (limn_sampler_from_name (bad[i], &kind));
}

/* --- pictures and texts --- */

static limn_image *
make_drawing (int width, int height, guint8 paper)
{
  limn_image *image = limn_image_new (width, height, 1);

  memset (image->pixels, paper, (gsize) width * (gsize) height);
  return image;
}

static guint8
pixel_at (const limn_image *image, int x, int y)
{
  return image->pixels[(y * image->width + x) * image->channels];
}

static void
test_fit_wide (void)
{
  g_autoptr (limn_image) drawing = make_drawing (40, 20, 240);
  g_autoptr (limn_image) fitted = NULL;

  /* A line off the paper's edge must not tint the paper. */
  for (int y = 0; y < 20; y++)
    drawing->pixels[y * 40 + 20] = 0;
  fitted = limn_fit (drawing, 40, 40);
  g_assert_cmpint (fitted->width, ==, 40);
  g_assert_cmpint (fitted->height, ==, 40);
  g_assert_cmpint (fitted->channels, ==, 3);
  g_assert_cmpint (pixel_at (fitted, 20, 9), ==, 240);
  g_assert_cmpint (pixel_at (fitted, 20, 10), ==, 0);
  g_assert_cmpint (pixel_at (fitted, 20, 29), ==, 0);
  g_assert_cmpint (pixel_at (fitted, 20, 30), ==, 240);
  g_assert_cmpint (pixel_at (fitted, 19, 20), ==, 240);
}

static void
test_fit_tall (void)
{
  g_autoptr (limn_image) drawing = make_drawing (10, 30, 0);
  g_autoptr (limn_image) fitted = NULL;

  memset (drawing->pixels + 15 * 10 + 1, 255, 8);
  fitted = limn_fit (drawing, 31, 30);
  g_assert_cmpint (fitted->width, ==, 31);
  g_assert_cmpint (fitted->height, ==, 30);
  g_assert_cmpint (pixel_at (fitted, 0, 15), ==, 0);
  g_assert_cmpint (pixel_at (fitted, 15, 15), ==, 255);
  g_assert_cmpint (pixel_at (fitted, 30, 15), ==, 0);
}

static void
test_fit_same (void)
{
  g_autoptr (limn_image) drawing = make_drawing (8, 4, 7);
  g_autoptr (limn_image) fitted = limn_fit (drawing, 16, 8);
  g_autoptr (limn_image) dot = make_drawing (1, 1, 9);
  g_autoptr (limn_image) grown = limn_fit (dot, 6, 4);

  g_assert_cmpint (fitted->width, ==, 8);
  g_assert_cmpint (fitted->height, ==, 4);
  g_assert_cmpint (fitted->channels, ==, 3);
  g_assert_cmpint (grown->width, ==, 6);
  g_assert_cmpint (pixel_at (grown, 0, 0), ==, 9);
  g_assert_cmpint (pixel_at (grown, 3, 2), ==, 9);
}

static void
test_json (void)
{
  static const char *const text = "\"quoted\" \\ tab\t line\n bell\a \xc3\xa9 broken \xff end";
  GString *json = limn_json_write_begin ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonObject *object;

  limn_json_write_string (json, "text", text);
  limn_json_write_string (json, "none", NULL);
  limn_json_write_uint (json, "seed", 12345678901);
  limn_json_write_double (json, "seconds", 1.5);
  limn_json_write_end (json);
  g_assert_null (strchr (json->str, '\n'));

  json_parser_load_from_data (parser, json->str, -1, &error);
  g_assert_no_error (error);
  object = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpint (json_object_get_size (object), ==, 4);
  g_assert_cmpstr (json_object_get_string_member (object, "text"), ==,
                   "\"quoted\" \\ tab\t line\n bell\a \xc3\xa9 broken \xef\xbf\xbd end");
  g_assert_true (json_object_get_null_member (object, "none"));
  g_assert_cmpint (json_object_get_int_member (object, "seed"), ==, 12345678901);
  g_assert_cmpfloat (json_object_get_double_member (object, "seconds"), ==, 1.5);
  g_string_free (json, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/control/good", test_control_good);
  g_test_add_func ("/app/control/bad", test_control_bad);
  g_test_add_func ("/app/numbers", test_numbers);
  g_test_add_func ("/app/formats", test_formats);
  g_test_add_func ("/app/bytes", test_bytes);
  g_test_add_func ("/app/samplers", test_samplers);
  g_test_add_func ("/app/fit/wide", test_fit_wide);
  g_test_add_func ("/app/fit/tall", test_fit_tall);
  g_test_add_func ("/app/fit/same", test_fit_same);
  g_test_add_func ("/app/json", test_json);
  return g_test_run ();
}
