/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/scene-private.h"

#include "canvas/scene-work.h"
#include "document/composite.h"

/* For a worker's answer; the scene may be gone by then. */
struct answer {
  GWeakRef scene;
  guint32 layer;
};

void
limn_scene_clear_computed (struct computed *computed)
{
  g_cancellable_cancel (computed->work);
  g_clear_object (&computed->work);
  g_clear_pointer (&computed->pixels, cairo_surface_destroy);
  computed->stale = false;
}

static void
computed_free (struct computed *computed)
{
  limn_scene_clear_computed (computed);
  g_free (computed);
}

/* --- what workers make --- */

struct computed *
limn_scene_find_computed (LimnScene *self, guint32 layer)
{
  if (layer == 0)
    return &self->picture;
  for (guint i = 0; self->controls != NULL && i < self->controls->len; i++) {
    struct computed *computed = g_ptr_array_index (self->controls, i);

    if (computed->layer == layer)
      return computed;
  }
  return NULL;
}

static void
on_computed (GObject *object, GAsyncResult *result, gpointer data)
{
  struct answer *answer = data;
  g_autoptr (LimnScene) self = g_weak_ref_get (&answer->scene);
  cairo_surface_t *pixels = limn_scene_work_finish (result);
  struct computed *computed = self != NULL ? limn_scene_find_computed (self, answer->layer) : NULL;

  g_weak_ref_clear (&answer->scene);
  g_free (answer);
  if (computed == NULL || computed->work != g_task_get_cancellable (G_TASK (result))) {
    cairo_surface_destroy (pixels);
    return;
  }
  g_clear_object (&computed->work);
  if (pixels != NULL) {
    cairo_surface_destroy (computed->pixels);
    computed->pixels = pixels;
  }
  limn_scene_refresh (self);
}

static void
start_work (LimnScene *self, struct computed *computed, const limn_layer *layer)
{
  struct answer *answer = g_new0 (struct answer, 1);
  g_autoptr (GCancellable) work = g_cancellable_new ();
  bool started;

  g_weak_ref_init (&answer->scene, self);
  answer->layer = computed->layer;
  computed->stale = false;
  if (layer != NULL)
    started =
        limn_scene_control_async (layer, self->width, self->height, work, on_computed, answer);
  else
    started = limn_scene_scale_async (limn_studio_get_picture (self->studio), self->width,
                                      self->height, work, on_computed, answer);
  if (started) {
    computed->work = g_steal_pointer (&work);
    return;
  }
  g_weak_ref_clear (&answer->scene);
  g_free (answer);
}

void
limn_scene_want_computed (LimnScene *self, struct computed *computed, const limn_layer *layer)
{
  if (computed->stale && computed->work == NULL)
    start_work (self, computed, layer);
}

bool
limn_scene_is_busy (LimnScene *self)
{
  bool busy = self->picture.work != NULL;

  for (guint i = 0; self->controls != NULL && i < self->controls->len; i++)
    busy = busy || ((struct computed *) g_ptr_array_index (self->controls, i))->work != NULL;
  return busy;
}

/* --- items --- */

static bool
is_visible (const limn_layer *layer)
{
  return limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE);
}

static bool
feeds_control (const limn_layer *layer)
{
  return is_visible (layer) && *limn_layer_get_text (layer, LIMN_LAYER_CONTROL) != '\0';
}

static void
add_item (LimnScene *self,
          GArray *items,
          guint64 key,
          cairo_surface_t *pixels,
          int x,
          int y,
          int blend,
          double opacity)
{
  struct limn_source *source = limn_scene_need_source (self, key, pixels);
  struct limn_item item = { .source = source,
                            .serial = source->serial,
                            .area = limn_pixels_area (pixels),
                            .blend = blend,
                            .opacity = opacity };

  item.area.x = x;
  item.area.y = y;
  g_array_append_val (items, item);
}

static void
add_layer (LimnScene *self, GArray *items, const limn_layer *layer, double opacity)
{
  cairo_surface_t *pixels = layer->pixels;
  cairo_rectangle_int_t area = limn_layer_area (layer);

  if (self->replacement != NULL && layer->id == self->replaced)
    pixels = self->replacement;
  add_item (self, items, SOURCE_KEY (SOURCE_LAYER, layer->id), pixels, area.x, area.y,
            limn_composite_blend (layer),
            opacity * limn_layer_get_double (layer, LIMN_LAYER_OPACITY));
}

static void
add_picture (LimnScene *self, GArray *items)
{
  guint count = limn_document_n_layers (self->document);
  double opacity = limn_studio_get_drawing_opacity (self->studio);

  add_item (self, items, SOURCE_KEY (SOURCE_PICTURE, 0), self->picture.pixels, 0, 0, 0, 1.0);
  for (guint i = 0; i < count && opacity > 0.0; i++) {
    const limn_layer *layer = limn_document_layer (self->document, i);

    if (is_visible (layer) && layer->kind == LIMN_LAYER_SCRIBBLE)
      add_layer (self, items, layer, opacity);
  }
}

