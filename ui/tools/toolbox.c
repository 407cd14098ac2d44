/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "tools/lasso.h"
#include "tools/toolbox-private.h"

G_DEFINE_FINAL_TYPE (LimnToolbox, limn_toolbox, G_TYPE_OBJECT)

enum {
  PROP_BACKGROUND = 1,
  PROP_STABILISER,
  PROP_OPEN,
  PROP_SELECTION,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

const struct limn_tool *const limn_tools[] = {
  [LIMN_TOOL_BRUSH] = &limn_stroke_tool,  [LIMN_TOOL_ERASER] = &limn_stroke_tool,
  [LIMN_TOOL_LINE] = &limn_shape_tool,    [LIMN_TOOL_RECTANGLE] = &limn_shape_tool,
  [LIMN_TOOL_ELLIPSE] = &limn_shape_tool, [LIMN_TOOL_POLYGON] = &limn_polygon_tool,
  [LIMN_TOOL_BUCKET] = &limn_bucket_tool, [LIMN_TOOL_LASSO] = &limn_lasso_tool,
  [LIMN_TOOL_PICKER] = &limn_picker_tool,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_tools) == LIMN_N_TOOLS);

#define notify(box, prop) g_object_notify_by_pspec (G_OBJECT (box), props[prop])

LimnStudio *
limn_toolbox_get_studio (LimnToolbox *box)
{
  return box->studio;
}

LimnDocument *
limn_toolbox_get_document (LimnToolbox *box)
{
  return box->document;
}

gpointer
limn_toolbox_get_state (LimnToolbox *box, limn_tool_id tool)
{
  return box->states[tool];
}

bool
limn_toolbox_is_pressed (LimnToolbox *box)
{
  return box->pressed;
}

bool
limn_toolbox_tool_is_open (LimnToolbox *box, limn_tool_id tool)
{
  return limn_tools[tool]->is_open != NULL && limn_tools[tool]->is_open (box->states[tool]);
}

bool
limn_toolbox_is_open (LimnToolbox *box)
{
  return limn_toolbox_tool_is_open (box, box->tool);
}

bool
limn_toolbox_has_selection (LimnToolbox *box)
{
  return limn_lasso_has_selection (box->states[LIMN_TOOL_LASSO]);
}

/* After anything that a tool did. */
void
limn_toolbox_update (LimnToolbox *box)
{
  bool open = limn_toolbox_is_open (box), selection = limn_toolbox_has_selection (box);

  if (box->studio != NULL)
    limn_studio_set_drawing (box->studio, box->pressed || open);
  if (open != box->open) {
    box->open = open;
    notify (box, PROP_OPEN);
  }
  if (selection != box->selection) {
    box->selection = selection;
    notify (box, PROP_SELECTION);
  }
  limn_toolbox_redraw (box);
}

/* --- the view --- */

void
limn_toolbox_set_view (LimnToolbox *box, const struct limn_tool_view *view, gpointer data)
{
  box->view = view;
  box->view_data = data;
}

double
limn_toolbox_get_scale (LimnToolbox *box)
{
  return box->view != NULL ? box->view->scale (box->view_data) : 1.0;
}

void
limn_toolbox_to_view (LimnToolbox *box, double x, double y, double *to_x, double *to_y)
{
  *to_x = x;
  *to_y = y;
  if (box->view != NULL)
    box->view->to_view (box->view_data, x, y, to_x, to_y);
}

void
limn_toolbox_replace (LimnToolbox *box,
                      guint32 layer,
                      cairo_surface_t *pixels,
                      const cairo_rectangle_int_t *changed)
{
  if (box->view != NULL)
    box->view->replace (box->view_data, layer, pixels, changed);
}

bool
limn_toolbox_pick (LimnToolbox *box, int x, int y, guint32 *colour)
{
  return box->view != NULL && box->view->pick (box->view_data, x, y, colour);
}

void
limn_toolbox_redraw (LimnToolbox *box)
{
  if (box->view != NULL)
    box->view->redraw (box->view_data);
}

bool
limn_toolbox_has_pointer (LimnToolbox *box)
{
  return box->has_pointer;
}

void
limn_toolbox_draw (LimnToolbox *box, const struct limn_outline *outline)
{
  limn_tool_id tool = limn_toolbox_get_tool (box);

  if (limn_tools[tool]->draw != NULL)
    limn_tools[tool]->draw (box, box->states[tool], outline, box->last.x, box->last.y);
}

