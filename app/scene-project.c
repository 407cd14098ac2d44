/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scene.h"

#include "document/composite.h"
#include "document/file.h"
#include "document/request.h"
#include "prompt-expand.h"

static const char *
keep (limn_scene *scene, limn_setting setting)
{
  const char *text = limn_document_get_text (scene->document, setting);

  return *text != '\0' ? g_string_chunk_insert (scene->strings, text) : NULL;
}

bool
limn_scene_open_project (limn_scene *scene, const char *path, GError **error)
{
  struct limn_generate_params params = { 0 };

  scene->document = limn_document_load (path, scene->notes, error);
  if (scene->document == NULL)
    return false;
  scene->project = g_string_chunk_insert (scene->strings, path);
  limn_request_read_params (scene->document, &params);
  scene->model = keep (scene, LIMN_SETTING_MODEL);
  scene->prompt = keep (scene, LIMN_SETTING_PROMPT);
  scene->negative = keep (scene, LIMN_SETTING_NEGATIVE);
  scene->style_prompt = keep (scene, LIMN_SETTING_STYLE_PROMPT);
  scene->style_negative = keep (scene, LIMN_SETTING_STYLE_NEGATIVE);
  scene->sampler = (int) params.sampler;
  scene->sigmas = (int) params.sigmas;
  scene->steps = params.steps;
  scene->cfg = (double) params.cfg;
  scene->cfg_rescale = (double) params.cfg_rescale;
  scene->eta = params.eta;
  scene->width = params.width;
  scene->height = params.height;
  scene->aspect = params.aspect;
  scene->document_seed = params.seed;
  scene->has_document_seed =
      g_variant_get_boolean (limn_document_get_value (scene->document, LIMN_SETTING_SEED_LOCKED));
  return true;
}

/* --- layers --- */

/* The id, or 0, and how many layers have that name. */
static guint32
find_layer (LimnDocument *document, const char *name, int *count)
{
  guint32 id = 0;

  *count = 0;
  for (guint i = 0; i < limn_document_n_layers (document); i++) {
    const limn_layer *layer = limn_document_layer (document, i);

    if (!g_str_equal (limn_layer_get_text (layer, LIMN_LAYER_NAME), name))
      continue;
    id = layer->id;
    (*count)++;
  }
  return id;
}

static bool
check_layer (limn_scene *scene, const char *name, const char *path, GError **error)
{
  g_autofree char *quoted = limn_file_quote (name);
  g_autofree char *project = NULL;
  guint32 id;
  int count;

  if (scene->document == NULL) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                         "names the layer %s, and no \"project\" that has it", quoted);
    return false;
  }
  id = find_layer (scene->document, name, &count);
  if (count == 1) {
    limn_document_set_layer (scene->document, id, LIMN_LAYER_VISIBLE, g_variant_new_boolean (FALSE),
                             0);
    return true;
  }
  project = g_filename_display_name (scene->project);
  if (count == 0)
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "%s has no layer %s", project, quoted);
  else
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                         "%s has %d layers of the name %s, wanted one", project, count, quoted);
  return false;
}

bool
limn_scene_check_layers (limn_scene *scene, const char *path, GError **error)
{
  for (guint i = 0; i < scene->controls->len; i++) {
    const GArray *images = g_array_index (scene->controls, struct limn_scene_control, i).images;

    for (guint j = 0; images != NULL && j < images->len; j++) {
      const char *name = g_array_index (images, struct limn_scene_image, j).layer;

      if (name != NULL && !check_layer (scene, name, path, error))
        return false;
    }
  }
  return true;
}

limn_image *
limn_scene_see_layer (const limn_scene *scene, const char *name, bool lines, GError **error)
{
  int count;
  guint32 id = find_layer (scene->document, name, &count);
  const limn_layer *layer = limn_document_find_layer (scene->document, id);
  limn_image *image =
      limn_document_see (scene->document, id, lines || layer->kind == LIMN_LAYER_SCRIBBLE);

  if (image == NULL)
    limn_file_set_error (error, LIMN_ERROR_MEMORY, scene->project, "no memory for its layers");
  return image;
}

static limn_snapshot *
take (const limn_layer *layer, gpointer data)
{
  return limn_snapshot_new (layer->pixels, NULL, NULL);
}

/* Of the request nothing is taken but its layers: a film begins with noise, or with another. */
void
limn_scene_project_inputs (const limn_scene *scene, struct limn_inputs *inputs)
{
  g_autoptr (limn_request) request = limn_request_new (scene->document, take, NULL);
  const struct limn_inputs_params params = { .width = request->width, .height = request->height };

  request->image_to_image = false;
  g_free (request->model);
  request->model = g_strdup (scene->model);
  limn_inputs_init (inputs, request, &params);
}

/* --- prompts --- */

static const char *
expand (limn_scene *scene, const char *style, const char *text, guint64 seed)
{
  g_autofree char *styled = limn_style_apply (style != NULL ? style : "", text != NULL ? text : "");
  g_autofree char *expanded = limn_prompt_expand (styled, seed);

  return g_string_chunk_insert (scene->strings, expanded);
}

void
limn_scene_expand (limn_scene *scene, guint64 seed)
{
  scene->prompt = expand (scene, scene->style_prompt, scene->prompt, seed);
  scene->negative = expand (scene, scene->style_negative, scene->negative, seed);
  for (guint i = 0; i < scene->prompts->len; i++) {
    struct limn_scene_prompt *key = &g_array_index (scene->prompts, struct limn_scene_prompt, i);

    if (key->prompt != NULL)
      key->prompt = expand (scene, scene->style_prompt, key->prompt, seed);
    if (key->negative != NULL)
      key->negative = expand (scene, scene->style_negative, key->negative, seed);
  }
}
