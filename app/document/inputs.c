/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/inputs.h"

#include <glib/gi18n.h>
#include <string.h>

#include "document/composite.h"

#define SCRIBBLE "scribble"
#define SHAPE_SIDE 8

G_GNUC_PRINTF (2, 3)
static void
warn (struct limn_inputs *inputs, const char *format, ...)
{
  va_list arguments;
  char *sentence;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  for (guint i = 0; i < inputs->warnings->len; i++) {
    if (g_str_equal (inputs->warnings->pdata[i], sentence)) {
      g_free (sentence);
      return;
    }
  }
  g_ptr_array_add (inputs->warnings, sentence);
}

static const struct limn_request_layer *
layer_at (const limn_request *request, guint index)
{
  return g_ptr_array_index (request->layers, index);
}

/* Both take the picture. */
static const limn_image *
keep (struct limn_inputs *inputs, limn_image *image)
{
  g_ptr_array_add (inputs->images, image);
  return image;
}

static limn_image *
resize (limn_image *image, int width, int height)
{
  limn_image *sized;

  if (image->width == width && image->height == height)
    return image;
  sized = limn_image_resize (image, width, height);
  limn_image_free (image);
  return sized;
}

/* --- pixels --- */

/* NULL when there is no memory, as below. */
static cairo_surface_t *
unpack (const struct limn_request_layer *layer)
{
  cairo_surface_t *pixels = limn_pixels_new (layer->pixels->width, layer->pixels->height);

  if (pixels != NULL)
    limn_snapshot_restore (layer->pixels, pixels, limn_pixels_area (pixels));
  return pixels;
}

/* The canvas with @black or transparent paper and on it the layers for which @wanted is true. */
static limn_image *
paint (const limn_request *request,
       bool black,
       bool blended,
       bool (*wanted) (const struct limn_request_layer *layer, gconstpointer data),
       gconstpointer data)
{
  cairo_surface_t *canvas = limn_pixels_new (request->width, request->height);
  limn_image *image = NULL;
  cairo_t *cairo;

  if (canvas == NULL)
    return NULL;
  cairo = cairo_create (canvas);
  if (black)
    cairo_paint (cairo);
  for (guint i = 0; i < request->layers->len; i++) {
    const struct limn_request_layer *layer = layer_at (request, i);
    cairo_surface_t *pixels = wanted (layer, data) ? unpack (layer) : NULL;

    if (pixels == NULL)
      continue;
    limn_composite_surface (cairo, pixels, layer->x, layer->y, blended ? layer->blend : 0,
                            blended ? layer->opacity : 1.0);
    cairo_surface_destroy (pixels);
  }
  cairo_destroy (cairo);
  cairo_surface_flush (canvas);
  image = limn_pixels_to_image (canvas);
  cairo_surface_destroy (canvas);
  return image;
}

static bool
is_this (const struct limn_request_layer *layer, gconstpointer data)
{
  return layer == data;
}

static bool
is_picture (const struct limn_request_layer *layer, gconstpointer data)
{
  return layer->control == NULL;
}

/* As the network sees @layer. */
static limn_image *
see (const limn_request *request, const struct limn_request_layer *layer, int width, int height)
{
  bool lines = layer->kind == LIMN_LAYER_SCRIBBLE || strcmp (layer->control, SCRIBBLE) == 0;
  g_autoptr (limn_image) drawing = paint (request, !lines, false, is_this, layer);

  if (drawing == NULL)
    return NULL;
  return resize (lines ? limn_image_scribble (drawing) : limn_image_to_rgb (drawing), width,
                 height);
}

/* White where either is. */
static void
lighten (limn_image *image, const limn_image *other)
{
  gsize size = (gsize) image->width * (gsize) image->height * (gsize) image->channels;

  for (gsize i = 0; i < size; i++)
    image->pixels[i] = MAX (image->pixels[i], other->pixels[i]);
}

/* --- controls --- */

static bool
has_control (const limn_request *request,
             const struct limn_request_layer *layer,
             const struct limn_inputs_params *params)
{
  g_autofree char *name = g_strconcat ("controlnet-", layer->control, NULL);
  g_autofree char *path = g_build_filename (request->model, name, NULL);

  return layer->weights != NULL ||
         (params->loaded != NULL && g_hash_table_contains (params->loaded, layer->control)) ||
         (strchr (layer->control, G_DIR_SEPARATOR) == NULL &&
          g_file_test (path, G_FILE_TEST_IS_DIR));
}

/* Whether both are parts of one drawing. */
static bool
belongs (const struct limn_request_layer *a, const struct limn_request_layer *b)
{
  return a->kind == LIMN_LAYER_SCRIBBLE && b->kind == LIMN_LAYER_SCRIBBLE &&
         strcmp (a->control, b->control) == 0 && g_strcmp0 (a->weights, b->weights) == 0 &&
         a->weight == b->weight && a->start == b->start && a->end == b->end && a->mode == b->mode;
}

