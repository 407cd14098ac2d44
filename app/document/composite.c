/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/composite.h"

/* In the order of limn_blend_names. */
static const cairo_operator_t operators[] = {
  CAIRO_OPERATOR_OVER,           CAIRO_OPERATOR_MULTIPLY,
  CAIRO_OPERATOR_SCREEN,         CAIRO_OPERATOR_OVERLAY,
  CAIRO_OPERATOR_DARKEN,         CAIRO_OPERATOR_LIGHTEN,
  CAIRO_OPERATOR_COLOR_DODGE,    CAIRO_OPERATOR_COLOR_BURN,
  CAIRO_OPERATOR_HARD_LIGHT,     CAIRO_OPERATOR_SOFT_LIGHT,
  CAIRO_OPERATOR_DIFFERENCE,     CAIRO_OPERATOR_HSL_COLOR,
  CAIRO_OPERATOR_HSL_LUMINOSITY, CAIRO_OPERATOR_HSL_HUE,
  CAIRO_OPERATOR_HSL_SATURATION, CAIRO_OPERATOR_ADD,
};
G_STATIC_ASSERT (G_N_ELEMENTS (operators) == LIMN_N_BLENDS);

void
limn_composite_surface (
    cairo_t *cairo, cairo_surface_t *pixels, int x, int y, int blend, double opacity)
{
  cairo_rectangle_int_t size = limn_pixels_area (pixels);

  cairo_save (cairo);
  cairo_set_source_surface (cairo, pixels, x, y);
  cairo_pattern_set_filter (cairo_get_source (cairo), CAIRO_FILTER_NEAREST);
  cairo_set_operator (cairo, operators[blend]);
  /* Some operators reach beyond their source. */
  cairo_rectangle (cairo, x, y, size.width, size.height);
  cairo_clip (cairo);
  if (opacity < 1.0)
    cairo_paint_with_alpha (cairo, opacity);
  else
    cairo_paint (cairo);
  cairo_restore (cairo);
}

int
limn_composite_blend (const limn_layer *layer)
{
  return MAX (limn_choice_find (limn_blend_names, limn_layer_get_text (layer, LIMN_LAYER_BLEND)),
              0);
}

void
limn_composite_pixels (cairo_t *cairo, const limn_layer *layer)
{
  cairo_rectangle_int_t area = limn_layer_area (layer);

  limn_composite_surface (cairo, layer->pixels, area.x, area.y, 0, 1.0);
}

void
limn_composite_layer (cairo_t *cairo, const limn_layer *layer)
{
  cairo_rectangle_int_t area = limn_layer_area (layer);

  limn_composite_surface (cairo, layer->pixels, area.x, area.y, limn_composite_blend (layer),
                          limn_layer_get_double (layer, LIMN_LAYER_OPACITY));
}

cairo_surface_t *
limn_document_composite_pixels (LimnDocument *document)
{
  cairo_surface_t *pixels;
  cairo_t *cairo;
  int width, height;

  limn_document_get_size (document, &width, &height);
  pixels = limn_pixels_new (width, height);
  if (pixels == NULL)
    return NULL;
  cairo = cairo_create (pixels);
  for (guint i = 0; i < limn_document_n_layers (document); i++) {
    const limn_layer *layer = limn_document_layer (document, i);

    if (limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE))
      limn_composite_layer (cairo, layer);
  }
  cairo_destroy (cairo);
  cairo_surface_flush (pixels);
  return pixels;
}

limn_image *
limn_document_composite (LimnDocument *document)
{
  cairo_surface_t *pixels = limn_document_composite_pixels (document);
  limn_image *image = pixels != NULL ? limn_pixels_to_image (pixels) : NULL;

  cairo_surface_destroy (pixels);
  return image;
}

limn_image *
limn_document_see (LimnDocument *document, guint32 id, bool lines)
{
  const limn_layer *layer = limn_document_find_layer (document, id);
  g_autoptr (limn_image) drawing = NULL;
  cairo_surface_t *pixels;
  cairo_t *cairo;
  int width, height;

  limn_document_get_size (document, &width, &height);
  pixels = layer != NULL ? limn_pixels_new (width, height) : NULL;
  if (pixels == NULL)
    return NULL;
  cairo = cairo_create (pixels);
  if (!lines)
    cairo_paint (cairo);
  limn_composite_pixels (cairo, layer);
  cairo_destroy (cairo);
  cairo_surface_flush (pixels);
  drawing = limn_pixels_to_image (pixels);
  cairo_surface_destroy (pixels);
  return lines ? limn_image_scribble (drawing) : limn_image_to_rgb (drawing);
}
