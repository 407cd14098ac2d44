/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "document/composite.h"
#include "tools/toolbox.h"

/* The picture of all visible layers at one pixel, straight alpha. */
static guint32
colour_at (LimnDocument *document, int x, int y)
{
  cairo_surface_t *pixel = limn_pixels_new (1, 1);
  cairo_t *cairo = cairo_create (pixel);
  guint32 value, alpha;

  cairo_translate (cairo, -x, -y);
  for (guint i = 0; i < limn_document_n_layers (document); i++) {
    const limn_layer *layer = limn_document_layer (document, i);

    if (limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE))
      limn_composite_layer (cairo, layer);
  }
  cairo_destroy (cairo);
  cairo_surface_flush (pixel);
  value = *limn_pixels_row (pixel, 0);
  cairo_surface_destroy (pixel);
  alpha = value >> 24;
  for (int shift = 0; alpha > 0 && shift < 24; shift += 8) {
    guint32 channel = ((value >> shift & 0xff) * 255 + alpha / 2) / alpha;

    value = (value & ~(0xffu << shift)) | MIN (channel, 255u) << shift;
  }
  return value;
}

/* The brush keeps its opacity; where nothing is drawn there is no colour to take. */
static void
pick (LimnToolbox *box, const struct limn_tool_event *event)
{
  LimnStudio *studio = limn_toolbox_get_studio (box);
  LimnDocument *document = limn_toolbox_get_document (box);
  int x = (int) floor (event->x), y = (int) floor (event->y), width, height;
  guint32 colour, opacity = limn_studio_get_colour (studio) & 0xff000000u;
  bool shows_picture =
      limn_studio_get_show_picture (studio) && limn_studio_get_picture (studio) != NULL;

  limn_document_get_size (document, &width, &height);
  if (x < 0 || y < 0 || x >= width || y >= height)
    return;
  /* With a picture over the layers, what is meant is the colour that is seen. */
  if (!shows_picture || !limn_toolbox_pick (box, x, y, &colour))
    colour = colour_at (document, x, y);
  if (colour >> 24 != 0)
    limn_studio_set_colour (studio, opacity | (colour & 0xffffffu));
}

static bool
picker_press (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  pick (box, event);
  return true;
}

static void
picker_motion (LimnToolbox *box, gpointer state, const struct limn_tool_event *events, gsize n)
{
  pick (box, &events[n - 1]);
}

static void
picker_draw (
    LimnToolbox *box, gpointer state, const struct limn_outline *outline, double x, double y)
{
  if (!limn_toolbox_has_pointer (box) || !limn_toolbox_is_pressed (box))
    return;
  limn_toolbox_to_view (box, x, y, &x, &y);
  limn_outline_ring (outline, x, y, 16.0, 26.0,
                     limn_studio_get_colour (limn_toolbox_get_studio (box)));
}

const struct limn_tool limn_picker_tool = {
  .press = picker_press,
  .motion = picker_motion,
  .draw = picker_draw,
};