const char *
limn_toolbox_get_cursor (LimnToolbox *box)
{
  limn_tool_id tool = limn_toolbox_get_tool (box);

  if (limn_tools[tool]->cursor == NULL)
    return "crosshair";
  return limn_tools[tool]->cursor (box, box->states[tool], box->last.x, box->last.y);
}

/* --- the layer --- */

static const char *
why_not (const limn_layer *layer)
{
  if (layer == NULL)
    return N_ ("There is no layer to draw on: add one in the list of layers.");
  if (limn_layer_get_bool (layer, LIMN_LAYER_LOCKED))
    return N_ ("This layer is locked: unlock it in the list of layers, or choose another one.");
  if (!limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE))
    return N_ ("This layer is hidden: show it in the list of layers, or choose another one.");
  return NULL;
}

const limn_layer *
limn_toolbox_get_layer (LimnToolbox *box)
{
  const limn_layer *layer =
      limn_document_find_layer (box->document, limn_studio_get_layer (box->studio));
  const char *why = why_not (layer);

  if (why != NULL) {
    limn_studio_say (box->studio, _ (why));
    return NULL;
  }
  box->layer = layer->id;
  box->layer_x = limn_layer_get_int (layer, LIMN_LAYER_X);
  box->layer_y = limn_layer_get_int (layer, LIMN_LAYER_Y);
  return layer;
}

bool
limn_toolbox_paint (LimnToolbox *box, guint32 layer, limn_op *op)
{
  return limn_toolbox_paint_drawn (box, layer, op, NULL);
}

bool
limn_toolbox_paint_drawn (LimnToolbox *box, guint32 layer, limn_op *op, cairo_surface_t *drawn)
{
  bool done;

  box->painting = true;
  done = limn_document_paint_drawn (box->document, layer, op, drawn);
  box->painting = false;
  if (!done && box->studio != NULL)
    limn_studio_say (box->studio, _ ("This could not be drawn on the layer."));
  return done;
}

/* Those that hold pixels of the layer see to it that they are still the same. */
static void
layer_changed (LimnToolbox *box)
{
  limn_tool_id tool = box->pressed ? box->pressed_tool : box->tool;

  if (box->painting || limn_tools[tool]->layer_changed == NULL ||
      (!box->pressed && !limn_toolbox_tool_is_open (box, tool)))
    return;
  limn_tools[tool]->layer_changed (box, box->states[tool]);
  limn_toolbox_update (box);
}

static void
on_pixels_changed (LimnToolbox *box, guint id)
{
  if (id == box->layer)
    layer_changed (box);
}

static void
on_layer_changed (LimnToolbox *box, guint id)
{
  const limn_layer *layer = limn_document_find_layer (box->document, box->layer);

  if (id != box->layer || layer == NULL)
    return;
  if (limn_layer_get_int (layer, LIMN_LAYER_X) != box->layer_x ||
      limn_layer_get_int (layer, LIMN_LAYER_Y) != box->layer_y || why_not (layer) != NULL)
    limn_toolbox_cancel (box);
}

static void
on_structure_changed (LimnToolbox *box)
{
  if ((box->pressed || limn_toolbox_is_open (box)) &&
      limn_document_find_layer (box->document, box->layer) == NULL)
    limn_toolbox_cancel (box);
}

/* --- what the studio shares --- */

guint32
limn_toolbox_get_background (LimnToolbox *box)
{
  return box->background;
}

void
limn_toolbox_set_background (LimnToolbox *box, guint32 colour)
{
  if (box->background == colour)
    return;
  box->background = colour;
  notify (box, PROP_BACKGROUND);
}

double
limn_toolbox_get_stabiliser (LimnToolbox *box)
{
  return box->stabiliser;
}

void
limn_toolbox_set_stabiliser (LimnToolbox *box, double strength)
{
  strength = CLAMP (strength, 0.0, 1.0);
  if (box->stabiliser == strength)
    return;
  box->stabiliser = strength;
  notify (box, PROP_STABILISER);
}

static void
on_tool (LimnToolbox *box)
{
  limn_toolbox_end_all (box);
  box->tool = limn_studio_get_tool (box->studio);
  limn_toolbox_update (box);
}

static void
on_layer (LimnToolbox *box)
{
  if (limn_document_find_layer (box->document, box->layer) != NULL)
    limn_toolbox_end_all (box);
  else
    limn_toolbox_cancel (box);
}

