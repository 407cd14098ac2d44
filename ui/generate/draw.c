/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/draw.h"

#include <glib/gi18n.h>
#include <string.h>

#include "document/inputs.h"
#include "prompt-expand.h"
#include "recipe-json.h"
#include "recipe-text.h"

/* Bytes of texts with which other programs still open a PNG, as in app/generate.c. */
#define MAX_TEXT (63 << 20)

/* A drawing under way. */
struct drawing {
  struct limn_stand *stand;
  const limn_request *request;
  GCancellable *cancellable;
  limn_draw_func tell;
  gpointer data;

  struct limn_generate_params params;
  struct limn_inputs inputs;
  char *prompt, *negative;
  int width, height; /* of the picture, at the end */

  gint64 began, generated; /* microseconds: when it all, and when the engine began */
  double first, last;      /* seconds of the engine's at which the first and last step ended */
  struct limn_engine_progress progress;
};

static double
seconds_since (gint64 begin)
{
  return (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
}

/* Takes @picture. */
static void
tell (struct drawing *drawing, limn_phase phase, limn_image *picture)
{
  struct limn_engine_progress progress = drawing->progress;

  progress.phase = phase;
  progress.picture = picture;
  drawing->tell (&progress, drawing->data);
}

/* --- events of the engine --- */

/* The first step, which has more to do, tells of the others only while it is alone. */
static double
guess_left (struct drawing *drawing, const struct limn_event *event)
{
  double each;

  if (event->step <= 1)
    drawing->first = event->seconds;
  drawing->last = event->seconds;
  each = event->step <= 1 ? event->seconds : (drawing->last - drawing->first) / (event->step - 1);
  return each * (event->steps - event->step) + drawing->stand->decode_seconds;
}

/* As large as the picture: what shows it need not know how to enlarge it well. */
static limn_image *
take_preview (struct drawing *drawing, const limn_image *preview)
{
  return preview != NULL ? limn_image_resize (preview, drawing->width, drawing->height) : NULL;
}

static void
on_event (const struct limn_event *event, gpointer data)
{
  struct drawing *drawing = data;
  struct limn_engine_progress *progress = &drawing->progress;

  if (event->kind == LIMN_EVENT_TEXT)
    return;
  progress->step = event->step;
  progress->steps = event->steps;
  progress->memory = event->memory;
  if (event->kind == LIMN_EVENT_STEP)
    progress->seconds_left = guess_left (drawing, event);
  else
    progress->seconds_left = drawing->stand->decode_seconds;
  tell (drawing, event->kind == LIMN_EVENT_STEP ? LIMN_PHASE_STEPS : LIMN_PHASE_DECODE,
        take_preview (drawing, event->preview));
}

/* --- before --- */

/* All that memory depends on. */
static char *
describe_kind (const limn_request *request, const struct limn_generate_params *params)
{
  GString *kind = g_string_new (request->model);

  g_string_append_printf (kind, " %dx%d %g %g %d %d %d %d", params->width, params->height,
                          params->aspect, (double) params->hires_scale, (int) params->hires_upscale,
                          params->cfg > 1, params->init != NULL, (int) params->preview);
  g_string_append_printf (kind, " %zu", strlen (params->prompt) + strlen (params->negative));
  for (gsize i = 0; i < params->n_controls; i++)
    g_string_append_printf (kind, " %s=%s:%d", params->controls[i].type,
                            params->controls[i].path != NULL ? params->controls[i].path : "",
                            (int) params->controls[i].mode);
  return g_string_free (kind, FALSE);
}

/* Before the first gigabyte is read, and once for each kind of picture, since it takes a while.
 * What else is wrong shows when the model is opened; one that has gone from the disk cannot be
 * measured, and need not. */
static bool
check_memory (struct limn_stand *stand, const limn_request *request, GError **error)
{
  const struct limn_inputs_params shapes = { .shapes = true, .loaded = stand->controls };
  g_autoptr (GError) problem = NULL;
  g_autofree char *kind = NULL;
  struct limn_generate_params params = request->params;
  struct limn_inputs inputs;

  params.prompt = request->prompt;
  params.negative = request->negative;
  limn_inputs_init (&inputs, request, &shapes);
  limn_inputs_use (&inputs, &params);
  kind = describe_kind (request, &params);
  if (g_strcmp0 (stand->checked, kind) != 0) {
    g_clear_pointer (&stand->checked, g_free);
    if (limn_forecast_check (stand->device, request->model, &params, &problem))
      stand->checked = g_steal_pointer (&kind);
  }
  limn_inputs_clear (&inputs);
  if (!g_error_matches (problem, LIMN_ERROR, LIMN_ERROR_MEMORY))
    return true;
  g_propagate_error (error, g_steal_pointer (&problem));
  return false;
}

/* Sizes, prompts and pictures. */
static bool
prepare (struct drawing *drawing, guint64 seed, bool shapes, GError **error)
{
  struct limn_generate_params *params = &drawing->params;
  struct limn_inputs_params inputs = { .shapes = shapes, .loaded = drawing->stand->controls };
  double scale;

  *params = drawing->request->params;
  limn_model_fit (drawing->stand->model, params->aspect, &params->width, &params->height);
  params->aspect = 0;
  if (!limn_request_check (drawing->request, params->width, params->height, error))
    return false;
  scale = MAX ((double) params->hires_scale, 1.0);
  inputs.width = (int) (params->width * scale);
  inputs.height = (int) (params->height * scale);
  drawing->width = inputs.width;
  drawing->height = inputs.height;
  limn_inputs_init (&drawing->inputs, drawing->request, &inputs);
  limn_inputs_use (&drawing->inputs, params);
  drawing->prompt = limn_prompt_expand (drawing->request->prompt, seed);
  drawing->negative = limn_prompt_expand (drawing->request->negative, seed);
  params->prompt = drawing->prompt;
  params->negative = drawing->negative;
  params->seed = seed;
  return true;
}

static void
drawing_clear (struct drawing *drawing)
{
  limn_inputs_clear (&drawing->inputs);
  g_free (drawing->prompt);
  g_free (drawing->negative);
}

/* --- after --- */

/* One for each type that takes part. */
static void
add_controlnets (limn_recipe *recipe, const struct drawing *drawing)
{
  for (gsize i = 0; i < drawing->params.n_controls; i++) {
    const struct limn_control *control = &drawing->params.controls[i];
    g_autofree char *text = control->path != NULL ? limn_recipe_path_to_text (control->path) : NULL;
    g_autofree char *base = control->path != NULL
                                ? g_path_get_basename (control->path)
                                : g_strconcat ("controlnet-", control->type, NULL);
    g_autofree char *name = g_utf8_make_valid (base, -1);
    struct limn_recipe_file file = { .type = control->type };
    bool known = false;

    for (guint j = 0; j < recipe->owned_controlnets->len; j++)
      known = known ||
              strcmp (g_array_index (recipe->owned_controlnets, struct limn_recipe_file, j).type,
                      control->type) == 0;
    if (known)
      continue;
    file.path = text != NULL ? g_string_chunk_insert (recipe->strings, text) : NULL;
    file.name = g_string_chunk_insert (recipe->strings, name);
    file.fingerprint = limn_stand_control (drawing->stand, control->type, control->path);
    g_array_append_val (recipe->owned_controlnets, file);
  }
  recipe->controlnets = (const void *) recipe->owned_controlnets->data;
  recipe->n_controlnets = recipe->owned_controlnets->len;
}

static limn_recipe *
make_recipe (const struct drawing *drawing)
{
  const struct limn_stand *stand = drawing->stand;
  limn_recipe *recipe = limn_recipe_new ();

  recipe->params = drawing->params;
  recipe->params.preview = LIMN_PREVIEW_NONE;
  recipe->params.event = NULL;
  recipe->params.event_data = NULL;
  recipe->has_seed = true;
  recipe->model = (struct limn_recipe_file){ .path = stand->text,
                                             .name = stand->name,
                                             .fingerprint = stand->fingerprint };
  recipe->device = limn_device_name (stand->device);
  add_controlnets (recipe, drawing);
  return recipe;
}

static bool
encode (const struct drawing *drawing,
        const limn_image *image,
        struct limn_engine_result *result,
        GError **error)
{
  g_autoptr (limn_recipe) recipe = make_recipe (drawing);
  g_autofree char *text = limn_recipe_to_text (recipe);
  g_autofree char *json = limn_recipe_to_json (recipe, error);
  const struct limn_png_text texts[] = {
    { LIMN_RECIPE_TEXT, text },
    { LIMN_RECIPE_KEY, json, .utf8 = true },
  };
  GByteArray *bytes;

  if (json == NULL)
    return false;
  bytes =
      limn_png_encode_texts (image, texts, strlen (text) + strlen (json) < MAX_TEXT ? 2 : 1, error);
  if (bytes == NULL)
    return false;
  result->png = g_byte_array_free_to_bytes (bytes);
  result->recipe = g_steal_pointer (&text);
  return true;
}

static limn_image *
copy_image (const limn_image *image)
{
  return limn_image_resize (image, image->width, image->height);
}

/* --- all of it --- */

bool
limn_draw_open (struct limn_stand *stand, const limn_request *request, GError **error)
{
  return limn_request_check (request, 0, 0, error) &&
         limn_stand_open_device (stand, request->device, error) &&
         check_memory (stand, request, error) &&
         limn_stand_open_model (stand, request->model, error);
}

static bool
draw (struct drawing *drawing, guint64 seed, struct limn_engine_result *result, GError **error)
{
  g_autoptr (limn_image) image = NULL;

  if (!prepare (drawing, seed, false, error))
    return false;
  if (drawing->inputs.warnings->len > 0) {
    g_ptr_array_add (drawing->inputs.warnings, NULL);
    result->warnings = g_strdupv ((char **) drawing->inputs.warnings->pdata);
  }
  drawing->params.event = on_event;
  drawing->params.event_data = drawing;
  drawing->generated = g_get_monotonic_time ();
  image = limn_generate (drawing->stand->model, &drawing->params, drawing->cancellable, error);
  if (image == NULL)
    return false;
  drawing->progress.finished = true;
  drawing->progress.seconds_left = -1;
  tell (drawing, LIMN_PHASE_DECODE, copy_image (image));
  if (!encode (drawing, image, result, error))
    return false;
  result->seconds = seconds_since (drawing->began);
  drawing->stand->decode_seconds = seconds_since (drawing->generated) - drawing->last;
  return true;
}

void
limn_draw (struct limn_stand *stand,
           const limn_request *request,
           guint64 seed,
           GCancellable *cancellable,
           struct limn_engine_result *result,
           limn_draw_func func,
           gpointer data)
{
  struct drawing drawing = {
    .stand = stand,
    .request = request,
    .cancellable = cancellable,
    .tell = func,
    .data = data,
    .began = g_get_monotonic_time (),
    .progress = { .seconds_left = -1 },
  };

  tell (&drawing, LIMN_PHASE_LOAD, NULL);
  if (!g_cancellable_set_error_if_cancelled (cancellable, NULL) &&
      limn_draw_open (stand, request, &result->error))
    draw (&drawing, seed, result, &result->error);
  else if (result->error == NULL)
    g_set_error_literal (&result->error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
  drawing_clear (&drawing);
  if (result->seconds <= 0)
    result->seconds = seconds_since (drawing.began);
  /* A device that failed may never work again as it is. */
  if (g_error_matches (result->error, LIMN_ERROR, LIMN_ERROR_DEVICE) ||
      g_error_matches (result->error, LIMN_ERROR, LIMN_ERROR_MEMORY))
    limn_stand_clear (stand);
}

void
limn_engine_result_clear (struct limn_engine_result *result)
{
  g_clear_error (&result->error);
  g_clear_pointer (&result->png, g_bytes_unref);
  g_clear_pointer (&result->recipe, g_free);
  g_clear_pointer (&result->warnings, g_strfreev);
}

/* --- rehearsal --- */

static void
on_rehearsed (const struct limn_event *event, gpointer data)
{
}

void
limn_draw_rehearse (struct limn_stand *stand,
                    const limn_request *request,
                    GCancellable *cancellable)
{
  struct drawing drawing = { .stand = stand, .request = request };
  g_autoptr (limn_image) paper = limn_image_new (64, 64, 3);
  g_autoptr (limn_image) image = NULL;
  g_autofree char *folder = g_build_filename (stand->path, "controlnet-scribble", NULL);
  const struct limn_control control = { .type = "scribble", .image = paper, .weight = 1, .end = 1 };

  if (!prepare (&drawing, 0, true, NULL))
    return;
  drawing.params.steps = 2;
  drawing.params.hires_scale = 0;
  drawing.params.preview = LIMN_PREVIEW_LATENT;
  drawing.params.event = on_rehearsed;
  if (drawing.params.n_controls == 0 && g_file_test (folder, G_FILE_TEST_IS_DIR)) {
    drawing.params.controls = &control;
    drawing.params.n_controls = 1;
  }
  image = limn_generate (stand->model, &drawing.params, cancellable, NULL);
  drawing_clear (&drawing);
}