static char *
keep_text (struct limn_inputs *inputs, const char *text)
{
  char *copy = g_strdup (text);

  if (copy != NULL)
    g_ptr_array_add (inputs->texts, copy);
  return copy;
}

/* Takes @image. */
static void
add_control (struct limn_inputs *inputs, const struct limn_request_layer *layer, limn_image *image)
{
  inputs->controls[inputs->n_controls++] = (struct limn_control){
    .type = keep_text (inputs, layer->control),
    .path = keep_text (inputs, layer->weights),
    .image = keep (inputs, image),
    .weight = layer->weight,
    .start = MIN (layer->start, layer->end),
    .end = layer->end,
    .mode = layer->mode,
  };
}

/* Which of the layers before @index it is one drawing with, or -1. */
static int
find_partner (const limn_request *request, guint index)
{
  for (guint i = 0; i < index; i++) {
    const struct limn_request_layer *layer = layer_at (request, i);

    if (layer->control != NULL && belongs (layer, layer_at (request, index)))
      return (int) i;
  }
  return -1;
}

static void
add_controls (struct limn_inputs *inputs,
              const limn_request *request,
              const struct limn_inputs_params *params)
{
  /* What each layer became a part of. */
  g_autofree limn_image **parts = g_new0 (limn_image *, request->layers->len + 1);

  for (guint i = 0; i < request->layers->len; i++) {
    const struct limn_request_layer *layer = layer_at (request, i);
    int partner = layer->control != NULL ? find_partner (request, i) : -1;
    limn_image *image = NULL;

    if (layer->control == NULL || layer->weight <= 0)
      continue;
    if (!has_control (request, layer, params)) {
      warn (inputs, _ ("The model has no ControlNet “%s”: its layers are left out."),
            layer->control);
      continue;
    }
    if (partner < 0 && inputs->n_controls == LIMN_INPUTS_MAX_CONTROLS) {
      warn (inputs, _ ("At most %d control layers take part: the others are left out."),
            LIMN_INPUTS_MAX_CONTROLS);
      continue;
    }
    if (partner >= 0 && (params->shapes || parts[partner] == NULL))
      continue;
    image = params->shapes ? limn_image_new (SHAPE_SIDE, SHAPE_SIDE, 3)
                           : see (request, layer, params->width, params->height);
    if (image == NULL) {
      warn (inputs, _ ("There is too little memory for all layers: some are left out."));
    } else if (partner >= 0) {
      lighten (parts[partner], image);
      limn_image_free (image);
    } else {
      parts[i] = image;
      add_control (inputs, layer, image);
    }
  }
}

/* --- the picture to begin with --- */

static void
add_init (struct limn_inputs *inputs,
          const limn_request *request,
          const struct limn_inputs_params *params)
{
  g_autoptr (limn_image) picture = NULL;
  bool any = false;

  for (guint i = 0; i < request->layers->len; i++)
    any = any || is_picture (layer_at (request, i), NULL);
  if (!request->image_to_image)
    return;
  if (!any) {
    warn (inputs, _ ("No picture layer is visible: the picture begins with noise."));
    return;
  }
  picture = params->shapes ? limn_image_new (SHAPE_SIDE, SHAPE_SIDE, 3)
                           : paint (request, false, true, is_picture, NULL);
  if (picture == NULL)
    return;
  inputs->init = limn_image_to_rgb (picture);
  if (!params->shapes)
    inputs->init = resize (inputs->init, params->width, params->height);
}

/* --- all of them --- */

void
limn_inputs_init (struct limn_inputs *inputs,
                  const limn_request *request,
                  const struct limn_inputs_params *params)
{
  memset (inputs, 0, sizeof *inputs);
  inputs->warnings = g_ptr_array_new_with_free_func (g_free);
  inputs->texts = g_ptr_array_new_with_free_func (g_free);
  inputs->images = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free);
  add_controls (inputs, request, params);
  add_init (inputs, request, params);
}

void
limn_inputs_clear (struct limn_inputs *inputs)
{
  g_clear_pointer (&inputs->warnings, g_ptr_array_unref);
  g_clear_pointer (&inputs->texts, g_ptr_array_unref);
  g_clear_pointer (&inputs->images, g_ptr_array_unref);
  g_clear_pointer (&inputs->init, limn_image_free);
}

void
limn_inputs_use (const struct limn_inputs *inputs, struct limn_generate_params *params)
{
  params->controls = inputs->controls;
  params->n_controls = inputs->n_controls;
  params->init = inputs->init;
  if (inputs->init == NULL)
    params->strength = 0;
}
