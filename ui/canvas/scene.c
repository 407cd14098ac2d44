/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/scene-private.h"

#include "canvas/scene-work.h"

G_DEFINE_FINAL_TYPE (LimnScene, limn_scene, G_TYPE_OBJECT)

enum {
  SIGNAL_CHANGED,
  SIGNAL_RESIZED,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

void
limn_scene_emit_changed (LimnScene *self)
{
  if (!cairo_region_is_empty (self->dirty))
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

void
limn_scene_set_replacement (LimnScene *self,
                            guint32 layer,
                            cairo_surface_t *pixels,
                            const cairo_rectangle_int_t *changed)
{
  struct limn_source *source;

  if (pixels != NULL && pixels == self->replacement && layer == self->replaced) {
    source = limn_scene_find_source (self, SOURCE_KEY (SOURCE_LAYER, layer));
    if (source != NULL && source->pixels == pixels)
      limn_scene_touch_source (self, source,
                               changed != NULL ? *changed : limn_pixels_area (pixels));
    limn_scene_emit_changed (self);
    return;
  }
  if (pixels == NULL && layer != self->replaced)
    return;
  g_clear_pointer (&self->replacement, cairo_surface_destroy);
  if (pixels != NULL)
    self->replacement = cairo_surface_reference (pixels);
  self->replaced = pixels != NULL ? layer : 0;
  limn_scene_refresh (self);
}

/* --- the studio and its document --- */

static void
on_pixels_changed (LimnScene *self, guint id, int x, int y, int width, int height)
{
  const limn_layer *layer = limn_document_find_layer (self->document, id);
  struct limn_source *source = limn_scene_find_source (self, SOURCE_KEY (SOURCE_LAYER, id));
  struct computed *control = limn_scene_find_computed (self, id);
  bool replaced = self->replacement != NULL && self->replaced == id;

  if (layer == NULL)
    return;
  if (control != NULL) {
    control->stale = true;
    limn_scene_want_computed (self, control, layer);
  }
  if (source == NULL || replaced)
    return;
  if (source->pixels != layer->pixels) {
    limn_scene_refresh (self);
    return;
  }
  limn_scene_touch_source (self, source, (cairo_rectangle_int_t){ x, y, width, height });
  limn_scene_emit_changed (self);
}

static void
set_size (LimnScene *self, bool other_document)
{
  int width, height;

  limn_document_get_size (self->document, &width, &height);
  if (!other_document && width == self->width && height == self->height)
    return;
  self->width = width;
  self->height = height;
  /* What was made for the old size fits nowhere. */
  limn_scene_clear_computed (&self->picture);
  self->picture.stale = true;
  g_clear_pointer (&self->controls, g_ptr_array_unref);
  cairo_region_subtract (self->dirty, self->dirty);
  limn_scene_mark (self, (cairo_rectangle_int_t){ 0, 0, width, height });
  g_signal_emit (self, signals[SIGNAL_RESIZED], 0, (gboolean) other_document);
}

static void
on_structure_changed (LimnScene *self)
{
  set_size (self, false);
  limn_scene_refresh (self);
}

static void
drop_document (LimnScene *self)
{
  if (self->document != NULL)
    g_signal_handlers_disconnect_by_data (self->document, self);
  g_clear_object (&self->document);
}

static void
on_document (LimnScene *self)
{
  drop_document (self);
  g_clear_pointer (&self->replacement, cairo_surface_destroy);
  self->document = g_object_ref (limn_studio_get_document (self->studio));
  g_signal_connect_swapped (self->document, "pixels-changed", G_CALLBACK (on_pixels_changed), self);
  g_signal_connect_swapped (self->document, "layer-changed", G_CALLBACK (limn_scene_refresh), self);
  g_signal_connect_swapped (self->document, "structure-changed", G_CALLBACK (on_structure_changed),
                            self);
  /* Layers have the same numbers in every document. */
  g_array_set_size (self->items, 0);
  g_ptr_array_set_size (self->sources, 0);
  set_size (self, true);
  limn_scene_refresh (self);
}

static void
on_picture_changed (LimnScene *self)
{
  if (limn_studio_get_picture (self->studio) != NULL)
    self->picture.stale = true;
  else
    limn_scene_clear_computed (&self->picture);
  limn_scene_refresh (self);
}

static void
limn_scene_dispose (GObject *object)
{
  LimnScene *self = LIMN_SCENE (object);

  if (self->studio != NULL)
    g_signal_handlers_disconnect_by_data (self->studio, self);
  drop_document (self);
  limn_scene_clear_computed (&self->picture);
  g_clear_pointer (&self->controls, g_ptr_array_unref);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_scene_parent_class)->dispose (object);
}

static void
limn_scene_finalize (GObject *object)
{
  LimnScene *self = LIMN_SCENE (object);

  g_clear_pointer (&self->replacement, cairo_surface_destroy);
  g_array_unref (self->items);
  g_ptr_array_unref (self->sources);
  cairo_region_destroy (self->dirty);
  G_OBJECT_CLASS (limn_scene_parent_class)->finalize (object);
}

static void
limn_scene_class_init (LimnSceneClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = limn_scene_dispose;
  object_class->finalize = limn_scene_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_RESIZED] = g_signal_new ("resized", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
limn_scene_init (LimnScene *self)
{
  self->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_scene_free_source);
  self->items = g_array_new (FALSE, TRUE, sizeof (struct limn_item));
  self->dirty = cairo_region_create ();
}

LimnScene *
limn_scene_new (LimnStudio *studio)
{
  LimnScene *self = g_object_new (LIMN_TYPE_SCENE, NULL);

  self->studio = g_object_ref (studio);
  g_signal_connect_swapped (studio, "notify::document", G_CALLBACK (on_document), self);
  g_signal_connect_swapped (studio, "notify::model-view", G_CALLBACK (limn_scene_refresh), self);
  g_signal_connect_swapped (studio, "notify::show-picture", G_CALLBACK (limn_scene_refresh), self);
  g_signal_connect_swapped (studio, "notify::drawing-opacity", G_CALLBACK (limn_scene_refresh),
                            self);
  g_signal_connect_swapped (studio, "picture-changed", G_CALLBACK (on_picture_changed), self);
  on_document (self);
  return self;
}
