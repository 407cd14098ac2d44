/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/request.h"

#include <glib/gi18n.h>
#include <string.h>

#include "document/composite.h"
#include "paths.h"
#include "prompt-expand.h"

#define TITLE_LENGTH 120 /* characters */

/* --- a request --- */

static void
layer_free (struct limn_request_layer *layer)
{
  limn_snapshot_free (layer->pixels);
  g_free (layer->control);
  g_free (layer->weights);
  g_free (layer);
}

limn_request *
limn_request_ref (limn_request *request)
{
  g_atomic_ref_count_inc (&request->references);
  return request;
}

void
limn_request_unref (limn_request *request)
{
  if (request == NULL || !g_atomic_ref_count_dec (&request->references))
    return;
  g_free (request->model);
  g_free (request->device);
  g_free (request->prompt);
  g_free (request->negative);
  g_free (request->title);
  g_ptr_array_unref (request->layers);
  g_free (request);
}

static bool
layer_equal (const struct limn_request_layer *a, const struct limn_request_layer *b)
{
  return a->kind == b->kind && a->x == b->x && a->y == b->y && a->opacity == b->opacity &&
         a->blend == b->blend && g_strcmp0 (a->control, b->control) == 0 &&
         a->weight == b->weight && a->start == b->start && a->end == b->end && a->mode == b->mode &&
         g_strcmp0 (a->weights, b->weights) == 0 && limn_snapshot_equal (a->pixels, b->pixels);
}

bool
limn_request_equal (const limn_request *a, const limn_request *b)
{
  /* The numbers were set one by one in memory that was zero, so that gaps between them are equal.
   */
  if (strcmp (a->model, b->model) != 0 || g_strcmp0 (a->device, b->device) != 0 ||
      strcmp (a->prompt, b->prompt) != 0 || strcmp (a->negative, b->negative) != 0 ||
      memcmp (&a->params, &b->params, sizeof a->params) != 0 ||
      a->image_to_image != b->image_to_image || a->width != b->width || a->height != b->height ||
      a->layers->len != b->layers->len)
    return false;
  for (guint i = 0; i < a->layers->len; i++)
    if (!layer_equal (a->layers->pdata[i], b->layers->pdata[i]))
      return false;
  return true;
}

bool
limn_request_check (const limn_request *request, int width, int height, GError **error)
{
  const struct limn_generate_params *params = &request->params;
  double scale = MAX ((double) params->hires_scale, 1.0), wide = width, high = height;

  if (width == 0) {
    wide = params->width > 0 ? params->width : params->height * params->aspect;
    high = params->height > 0 ? params->height : params->width / params->aspect;
  }
  wide *= scale;
  high *= scale;
  if (wide * high <= LIMN_REQUEST_MAX_PIXELS)
    return true;
  g_set_error (
      error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
      _ ("The picture would have %.0f × %.0f pixels, and at most %.1f million are possible"), wide,
      high, LIMN_REQUEST_MAX_PIXELS / 1e6);
  return false;
}

/* --- from a document --- */

static int
get_int (LimnDocument *document, limn_setting setting)
{
  return g_variant_get_int32 (limn_document_get_value (document, setting));
}

static double
get_double (LimnDocument *document, limn_setting setting)
{
  return g_variant_get_double (limn_document_get_value (document, setting));
}

static int
get_choice (LimnDocument *document, limn_setting setting)
{
  return MAX (
      limn_choice_find (limn_settings[setting].choices, limn_document_get_text (document, setting)),
      0);
}

void
limn_request_read_params (LimnDocument *document, struct limn_generate_params *params)
{
  double hires = get_double (document, LIMN_SETTING_HIRES);
  int width, height;

  limn_document_get_size (document, &width, &height);
  params->sampler = (limn_sampler_kind) get_choice (document, LIMN_SETTING_SAMPLER);
  params->sigmas = (limn_sigmas) get_choice (document, LIMN_SETTING_SCHEDULE);
  params->steps = get_int (document, LIMN_SETTING_STEPS);
  params->cfg = (float) get_double (document, LIMN_SETTING_CFG);
  params->cfg_rescale = (float) get_double (document, LIMN_SETTING_CFG_RESCALE);
  params->eta = get_double (document, LIMN_SETTING_ETA);
  params->seed = g_variant_get_uint64 (limn_document_get_value (document, LIMN_SETTING_SEED));
  params->width = get_int (document, LIMN_SETTING_WIDTH);
  params->height = get_int (document, LIMN_SETTING_HEIGHT);
  params->aspect = (double) width / height;
  params->strength = (float) get_double (document, LIMN_SETTING_STRENGTH);
  params->hires_scale = hires > 1 ? (float) hires : 0;
  params->hires_strength = (float) get_double (document, LIMN_SETTING_HIRES_STRENGTH);
  params->hires_steps = get_int (document, LIMN_SETTING_HIRES_STEPS);
  params->hires_upscale = (limn_upscale) get_choice (document, LIMN_SETTING_HIRES_UPSCALE);
}

