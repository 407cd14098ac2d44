/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a scene of `limn animate`. What it names is not there. */

#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "scene.h"

static void
check_frames (const GArray *keys)
{
  gsize size = keys != NULL ? g_array_get_element_size ((GArray *) keys) : 0;
  int last = -1;

  for (guint i = 0; keys != NULL && i < keys->len; i++) {
    int frame;

    memcpy (&frame, keys->data + i * size, sizeof frame);
    g_assert_cmpint (frame, >, last);
    g_assert_cmpint (frame, <, LIMN_SCENE_MAX_FRAMES);
    last = frame;
  }
}

static void
check_controls (const limn_scene *scene)
{
  for (guint i = 0; i < scene->controls->len; i++) {
    const struct limn_scene_control *control =
        &g_array_index (scene->controls, struct limn_scene_control, i);

    g_assert_nonnull (control->type);
    g_assert_true (control->start >= 0 && control->end <= 1);
    g_assert_cmpint (control->mode, <, LIMN_N_CONTROL_MODES);
    check_frames (control->images);
    check_frames (control->poses);
    check_frames (control->weights);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *path = fuzz_put ("scene.json", data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_scene) scene = limn_scene_load (path, &error);

  fuzz_check (scene != NULL, error, LIMN_ERROR);
  if (scene == NULL)
    return 0;
  g_assert_true (scene->frames >= 1 && scene->frames <= LIMN_SCENE_MAX_FRAMES);
  g_assert_true (scene->fps >= 0.1 && scene->fps <= 240);
  g_assert_true (scene->steps >= 1 && isfinite (scene->cfg));
  check_frames (scene->prompts);
  check_frames (scene->camera);
  check_controls (scene);
  limn_scene_expand (scene, 1);
  g_assert_true (g_utf8_validate (scene->prompt, -1, NULL));
  return 0;
}
