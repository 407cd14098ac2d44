/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate-inputs.h"

#include "control.h"
#include "fit.h"
#include "guide.h"
#include "number.h"

/* @ready is what a recipe has instead of a file. */
static bool
load (const char *file, const limn_image *ready, limn_image **image, GError **error)
{
  *image = NULL;
  if (file == NULL && ready != NULL)
    *image = limn_image_to_rgb (ready);
  if (file != NULL)
    *image = limn_picture_load (file, 0, error);
  return file == NULL || *image != NULL;
}

bool
limn_generate_inputs_load (struct limn_generate_inputs *inputs,
                           const struct limn_generate_options *options,
                           GError **error)
{
  *inputs = (struct limn_generate_inputs){
    .controls = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free),
    .drawings = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free),
  };
  for (guint i = 0; i < options->controls->len; i++) {
    const struct limn_control_spec *spec = g_ptr_array_index (options->controls, i);
    limn_image *image;

    if (!load (spec->file, spec->image, &image, error))
      return false;
    g_ptr_array_add (inputs->controls, image);
  }
  for (guint i = 0; i < options->guides->len; i++) {
    const struct limn_guide_spec *spec = g_ptr_array_index (options->guides, i);
    limn_image *image;

    if (!load (spec->file, spec->image, &image, error))
      return false;
    g_ptr_array_add (inputs->drawings, image);
  }
  return load (options->init, options->init_image, &inputs->init, error) &&
         load (options->mask, options->mask_image, &inputs->mask, error);
}

void
limn_generate_inputs_clear (struct limn_generate_inputs *inputs)
{
  g_clear_pointer (&inputs->controls, g_ptr_array_unref);
  g_clear_pointer (&inputs->drawings, g_ptr_array_unref);
  g_clear_pointer (&inputs->init, limn_image_free);
  g_clear_pointer (&inputs->mask, limn_image_free);
}

static int
nearest_multiple (int side, int multiple)
{
  return CLAMP ((side + multiple / 2) / multiple, 1, LIMN_MAX_SIDE / multiple) * multiple;
}

bool
limn_generate_inputs_size (const struct limn_generate_inputs *inputs,
                           const struct limn_generate_options *options,
                           const limn_model *model,
                           int *width,
                           int *height,
                           GError **error)
{
  int multiple, near_width, near_height;

  limn_model_size (model, width, height, &multiple);
  if (options->width == 0 && inputs->init != NULL) {
    *width = nearest_multiple (inputs->init->width, multiple);
    *height = nearest_multiple (inputs->init->height, multiple);
  }
  if (options->width == 0)
    return true;
  *width = options->width;
  *height = options->height;
  near_width = nearest_multiple (*width, multiple);
  near_height = nearest_multiple (*height, multiple);
  if (*width == near_width && *height == near_height)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
               "--size is %dx%d and both must be multiples of %d for the model %s, as %dx%d",
               *width, *height, multiple, options->model, near_width, near_height);
  return false;
}

static void
fit (limn_image **image, int width, int height)
{
  limn_image *fitted;

  if (*image == NULL)
    return;
  fitted = limn_fit (*image, width, height);
  limn_image_free (*image);
  *image = fitted;
}

/* A drawing as networks and measures see it: white lines on black. */
static void
make_scribble (limn_image **image)
{
  limn_image *lines = limn_image_scribble (*image);

  limn_image_free (*image);
  *image = lines;
}

void
limn_generate_inputs_prepare (struct limn_generate_inputs *inputs,
                              const struct limn_generate_options *options,
                              int width,
                              int height)
{
  fit (&inputs->init, width, height);
  fit (&inputs->mask, width, height);
  for (guint i = 0; i < inputs->controls->len; i++) {
    const struct limn_control_spec *spec = g_ptr_array_index (options->controls, i);
    limn_image **image = (limn_image **) &inputs->controls->pdata[i];

    fit (image, width, height);
    if (g_str_equal (spec->type, "scribble") && spec->file != NULL)
      make_scribble (image);
  }
  for (guint i = 0; i < inputs->drawings->len; i++) {
    const struct limn_guide_spec *spec = g_ptr_array_index (options->guides, i);
    limn_image **image = (limn_image **) &inputs->drawings->pdata[i];

    fit (image, width, height);
    if (spec->file != NULL)
      make_scribble (image);
  }
}