static char *
make_title (LimnDocument *document)
{
  g_autofree char *prompt =
      g_strdelimit (g_strdup (limn_document_get_text (document, LIMN_SETTING_PROMPT)), "\n\t", ' ');

  g_strstrip (prompt);
  return g_utf8_substring (prompt, 0, MIN (g_utf8_strlen (prompt, -1), TITLE_LENGTH));
}

static limn_request *
request_new (LimnDocument *document)
{
  limn_request *request = g_new0 (limn_request, 1);
  const char *model = limn_document_get_text (document, LIMN_SETTING_MODEL);
  const char *device = limn_document_get_text (document, LIMN_SETTING_DEVICE);

  g_atomic_ref_count_init (&request->references);
  request->model = *model != '\0' ? g_strdup (model) : limn_data_path (LIMN_STARTER_MODEL);
  request->device = *device != '\0' ? g_strdup (device) : NULL;
  request->prompt = limn_style_apply (limn_document_get_text (document, LIMN_SETTING_STYLE_PROMPT),
                                      limn_document_get_text (document, LIMN_SETTING_PROMPT));
  request->negative =
      limn_style_apply (limn_document_get_text (document, LIMN_SETTING_STYLE_NEGATIVE),
                        limn_document_get_text (document, LIMN_SETTING_NEGATIVE));
  request->title = make_title (document);
  limn_request_read_params (document, &request->params);
  request->image_to_image =
      g_variant_get_boolean (limn_document_get_value (document, LIMN_SETTING_IMAGE_TO_IMAGE));
  limn_document_get_size (document, &request->width, &request->height);
  request->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) layer_free);
  return request;
}

/* Whether it feeds a ControlNet, or is a part of the picture to begin with. */
static bool
takes_part (const limn_request *request, const limn_layer *layer)
{
  if (!limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE))
    return false;
  return *limn_layer_get_text (layer, LIMN_LAYER_CONTROL) != '\0' ||
         (request->image_to_image && layer->kind == LIMN_LAYER_PICTURE);
}

static struct limn_request_layer *
layer_new (const limn_layer *layer, limn_snapshot *pixels)
{
  struct limn_request_layer *copy = g_new0 (struct limn_request_layer, 1);
  const char *control = limn_layer_get_text (layer, LIMN_LAYER_CONTROL);

  copy->kind = layer->kind;
  copy->pixels = pixels;
  copy->x = limn_layer_get_int (layer, LIMN_LAYER_X);
  copy->y = limn_layer_get_int (layer, LIMN_LAYER_Y);
  copy->opacity = limn_layer_get_double (layer, LIMN_LAYER_OPACITY);
  copy->blend = limn_composite_blend (layer);
  copy->weight = (float) limn_layer_get_double (layer, LIMN_LAYER_WEIGHT);
  copy->start = (float) limn_layer_get_double (layer, LIMN_LAYER_START);
  copy->end = (float) limn_layer_get_double (layer, LIMN_LAYER_END);
  copy->mode = (limn_control_mode) MAX (
      limn_choice_find (limn_mode_names, limn_layer_get_text (layer, LIMN_LAYER_MODE)), 0);
  if (*control != '\0')
    copy->control = g_strdup (control);
  return copy;
}

limn_request *
limn_request_new (LimnDocument *document, limn_request_take_func take, gpointer data)
{
  g_autoptr (limn_request) request = request_new (document);

  for (guint i = 0; i < limn_document_n_layers (document); i++) {
    const limn_layer *layer = limn_document_layer (document, i);
    limn_snapshot *pixels;

    if (!takes_part (request, layer))
      continue;
    pixels = take (layer, data);
    if (pixels == NULL)
      return NULL;
    /* A layer on which nothing is drawn yet asks for nothing. */
    if (layer->kind == LIMN_LAYER_SCRIBBLE && limn_snapshot_is_empty (pixels))
      limn_snapshot_free (pixels);
    else
      g_ptr_array_add (request->layers, layer_new (layer, pixels));
  }
  return g_steal_pointer (&request);
}
