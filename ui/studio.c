/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "studio.h"

struct _LimnStudio {
  GObject parent;

  LimnDocument *document;
  gulong structure_handler;
  guint32 layer;
  guint layer_index; /* where it was, for when it is gone */

  limn_tool_id tool;
  struct limn_brush brushes[LIMN_N_TOOLS];
  guint32 colour;
  bool filled;
  int tolerance;
  bool drawing;

  bool model_view, show_picture;
  double drawing_opacity;
  limn_image *picture;
};

G_DEFINE_FINAL_TYPE (LimnStudio, limn_studio, G_TYPE_OBJECT)

enum {
  PROP_DOCUMENT = 1,
  PROP_LAYER,
  PROP_TOOL,
  PROP_COLOUR,
  PROP_FILLED,
  PROP_TOLERANCE,
  PROP_DRAWING,
  PROP_MODEL_VIEW,
  PROP_SHOW_PICTURE,
  PROP_DRAWING_OPACITY,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

enum {
  SIGNAL_BRUSH_CHANGED,
  SIGNAL_PICTURE_CHANGED,
  SIGNAL_MESSAGE,
  SIGNAL_OFFER,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

const char *const limn_tool_names[] = {
  [LIMN_TOOL_BRUSH] = "brush",     [LIMN_TOOL_ERASER] = "eraser",
  [LIMN_TOOL_LINE] = "line",       [LIMN_TOOL_RECTANGLE] = "rectangle",
  [LIMN_TOOL_ELLIPSE] = "ellipse", [LIMN_TOOL_POLYGON] = "polygon",
  [LIMN_TOOL_BUCKET] = "bucket",   [LIMN_TOOL_LASSO] = "lasso",
  [LIMN_TOOL_PICKER] = "picker",   NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_tool_names) == LIMN_N_TOOLS + 1);

#define notify(studio, prop) g_object_notify_by_pspec (G_OBJECT (studio), props[prop])

/* --- document and layer --- */

LimnDocument *
limn_studio_get_document (LimnStudio *studio)
{
  return studio->document;
}

guint32
limn_studio_get_layer (LimnStudio *studio)
{
  return studio->layer;
}

void
limn_studio_set_layer (LimnStudio *studio, guint32 id)
{
  int index = id != 0 ? limn_document_layer_index (studio->document, id) : -1;

  if (index >= 0)
    studio->layer_index = (guint) index;
  else
    id = 0;
  if (studio->layer == id)
    return;
  studio->layer = id;
  notify (studio, PROP_LAYER);
}

static void
choose_layer (LimnStudio *studio, guint index)
{
  guint count = limn_document_n_layers (studio->document);

  limn_studio_set_layer (
      studio, count > 0 ? limn_document_layer (studio->document, MIN (index, count - 1))->id : 0);
}

static void
on_structure_changed (LimnStudio *studio)
{
  int index = limn_document_layer_index (studio->document, studio->layer);

  if (index >= 0)
    studio->layer_index = (guint) index;
  else
    choose_layer (studio, studio->layer_index > 0 ? studio->layer_index - 1 : 0);
}

static void
drop_document (LimnStudio *studio)
{
  if (studio->document != NULL)
    g_clear_signal_handler (&studio->structure_handler, studio->document);
  g_clear_object (&studio->document);
  studio->layer = 0;
}

void
limn_studio_set_document (LimnStudio *studio, LimnDocument *document)
{
  g_return_if_fail (LIMN_IS_DOCUMENT (document));

  if (studio->document == document)
    return;
  limn_studio_set_drawing (studio, false);
  drop_document (studio);
  studio->document = g_object_ref (document);
  studio->structure_handler = g_signal_connect_swapped (document, "structure-changed",
                                                        G_CALLBACK (on_structure_changed), studio);
  limn_studio_take_picture (studio, NULL);
  notify (studio, PROP_DOCUMENT);
  choose_layer (studio, limn_document_n_layers (document));
}

/* --- tools --- */

limn_tool_id
limn_studio_get_tool (LimnStudio *studio)
{
  return studio->tool;
}

void
limn_studio_set_tool (LimnStudio *studio, limn_tool_id tool)
{
  g_return_if_fail (tool < LIMN_N_TOOLS);

  if (studio->tool == tool)
    return;
  studio->tool = tool;
  notify (studio, PROP_TOOL);
}

struct limn_brush
limn_studio_get_brush (LimnStudio *studio, limn_tool_id tool)
{
  struct limn_brush brush = studio->brushes[tool];

  brush.colour = tool == LIMN_TOOL_ERASER ? 0xff000000u : studio->colour;
  return brush;
}

void
limn_studio_set_brush (LimnStudio *studio, limn_tool_id tool, const struct limn_brush *brush)
{
  g_return_if_fail (tool < LIMN_N_TOOLS);

  studio->brushes[tool] = *brush;
  studio->brushes[tool].eraser = tool == LIMN_TOOL_ERASER;
  limn_brush_clamp (&studio->brushes[tool]);
  g_signal_emit (studio, signals[SIGNAL_BRUSH_CHANGED], 0, (int) tool);
}

guint32
limn_studio_get_colour (LimnStudio *studio)
{
  return studio->colour;
}

void
limn_studio_set_colour (LimnStudio *studio, guint32 colour)
{
  if (studio->colour == colour)
    return;
  studio->colour = colour;
  notify (studio, PROP_COLOUR);
}

bool
limn_studio_get_filled (LimnStudio *studio)
{
  return studio->filled;
}

void
limn_studio_set_filled (LimnStudio *studio, bool filled)
{
  if (studio->filled == filled)
    return;
  studio->filled = filled;
  notify (studio, PROP_FILLED);
}

int
limn_studio_get_tolerance (LimnStudio *studio)
{
  return studio->tolerance;
}

void
limn_studio_set_tolerance (LimnStudio *studio, int tolerance)
{
  tolerance = CLAMP (tolerance, 0, 255);
  if (studio->tolerance == tolerance)
    return;
  studio->tolerance = tolerance;
  notify (studio, PROP_TOLERANCE);
}

bool
limn_studio_get_drawing (LimnStudio *studio)
{
  return studio->drawing;
}

void
limn_studio_set_drawing (LimnStudio *studio, bool drawing)
{
  if (studio->drawing == drawing)
    return;
  studio->drawing = drawing;
  notify (studio, PROP_DRAWING);
}

/* --- what is shown --- */

bool
limn_studio_get_model_view (LimnStudio *studio)
{
  return studio->model_view;
}

void
limn_studio_set_model_view (LimnStudio *studio, bool model_view)
{
  if (studio->model_view == model_view)
    return;
  studio->model_view = model_view;
  notify (studio, PROP_MODEL_VIEW);
}

const limn_image *
limn_studio_get_picture (LimnStudio *studio)
{
  return studio->picture;
}

void
limn_studio_take_picture (LimnStudio *studio, limn_image *picture)
{
  if (studio->picture == NULL && picture == NULL)
    return;
  limn_image_free (studio->picture);
  studio->picture = picture;
  g_signal_emit (studio, signals[SIGNAL_PICTURE_CHANGED], 0);
}

bool
limn_studio_get_show_picture (LimnStudio *studio)
{
  return studio->show_picture;
}

void
limn_studio_set_show_picture (LimnStudio *studio, bool show)
{
  if (studio->show_picture == show)
    return;
  studio->show_picture = show;
  notify (studio, PROP_SHOW_PICTURE);
}

double
limn_studio_get_drawing_opacity (LimnStudio *studio)
{
  return studio->drawing_opacity;
}

void
limn_studio_set_drawing_opacity (LimnStudio *studio, double opacity)
{
  opacity = CLAMP (opacity, 0.0, 1.0);
  if (studio->drawing_opacity == opacity)
    return;
  studio->drawing_opacity = opacity;
  notify (studio, PROP_DRAWING_OPACITY);
}

void
limn_studio_say (LimnStudio *studio, const char *sentence)
{
  g_signal_emit (studio, signals[SIGNAL_MESSAGE], 0, sentence);
}

void
limn_studio_offer (LimnStudio *studio, const char *sentence, const char *button, const char *action)
{
  g_signal_emit (studio, signals[SIGNAL_OFFER], 0, sentence, button, action);
}

/* --- GObject --- */

static void
limn_studio_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnStudio *self = LIMN_STUDIO (object);