static void
add_layers (LimnScene *self, GArray *items)
{
  guint count = limn_document_n_layers (self->document);

  for (guint i = 0; i < count; i++) {
    const limn_layer *layer = limn_document_layer (self->document, i);

    if (is_visible (layer))
      add_layer (self, items, layer, 1.0);
  }
  if (limn_studio_get_show_picture (self->studio) &&
      limn_studio_get_picture (self->studio) != NULL) {
    limn_scene_want_computed (self, &self->picture, NULL);
    if (self->picture.pixels != NULL)
      add_picture (self, items);
  }
}

static bool
same_area (cairo_rectangle_int_t a, cairo_rectangle_int_t b)
{
  return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

static struct computed *
need_control (LimnScene *self, const limn_layer *layer)
{
  struct computed *control = limn_scene_find_computed (self, layer->id);

  if (control == NULL) {
    control = g_new0 (struct computed, 1);
    control->layer = layer->id;
    g_ptr_array_add (self->controls, control);
  }
  if (!same_area (control->area, limn_layer_area (layer))) {
    control->area = limn_layer_area (layer);
    control->stale = true;
  }
  limn_scene_want_computed (self, control, layer);
  return control;
}

/* False when no layer feeds a ControlNet, or not all of what they give is made yet: then the layers
 * themselves are shown. */
static bool
add_controls (LimnScene *self, GArray *items)
{
  guint count = limn_document_n_layers (self->document);
  int lighten = limn_choice_find (limn_blend_names, "lighten");
  bool complete = true;

  if (self->controls == NULL)
    self->controls = g_ptr_array_new_with_free_func ((GDestroyNotify) computed_free);
  for (guint i = 0; i < count; i++) {
    const limn_layer *layer = limn_document_layer (self->document, i);

    if (feeds_control (layer))
      complete = need_control (self, layer)->pixels != NULL && complete;
  }
  for (guint i = 0; complete && i < count; i++) {
    const limn_layer *layer = limn_document_layer (self->document, i);

    if (feeds_control (layer))
      add_item (self, items, SOURCE_KEY (SOURCE_CONTROL, layer->id),
                limn_scene_find_computed (self, layer->id)->pixels, 0, 0,
                items->len > 0 ? lighten : 0, 1.0);
  }
  return items->len > 0;
}

static void
drop_controls (LimnScene *self)
{
  for (guint i = self->controls != NULL ? self->controls->len : 0; i > 0; i--) {
    const struct computed *control = g_ptr_array_index (self->controls, i - 1);
    const limn_layer *layer = limn_document_find_layer (self->document, control->layer);

    if (layer == NULL || !feeds_control (layer) || !limn_studio_get_model_view (self->studio))
      g_ptr_array_remove_index (self->controls, i - 1);
  }
}

static bool
same_item (const struct limn_item *a, const struct limn_item *b)
{
  return a->source == b->source && a->serial == b->serial && same_area (a->area, b->area) &&
         a->blend == b->blend && a->opacity == b->opacity;
}

/* What lies above an item that is other, or elsewhere in the stack, is composed anew with it. */
static void
mark_differences (LimnScene *self, const GArray *before, const GArray *after)
{
  guint first = 0, last = 0;
  guint least = MIN (before->len, after->len);

  while (first < least && same_item (&g_array_index (before, struct limn_item, first),
                                     &g_array_index (after, struct limn_item, first)))
    first++;
  while (last < least - first &&
         same_item (&g_array_index (before, struct limn_item, before->len - 1 - last),
                    &g_array_index (after, struct limn_item, after->len - 1 - last)))
    last++;
  for (guint i = first; i < before->len - last; i++)
    limn_scene_mark (self, g_array_index (before, struct limn_item, i).area);
  for (guint i = first; i < after->len - last; i++)
    limn_scene_mark (self, g_array_index (after, struct limn_item, i).area);
}

void
limn_scene_refresh (LimnScene *self)
{
  GArray *items = g_array_new (FALSE, TRUE, sizeof (struct limn_item));

  if (self->replacement != NULL &&
      limn_document_find_layer (self->document, self->replaced) == NULL)
    g_clear_pointer (&self->replacement, cairo_surface_destroy);
  drop_controls (self);
  if (!limn_studio_get_model_view (self->studio) || !add_controls (self, items))
    add_layers (self, items);
  mark_differences (self, self->items, items);
  g_array_unref (self->items);
  self->items = items;
  limn_scene_drop_unused_sources (self);
  limn_scene_emit_changed (self);
}
