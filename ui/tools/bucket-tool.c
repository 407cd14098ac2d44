/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "tools/toolbox.h"

/* What a bucket reaches is searched on a worker thread, in a copy of the layer's pixels: on a large
 * layer that takes longer than a frame. When the layer changes meanwhile the search begins again.
 */

struct bucket {
  GCancellable *search; /* NULL: there is none */
  guint32 layer;
  int x, y; /* in pixels of the layer */
  int tolerance;
  struct limn_brush brush;
};

struct work {
  cairo_surface_t *pixels;
  struct bucket bucket;
  LimnToolbox *box;     /* a reference */
  struct bucket *owner; /* in @box */
};

static bool
bucket_is_open (gconstpointer state)
{
  const struct bucket *bucket = state;

  return bucket->search != NULL;
}

static void
stop (struct bucket *bucket)
{
  if (bucket->search != NULL)
    g_cancellable_cancel (bucket->search);
  g_clear_object (&bucket->search);
}

static void
work_free (struct work *work)
{
  cairo_surface_destroy (work->pixels);
  g_object_unref (work->box);
  g_free (work);
}

/* On the worker. */
static void
search (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const struct work *work = data;
  const struct bucket *bucket = &work->bucket;

  g_task_return_pointer (
      task, limn_op_fill (work->pixels, bucket->x, bucket->y, bucket->tolerance, &bucket->brush),
      (GDestroyNotify) limn_op_unref);
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer data)
{
  const struct work *work = g_task_get_task_data (G_TASK (result));
  g_autoptr (limn_op) op = g_task_propagate_pointer (G_TASK (result), NULL);
  struct bucket *bucket = work->owner;

  /* Another search has taken its place, or none. */
  if (bucket->search == NULL || bucket->search != g_task_get_cancellable (G_TASK (result)))
    return;
  stop (bucket);
  if (op != NULL)
    limn_toolbox_paint (work->box, bucket->layer, g_steal_pointer (&op));
  limn_toolbox_update (work->box);
}

static void
begin (LimnToolbox *box, struct bucket *bucket)
{
  const limn_layer *layer =
      limn_document_find_layer (limn_toolbox_get_document (box), bucket->layer);
  g_autoptr (GTask) task = NULL;
  struct work *work;

  stop (bucket);
  if (layer == NULL)
    return;
  work = g_new0 (struct work, 1);
  work->pixels = limn_pixels_copy (layer->pixels);
  work->bucket = *bucket;
  work->box = g_object_ref (box);
  work->owner = bucket;
  if (work->pixels == NULL) {
    work_free (work);
    return;
  }
  bucket->search = g_cancellable_new ();
  task = g_task_new (NULL, bucket->search, on_found, NULL);
  g_task_set_source_tag (task, begin);
  g_task_set_task_data (task, work, (GDestroyNotify) work_free);
  g_task_run_in_thread (task, search);
}

static bool
bucket_press (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  LimnStudio *studio = limn_toolbox_get_studio (box);
  struct bucket *bucket = state;
  const limn_layer *layer;
  cairo_rectangle_int_t area;

  /* One after the other: the next one begins where the last has filled. */
  if (bucket->search != NULL)
    limn_toolbox_finish (box);
  layer = limn_toolbox_get_layer (box);
  if (layer == NULL)
    return false;
  area = limn_pixels_area (layer->pixels);
  bucket->layer = layer->id;
  bucket->x = (int) floor (event->x) - limn_layer_get_int (layer, LIMN_LAYER_X);
  bucket->y = (int) floor (event->y) - limn_layer_get_int (layer, LIMN_LAYER_Y);
  bucket->tolerance = limn_studio_get_tolerance (studio);
  bucket->brush = limn_studio_get_brush (studio, LIMN_TOOL_BUCKET);
  /* Beside the layer there is nothing to fill. */
  if (bucket->x >= 0 && bucket->y >= 0 && bucket->x < area.width && bucket->y < area.height)
    begin (box, bucket);
  return false;
}

/* Now, whatever it takes. */
static void
bucket_finish (LimnToolbox *box, gpointer state)
{
  struct bucket *bucket = state;
  const limn_layer *layer =
      limn_document_find_layer (limn_toolbox_get_document (box), bucket->layer);
  limn_op *op;

  stop (bucket);
  if (layer == NULL)
    return;
  op = limn_op_fill (layer->pixels, bucket->x, bucket->y, bucket->tolerance, &bucket->brush);
  if (op != NULL)
    limn_toolbox_paint (box, bucket->layer, op);
}

static void
bucket_cancel (LimnToolbox *box, gpointer state)
{
  stop (state);
}

static void
bucket_layer_changed (LimnToolbox *box, gpointer state)
{
  begin (box, state);
}

static const char *
bucket_cursor (LimnToolbox *box, gpointer state, double x, double y)
{
  return bucket_is_open (state) ? "progress" : "crosshair";
}

const struct limn_tool limn_bucket_tool = {
  .size = sizeof (struct bucket),
  .press = bucket_press,
  .is_open = bucket_is_open,
  .finish = bucket_finish,
  .cancel = bucket_cancel,
  .take_back = bucket_cancel,
  .layer_changed = bucket_layer_changed,
  .cursor = bucket_cursor,
};
