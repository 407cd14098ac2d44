/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Scenes: what is read, what is refused, and what a control is at each frame. */

#include "scene.h"

#include <string.h>

#include <glib/gstdio.h>

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static limn_scene *
load (const char *text, GError **error)
{
  g_autofree char *path = in_folder ("scene.json");

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return limn_scene_load (path, error);
}

static limn_scene *
load_good (const char *text)
{
  g_autoptr (GError) error = NULL;
  limn_scene *scene = load (text, &error);

  g_assert_no_error (error);
  return scene;
}

/* A grey picture of one value. */
static void
save_grey (const char *name, guint8 value)
{
  g_autofree char *path = in_folder (name);
  g_autoptr (limn_image) image = limn_image_new (16, 16, 3);
  g_autoptr (GError) error = NULL;

  memset (image->pixels, value, 16 * 16 * 3);
  limn_png_save (image, path, NULL, 0, &error);
  g_assert_no_error (error);
}

static void
test_defaults (void)
{
  g_autoptr (limn_scene) scene = load_good ("{}");

  g_assert_cmpint (scene->frames, ==, 16);
  g_assert_cmpint (scene->steps, ==, 20);
  g_assert_cmpfloat (scene->fps, ==, 8);
  g_assert_cmpfloat (scene->cfg, ==, 7);
  g_assert_cmpint (scene->seed, ==, -1);
  g_assert_null (scene->model);
  g_assert_null (scene->motion);
  g_assert_null (scene->source);
  g_assert_cmpfloat (scene->strength, ==, 0.6);
  g_assert_cmpuint (scene->controls->len, ==, 0);
}

static void
test_all (void)
{
  g_autoptr (limn_scene) scene = load_good (
      "{\"prompt\": \"a\", \"negative\": \"b\", \"frames\": 24, \"fps\": 12.5, \"width\": 64,"
      " \"seed\": 9007199254740993, \"sampler\": \"euler\", \"schedule\": \"karras\","
      " \"noise\": \"shared\", \"windows\": {\"kind\": \"looped\", \"length\": 8, \"overlap\": 0},"
      " \"motion\": {\"path\": \"motion\", \"adapter\": \"/x/a.safetensors\","
      " \"loras\": [{\"path\": \"zoom.safetensors\"}, {\"path\": \"pan.safetensors\","
      " \"strengths\": [{\"frame\": 2, \"strength\": -1}, {\"frame\": 6, \"strength\": 3}]}]},"
      " \"prompts\": [{\"frame\": 0, \"prompt\": \"c\"}, {\"frame\": 8, \"prompt\": \"d\"}],"
      " \"controls\": [{\"type\": \"scribble\", \"end\": 0.5, \"mode\": \"control\","
      " \"images\": [{\"frame\": 0, \"file\": \"a.png\"}]}]}");
  g_autofree char *motion = in_folder ("motion");
  const struct limn_scene_control *control =
      &g_array_index (scene->controls, struct limn_scene_control, 0);

  g_assert_cmpint (scene->seed, ==, G_GINT64_CONSTANT (9007199254740993));
  g_assert_cmpint (scene->sampler, ==, LIMN_SAMPLER_EULER);
  g_assert_cmpint (scene->sigmas, ==, LIMN_SIGMAS_KARRAS);
  g_assert_cmpint (scene->noise, ==, LIMN_ANIMATE_NOISE_SHARED);
  g_assert_cmpint (scene->windows_kind, ==, LIMN_WINDOWS_LOOPED);
  g_assert_cmpint (scene->windows_length, ==, 8);
  g_assert_cmpint (scene->windows_overlap, ==, 0);
  g_assert_cmpstr (scene->motion, ==, motion);
  g_assert_cmpstr (scene->adapter, ==, "/x/a.safetensors");
  g_assert_cmpfloat (g_array_index (scene->loras, struct limn_scene_lora, 0).strength, ==, 1);
  g_assert_cmpint (g_array_index (scene->prompts, struct limn_scene_prompt, 1).frame, ==, 8);
  g_assert_cmpfloat (control->end, ==, 0.5);
  g_assert_cmpint (control->mode, ==, LIMN_CONTROL_CONTROL);
}

