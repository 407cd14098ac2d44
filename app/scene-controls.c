/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scene.h"

static bool
add_own (struct limn_scene_controls *controls,
         const limn_scene *scene,
         const struct limn_scene_control *control,
         int width,
         int height,
         GError **error)
{
  struct limn_scene_frames *frames = &controls->frames[controls->count];

  controls->controls[controls->count++] = (struct limn_animate_control){
    .type = control->type,
    .path = control->path,
    .start = (float) control->start,
    .end = (float) control->end,
    .mode = (limn_control_mode) control->mode,
  };
  return limn_scene_make_frames (scene, control, width, height, frames, error);
}

static void
add_held (struct limn_scene_controls *controls,
          const limn_scene *scene,
          const struct limn_control *control,
          int width,
          int height)
{
  limn_scene_hold_frame (scene, control->image, control->weight, width, height,
                         &controls->frames[controls->count]);
  controls->controls[controls->count++] = (struct limn_animate_control){
    .type = control->type,
    .path = control->path,
    .start = control->start,
    .end = control->end,
    .mode = control->mode,
  };
}

bool
limn_scene_controls_init (struct limn_scene_controls *controls,
                          const limn_scene *scene,
                          int width,
                          int height,
                          GError **error)
{
  gsize own = scene->controls->len, all;

  *controls = (struct limn_scene_controls){ 0 };
  if (scene->document != NULL)
    limn_scene_project_inputs (scene, &controls->inputs);
  all = own + controls->inputs.n_controls;
  controls->controls = g_new0 (struct limn_animate_control, all + 1);
  controls->frames = g_new0 (struct limn_scene_frames, all + 1);
  for (gsize i = 0; i < own; i++)
    if (!add_own (controls, scene, &g_array_index (scene->controls, struct limn_scene_control, i),
                  width, height, error))
      return false;
  for (gsize i = 0; i < controls->inputs.n_controls; i++)
    add_held (controls, scene, &controls->inputs.controls[i], width, height);
  for (gsize i = 0; i < all; i++) {
    controls->controls[i].images = controls->frames[i].images;
    controls->controls[i].weights = controls->frames[i].weights;
  }
  return true;
}

void
limn_scene_controls_clear (struct limn_scene_controls *controls)
{
  for (gsize i = 0; i < controls->count; i++)
    limn_scene_frames_clear (&controls->frames[i]);
  g_clear_pointer (&controls->controls, g_free);
  g_clear_pointer (&controls->frames, g_free);
  limn_inputs_clear (&controls->inputs);
}