static void
let_document_go (LimnToolbox *box)
{
  if (box->document == NULL)
    return;
  limn_toolbox_cancel (box);
  g_signal_handlers_disconnect_by_data (box->document, box);
  g_clear_object (&box->document);
}

static void
on_document (LimnToolbox *box)
{
  LimnDocument *document = limn_studio_get_document (box->studio);

  let_document_go (box);
  box->layer = 0;
  if (document == NULL)
    return;
  box->document = g_object_ref (document);
  g_signal_connect_swapped (document, "pixels-changed", G_CALLBACK (on_pixels_changed), box);
  g_signal_connect_swapped (document, "layer-changed", G_CALLBACK (on_layer_changed), box);
  g_signal_connect_swapped (document, "structure-changed", G_CALLBACK (on_structure_changed), box);
}

/* --- GObject --- */

static void
limn_toolbox_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnToolbox *self = LIMN_TOOLBOX (object);

  switch (prop) {
  case PROP_BACKGROUND:
    g_value_set_uint (value, self->background);
    break;
  case PROP_STABILISER:
    g_value_set_double (value, self->stabiliser);
    break;
  case PROP_OPEN:
    g_value_set_boolean (value, self->open);
    break;
  case PROP_SELECTION:
    g_value_set_boolean (value, self->selection);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_toolbox_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnToolbox *self = LIMN_TOOLBOX (object);

  switch (prop) {
  case PROP_BACKGROUND:
    limn_toolbox_set_background (self, g_value_get_uint (value));
    break;
  case PROP_STABILISER:
    limn_toolbox_set_stabiliser (self, g_value_get_double (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

/* The studio is being finalised. */
static void
limn_toolbox_dispose (GObject *object)
{
  LimnToolbox *self = LIMN_TOOLBOX (object);

  self->studio = NULL;
  let_document_go (self);
  G_OBJECT_CLASS (limn_toolbox_parent_class)->dispose (object);
}

static void
limn_toolbox_finalize (GObject *object)
{
  LimnToolbox *self = LIMN_TOOLBOX (object);

  for (int tool = 0; tool < LIMN_N_TOOLS; tool++)
    g_free (self->states[tool]);
  G_OBJECT_CLASS (limn_toolbox_parent_class)->finalize (object);
}

static void
limn_toolbox_class_init (LimnToolboxClass *class)
{
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_toolbox_get_property;
  object_class->set_property = limn_toolbox_set_property;
  object_class->dispose = limn_toolbox_dispose;
  object_class->finalize = limn_toolbox_finalize;

  props[PROP_BACKGROUND] = g_param_spec_uint ("background", NULL, NULL, 0, G_MAXUINT32, 0xffffffffu,
                                              flags | G_PARAM_READWRITE);
  props[PROP_STABILISER] =
      g_param_spec_double ("stabiliser", NULL, NULL, 0, 1, 0, flags | G_PARAM_READWRITE);
  props[PROP_OPEN] = g_param_spec_boolean ("open", NULL, NULL, FALSE, flags | G_PARAM_READABLE);
  props[PROP_SELECTION] =
      g_param_spec_boolean ("selection", NULL, NULL, FALSE, flags | G_PARAM_READABLE);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
limn_toolbox_init (LimnToolbox *self)
{
  self->background = 0xffffffffu;
  for (int tool = 0; tool < LIMN_N_TOOLS; tool++)
    self->states[tool] = g_malloc0 (MAX (limn_tools[tool]->size, 1));
}

/* What is still at work may hold it longer than its studio lives. */
static void
let_go (gpointer box)
{
  g_object_run_dispose (box);
  g_object_unref (box);
}

LimnToolbox *
limn_toolbox_of (LimnStudio *studio)
{
  static const char key[] = "limn-toolbox";
  LimnToolbox *box = g_object_get_data (G_OBJECT (studio), key);

  if (box != NULL)
    return box;
  box = g_object_new (LIMN_TYPE_TOOLBOX, NULL);
  box->studio = studio;
  g_object_set_data_full (G_OBJECT (studio), key, box, let_go);
  g_signal_connect_object (studio, "notify::tool", G_CALLBACK (on_tool), box, G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "notify::layer", G_CALLBACK (on_layer), box, G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "notify::document", G_CALLBACK (on_document), box,
                           G_CONNECT_SWAPPED);
  box->tool = limn_studio_get_tool (studio);
  on_document (box);
  return box;
}
