/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe-text.h"
#include "scene.h"

/* What a film shows first, where only keyframes say it. */
static const char *
first_prompt (const limn_scene *scene, const char *prompt, bool negative)
{
  const struct limn_scene_prompt *key;

  if ((prompt != NULL && *prompt != '\0') || scene->prompts->len == 0)
    return prompt;
  key = &g_array_index (scene->prompts, struct limn_scene_prompt, 0);
  if (negative)
    return key->negative != NULL ? key->negative : prompt;
  return key->prompt != NULL ? key->prompt : prompt;
}

char *
limn_scene_recipe (const limn_scene *scene,
                   const struct limn_generate_params *base,
                   const struct limn_scene_controls *controls)
{
  g_autofree struct limn_control *first = g_new0 (struct limn_control, controls->count + 1);
  g_autofree char *folder = g_path_get_basename (scene->model);
  g_autofree char *name = g_utf8_make_valid (folder, -1);
  limn_recipe recipe = { .params = *base, .model.name = name };

  for (gsize i = 0; i < controls->count; i++) {
    const struct limn_animate_control *control = &controls->controls[i];

    first[i] = (struct limn_control){
      .type = control->type,
      .weight = control->weights[0],
      .start = control->start,
      .end = control->end,
      .mode = control->mode,
    };
  }
  recipe.params.prompt = first_prompt (scene, base->prompt, false);
  recipe.params.negative = first_prompt (scene, base->negative, true);
  recipe.params.controls = first;
  recipe.params.n_controls = controls->count;
  return limn_recipe_to_text (&recipe);
}