static void
test_refused (void)
{
  static const struct {
    const char *text, *words;
  } cases[] = {
    { "", "scene.json" },
    { "[]", "scene.json" },
    { "{\"frames\": 0}", "\"frames\" is 0, wanted a whole number from 1 to 10000" },
    { "{\"frames\": 2.5}", "\"frames\" is 2.5" },
    { "{\"strength\": 0}", "\"strength\" is 0, wanted a number from 0.001 to 1" },
    { "{\"fraems\": 2}", "\"fraems\" means nothing here" },
    { "{\"sampler\": \"magic\"}", "\"sampler\" is not one of ddim" },
    { "{\"motion\": {\"path\": \"m\", \"loras\": [{\"strength\": 1}]}}",
      "LoRA 1 of \"motion\" has no \"path\"" },
    { "{\"motion\": {\"loras\": [{\"path\": \"a\"}]}}", "has no motion modules to be added to" },
    { "{\"motion\": {\"loras\": [{\"path\": \"a\", \"strengths\": [{\"frame\": 0, \"strength\": "
      "11}]}]}}",
      "\"strength\" is 11, wanted a number from -10 to 10" },
    { "{\"motion\": {\"loras\": [{\"strengths\": [{\"frame\": 1}, {\"frame\": 0}]}]}}",
      "\"strengths\" has frame 0 after frame 1" },
    { "{\"prompts\": [{\"frame\": 4}, {\"frame\": 4}]}", "frame 4 after frame 4" },
    { "{\"controls\": [{\"type\": \"scribble\"}]}", "control 1 needs one of" },
    { "{\"controls\": [{\"film\": \"a.mp4\"}]}", "control 1 has no \"type\"" },
    { "{} {}", "scene.json" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (load (cases[i].text, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, cases[i].words));
    g_assert_null (strchr (error->message, '\n'));
  }
}

static void
make_frames (const limn_scene *scene, struct limn_scene_frames *frames)
{
  g_autoptr (GError) error = NULL;

  limn_scene_make_frames (scene, &g_array_index (scene->controls, struct limn_scene_control, 0), 16,
                          16, frames, &error);
  g_assert_no_error (error);
}

/* A picture holds until the next one; a sparse one is there at its frame alone. */
static void
test_images (void)
{
  static const int held[] = { 10, 10, 10, 200, 200, 200 }, sparse[] = { -1, 10, -1, 200, -1, -1 };
  static const char text[] =
      "{\"frames\": 6, \"controls\": [{\"type\": \"canny\", \"sparse\": %s, \"images\": ["
      "{\"frame\": 1, \"file\": \"dark.png\"}, {\"frame\": 3, \"file\": \"light.png\"}]}]}";

  save_grey ("dark.png", 10);
  save_grey ("light.png", 200);
  for (int round = 0; round < 2; round++) {
    g_autofree char *json = g_strdup_printf (text, round == 0 ? "false" : "true");
    g_autoptr (limn_scene) scene = load_good (json);
    const int *expected = round == 0 ? held : sparse;
    struct limn_scene_frames frames;

    make_frames (scene, &frames);
    for (int i = 0; i < 6; i++)
      g_assert_cmpint (frames.images[i] != NULL ? frames.images[i]->pixels[0] : -1, ==,
                       expected[i]);
    limn_scene_frames_clear (&frames);
  }
}

static void
test_weights (void)
{
  g_autoptr (limn_scene) scene =
      load_good ("{\"frames\": 6, \"controls\": [{\"type\": \"canny\","
                 " \"images\": [{\"frame\": 0, \"file\": \"dark.png\"}],"
                 " \"weights\": [{\"frame\": 1, \"weight\": 0}, {\"frame\": 3, \"weight\": 1, "
                 "\"ease\": \"hold\"}, {\"frame\": 5, \"weight\": 2}]}]}");
  static const float expected[] = { 0, 0, 0.5f, 1, 1, 2 };
  struct limn_scene_frames frames;

  make_frames (scene, &frames);
  for (int i = 0; i < 6; i++)
    g_assert_cmpfloat (frames.weights[i], ==, expected[i]);
  limn_scene_frames_clear (&frames);
}

static void
test_strengths (void)
{
  g_autoptr (limn_scene) scene = load_good (
      "{\"frames\": 5, \"motion\": {\"path\": \"m\", \"loras\": ["
      "{\"path\": \"a\"}, {\"path\": \"b\", \"strengths\": []}, {\"path\": \"c\","
      " \"strength\": 7, \"strengths\": [{\"frame\": 1, \"strength\": -2}, {\"frame\": 3,"
      " \"strength\": 4, \"ease\": \"hold\"}, {\"frame\": 4, \"strength\": 0.5}]}]}}");
  static const float expected[] = { -2, -2, 1, 4, 0.5f };

  for (guint i = 0; i < 3; i++) {
    const struct limn_scene_lora *lora = &g_array_index (scene->loras, struct limn_scene_lora, i);
    g_autofree float *strengths = limn_scene_strengths (scene, lora);

    if (i < 2)
      g_assert_null (strengths);
    else
      g_assert_cmpmem (strengths, sizeof expected, expected, sizeof expected);
  }
}

/* A camera that does nothing changes nothing; one that moves by half the frame moves by half. */
static void
test_camera (void)
{
  g_autofree char *path = in_folder ("half.png");
  g_autoptr (limn_image) half = limn_image_new (16, 16, 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_scene) scene = load_good (
      "{\"frames\": 3, \"controls\": [{\"type\": \"canny\","
      " \"images\": [{\"frame\": 0, \"file\": \"half.png\"}]}],"
      " \"camera\": [{\"frame\": 0, \"zoom\": 1}, {\"frame\": 2, \"x\": 0.5, \"roll\": 180}]}");
  struct limn_scene_frames frames;

  for (int i = 0; i < 16 * 16; i++)
    memset (half->pixels + 3 * i, i % 16 < 8 ? 250 : 0, 3);
  limn_png_save (half, path, NULL, 0, &error);
  g_assert_no_error (error);
  make_frames (scene, &frames);
  g_assert_cmpmem (frames.images[0]->pixels, 16 * 16 * 3, half->pixels, 16 * 16 * 3);
  /* Turned round, the light half is the right one, and then it moves out of the frame. */
  for (int x = 0; x < 16; x++)
    g_assert_cmpint (frames.images[2]->pixels[(8 * 16 + x) * 3], ==, 0);
  limn_scene_frames_clear (&frames);
}

static void
test_missing_file (void)
{
  g_autoptr (limn_scene) scene =
      load_good ("{\"controls\": [{\"type\": \"canny\","
                 " \"images\": [{\"frame\": 0, \"file\": \"nothing.png\"}]}]}");
  struct limn_scene_frames frames;
  g_autoptr (GError) error = NULL;

  g_assert_false (
      limn_scene_make_frames (scene, &g_array_index (scene->controls, struct limn_scene_control, 0),
                              16, 16, &frames, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "nothing.png"));
  limn_scene_frames_clear (&frames);
}

int
main (int argc, char **argv)
{
  static const char *const files[] = { "scene.json", "dark.png", "light.png", "half.png" };
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("limn-scene-XXXXXX", NULL);
  g_test_add_func ("/scene/defaults", test_defaults);
  g_test_add_func ("/scene/all", test_all);
  g_test_add_func ("/scene/refused", test_refused);
  g_test_add_func ("/scene/images", test_images);
  g_test_add_func ("/scene/weights", test_weights);
  g_test_add_func ("/scene/strengths", test_strengths);
  g_test_add_func ("/scene/camera", test_camera);
  g_test_add_func ("/scene/missing-file", test_missing_file);
  status = g_test_run ();
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = in_folder (files[i]);

    g_unlink (path);
  }
  g_rmdir (folder);
  g_free (folder);
  return status;
}