  switch (prop) {
  case PROP_DOCUMENT:
    g_value_set_object (value, self->document);
    break;
  case PROP_LAYER:
    g_value_set_uint (value, self->layer);
    break;
  case PROP_TOOL:
    g_value_set_int (value, (int) self->tool);
    break;
  case PROP_COLOUR:
    g_value_set_uint (value, self->colour);
    break;
  case PROP_FILLED:
    g_value_set_boolean (value, self->filled);
    break;
  case PROP_TOLERANCE:
    g_value_set_int (value, self->tolerance);
    break;
  case PROP_DRAWING:
    g_value_set_boolean (value, self->drawing);
    break;
  case PROP_MODEL_VIEW:
    g_value_set_boolean (value, self->model_view);
    break;
  case PROP_SHOW_PICTURE:
    g_value_set_boolean (value, self->show_picture);
    break;
  case PROP_DRAWING_OPACITY:
    g_value_set_double (value, self->drawing_opacity);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_studio_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnStudio *self = LIMN_STUDIO (object);

  switch (prop) {
  case PROP_DOCUMENT:
    limn_studio_set_document (self, g_value_get_object (value));
    break;
  case PROP_LAYER:
    limn_studio_set_layer (self, g_value_get_uint (value));
    break;
  case PROP_TOOL:
    limn_studio_set_tool (self, (limn_tool_id) g_value_get_int (value));
    break;
  case PROP_COLOUR:
    limn_studio_set_colour (self, g_value_get_uint (value));
    break;
  case PROP_FILLED:
    limn_studio_set_filled (self, g_value_get_boolean (value));
    break;
  case PROP_TOLERANCE:
    limn_studio_set_tolerance (self, g_value_get_int (value));
    break;
  case PROP_DRAWING:
    limn_studio_set_drawing (self, g_value_get_boolean (value));
    break;
  case PROP_MODEL_VIEW:
    limn_studio_set_model_view (self, g_value_get_boolean (value));
    break;
  case PROP_SHOW_PICTURE:
    limn_studio_set_show_picture (self, g_value_get_boolean (value));
    break;
  case PROP_DRAWING_OPACITY:
    limn_studio_set_drawing_opacity (self, g_value_get_double (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_studio_finalize (GObject *object)
{
  LimnStudio *self = LIMN_STUDIO (object);

  drop_document (self);
  limn_image_free (self->picture);
  G_OBJECT_CLASS (limn_studio_parent_class)->finalize (object);
}

static void
limn_studio_class_init (LimnStudioClass *class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_studio_get_property;
  object_class->set_property = limn_studio_set_property;
  object_class->finalize = limn_studio_finalize;

  props[PROP_DOCUMENT] =
      g_param_spec_object ("document", NULL, NULL, LIMN_TYPE_DOCUMENT, flags | G_PARAM_CONSTRUCT);
  props[PROP_LAYER] = g_param_spec_uint ("layer", NULL, NULL, 0, G_MAXUINT32, 0, flags);
  props[PROP_TOOL] = g_param_spec_int ("tool", NULL, NULL, 0, LIMN_N_TOOLS - 1, 0, flags);
  props[PROP_COLOUR] = g_param_spec_uint ("colour", NULL, NULL, 0, G_MAXUINT32, 0xff000000u, flags);
  props[PROP_FILLED] = g_param_spec_boolean ("filled", NULL, NULL, FALSE, flags);
  props[PROP_TOLERANCE] = g_param_spec_int ("tolerance", NULL, NULL, 0, 255, 32, flags);
  props[PROP_DRAWING] = g_param_spec_boolean ("drawing", NULL, NULL, FALSE, flags);
  props[PROP_MODEL_VIEW] = g_param_spec_boolean ("model-view", NULL, NULL, FALSE, flags);
  props[PROP_SHOW_PICTURE] = g_param_spec_boolean ("show-picture", NULL, NULL, TRUE, flags);
  props[PROP_DRAWING_OPACITY] =
      g_param_spec_double ("drawing-opacity", NULL, NULL, 0, 1, 0.5, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_BRUSH_CHANGED] =
      g_signal_new ("brush-changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_PICTURE_CHANGED] =
      g_signal_new ("picture-changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_MESSAGE] = g_signal_new ("message", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_OFFER] =
      g_signal_new ("offer", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}

static void
limn_studio_init (LimnStudio *self)
{
  self->colour = 0xff000000u;
  self->tolerance = 32;
  self->show_picture = true;
  self->drawing_opacity = 0.5;
  for (int tool = 0; tool < LIMN_N_TOOLS; tool++)
    self->brushes[tool] = limn_brush_default;
  self->brushes[LIMN_TOOL_ERASER].eraser = true;
  self->brushes[LIMN_TOOL_ERASER].size = 24.0f;
}

LimnStudio *
limn_studio_new (LimnDocument *document)
{
  return g_object_new (LIMN_TYPE_STUDIO, "document", document, NULL);
}
