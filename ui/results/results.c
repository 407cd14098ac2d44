/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/results.h"

#include <glib/gi18n.h>

#include "preferences.h"
#include "results/decode.h"
#include "results/merge.h"

#define LIMIT_KEY "results-limit"
#define MIB ((gsize) 1 << 20)

struct _LimnResults {
  GObject parent;

  /* Owned */
  GListStore *items; /* of LimnResultItem, newest first */
  GtkCustomFilter *filter;
  GtkSingleSelection *selection;
  LimnResultItem *selected;
  GCancellable *cancellable; /* of the picture that is on its way */

  /* Borrowed */
  LimnStudio *studio;     /* NULL when it is gone */
  LimnDocument *document; /* whose results are in @items */

  gulong document_handler;
  guint32 newest; /* the highest id that was seen */
  guint64 serial; /* of results that came or went by themselves */
  guint settle;   /* source: the picture of a new result may still come */
  bool syncing;   /* what is selected changes with the list */
  bool taking;    /* the picture is ours */
  bool discarding;
  bool told; /* that older ones went */
  bool only; /* favourites */
};

G_DEFINE_FINAL_TYPE (LimnResults, limn_results, G_TYPE_OBJECT)

enum {
  PROP_FAVOURITES_ONLY = 1,
  PROP_SELECTED,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

enum {
  SIGNAL_ADDED,
  SIGNAL_DETAILS,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

GtkSelectionModel *
limn_results_get_model (LimnResults *results)
{
  return GTK_SELECTION_MODEL (results->selection);
}

guint
limn_results_count (LimnResults *results)
{
  return g_list_model_get_n_items (G_LIST_MODEL (results->items));
}

LimnResultItem *
limn_results_get_selected (LimnResults *results)
{
  return results->selected;
}

/* --- what is shown --- */

static void
forget_picture (LimnResults *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}

static void
show_image (LimnResults *self, limn_image *image)
{
  self->taking = true;
  limn_studio_take_picture (self->studio, image);
  self->taking = false;
}

static void
on_decoded (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnResults) self = data;
  g_autoptr (GError) error = NULL;
  limn_image *image = limn_decode_finish (result, &error);

  if (g_task_get_cancellable (G_TASK (result)) != self->cancellable || self->studio == NULL) {
    limn_image_free (image);
    return;
  }
  g_clear_object (&self->cancellable);
  if (image == NULL) {
    limn_studio_say (self->studio, error->message);
    return;
  }
  show_image (self, image);
  limn_studio_set_show_picture (self->studio, true);
}

static void
show_item (LimnResults *self, LimnResultItem *item)
{
  forget_picture (self);
  self->cancellable = g_cancellable_new ();
  limn_decode (limn_result_item_get_png (item), LIMN_DECODED_IMAGE, 0, 0, self->cancellable,
               on_decoded, g_object_ref (self));
}

/* --- what is selected --- */

static void
notify_selected (LimnResults *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED]);
}

static void
on_favourite (LimnResults *self)
{
  notify_selected (self);
}

static bool
set_selected (LimnResults *self, LimnResultItem *item)
{
  if (self->selected == item)
    return false;
  if (self->selected != NULL)
    g_signal_handlers_disconnect_by_func (self->selected, on_favourite, self);
  g_set_object (&self->selected, item);
  if (item != NULL)
    g_signal_connect_object (item, "notify::favourite", G_CALLBACK (on_favourite), self,
                             G_CONNECT_SWAPPED);
  notify_selected (self);
  return true;
}

/* Position in the list that is shown, or GTK_INVALID_LIST_POSITION. */
static guint
find_shown (LimnResults *self, LimnResultItem *item)
{
  GListModel *shown = G_LIST_MODEL (self->selection);

  for (guint i = 0; item != NULL && i < g_list_model_get_n_items (shown); i++) {
    g_autoptr (LimnResultItem) at = g_list_model_get_item (shown, i);

    if (at == item)
      return i;
  }
  return GTK_INVALID_LIST_POSITION;
}

static void
on_selected_item (LimnResults *self)
{
  LimnResultItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->syncing || !set_selected (self, item))
    return;
  if (item != NULL)
    show_item (self, item);
  else
    forget_picture (self);
}

void
limn_results_select (LimnResults *results, LimnResultItem *item)
{
  gtk_single_selection_set_selected (results->selection, find_shown (results, item));
}

/* Without showing it: its picture is there already, or is on its way from elsewhere. */
static void
mark (LimnResults *self, LimnResultItem *item)
{
  self->syncing = true;
  limn_results_select (self, item);
  self->syncing = false;
  forget_picture (self);
  set_selected (self, gtk_single_selection_get_selected_item (self->selection));
}

void
limn_results_step (LimnResults *results, int by)
{
  gint64 count = g_list_model_get_n_items (G_LIST_MODEL (results->selection));
  gint64 at = gtk_single_selection_get_selected (results->selection);

  if (count == 0)
    return;
  at = at == GTK_INVALID_LIST_POSITION ? 0 : CLAMP (at + by, 0, count - 1);
  gtk_single_selection_set_selected (results->selection, (guint) at);
}

static gboolean
on_settled (gpointer data)
{
  LimnResults *self = data;

  self->settle = 0;
  return G_SOURCE_REMOVE;
}

/* A picture that grows, or that another part has put there. Who finishes a picture gives it to the
 * studio and the document in one go, in either order. */
static void
on_picture_changed (LimnResults *self)
{
  if (!self->taking && self->settle == 0)
    mark (self, NULL);
}

/* --- the document's results --- */

static void
tell_dropped (LimnResults *self)
{
  if (self->told)
    return;
  self->told = true;
  limn_studio_say (self->studio, _ ("Older pictures went to make room; favourites are kept"));
}

static void
keep_neighbour (LimnResults *self, guint position)
{
  guint count = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  set_selected (self, NULL);
  if (!self->discarding)
    return;
  if (count > 0) {
    gtk_single_selection_set_selected (self->selection, MIN (position, count - 1));
  } else {
    forget_picture (self);
    show_image (self, NULL);
  }
}

static void
on_results_changed (LimnResults *self)
{
  guint64 serial = limn_document_get_state (self->document).results;
  guint position = gtk_single_selection_get_selected (self->selection);
  struct limn_merged merged;

  if (self->studio == NULL)
    return;
  self->syncing = true;
  merged = limn_results_merge (self->items, self->document, &self->newest);
  self->syncing = false;
  if (self->selected != NULL && find_shown (self, self->selected) == GTK_INVALID_LIST_POSITION)
    keep_neighbour (self, position);
  if (merged.added != NULL && merged.is_new) {
    if (self->settle == 0)
      self->settle = g_idle_add (on_settled, self);
    mark (self, merged.added);
    g_signal_emit (self, signals[SIGNAL_ADDED], 0);
  } else if (merged.added != NULL) {
    limn_results_select (self, merged.added);
  }
  if (merged.gone && serial != self->serial)
    tell_dropped (self);
  self->serial = serial;
}

static gsize
wanted_limit (void)
{
  return (gsize) g_settings_get_int (limn_preferences (), LIMIT_KEY) * MIB;
}

static void
on_limit_changed (LimnResults *self)
{
  self->told = false;
  if (self->document != NULL)
    limn_document_set_results_limit (self->document, wanted_limit ());
}

/* Opening a drawing takes nothing out of it, whatever limit it was made under. */
static void
set_first_limit (LimnDocument *document)
{
  gsize size = 0;

  for (guint i = 0; i < limn_document_n_results (document); i++)
    size += g_bytes_get_size (limn_document_result (document, i)->png);
  limn_document_set_results_limit (document, MAX (size, wanted_limit ()));
}

static void
drop_document (LimnResults *self)
{
  if (self->document != NULL)
    g_clear_signal_handler (&self->document_handler, self->document);
  g_clear_object (&self->document);
}

static void
on_document_changed (LimnResults *self)
{
  drop_document (self);
  forget_picture (self);
  self->document = g_object_ref (limn_studio_get_document (self->studio));
  set_first_limit (self->document);
  self->newest = 0;
  self->told = false;
  self->syncing = true;
  g_list_store_remove_all (self->items);
  limn_results_merge (self->items, self->document, &self->newest);
  self->syncing = false;
  self->serial = limn_document_get_state (self->document).results;
  mark (self, NULL);
  self->document_handler = g_signal_connect_swapped (self->document, "results-changed",
                                                     G_CALLBACK (on_results_changed), self);
}

/* --- changes by hand --- */

void
limn_results_discard (LimnResults *results, LimnResultItem *item)
{
  results->discarding = item == results->selected;
  limn_document_remove_result (results->document, limn_result_item_get_id (item));
  results->discarding = false;
}

void
limn_results_toggle_favourite (LimnResults *results, LimnResultItem *item)
{
  limn_document_set_favourite (results->document, limn_result_item_get_id (item),
                               !limn_result_item_get_favourite (item));
}

bool
limn_results_get_favourites_only (LimnResults *results)
{
  return results->only;
}

void
limn_results_set_favourites_only (LimnResults *results, bool only)
{
  LimnResultItem *selected = results->selected;

  if (results->only == only)
    return;
  results->only = only;
  results->syncing = true;
  gtk_filter_changed (GTK_FILTER (results->filter),
                      only ? GTK_FILTER_CHANGE_MORE_STRICT : GTK_FILTER_CHANGE_LESS_STRICT);
  limn_results_select (results, selected);
  results->syncing = false;
  set_selected (results, gtk_single_selection_get_selected_item (results->selection));
  g_object_notify_by_pspec (G_OBJECT (results), props[PROP_FAVOURITES_ONLY]);
}

/* --- GObject --- */

static gboolean
lets_through (gpointer object, gpointer data)
{
  return !LIMN_RESULTS (data)->only || limn_result_item_get_favourite (object);
}

/* A star that is taken away takes the item out at the next change of the filter, so that it does
 * not jump away from under the pointer. */
static void
make_models (LimnResults *self)
{
  GtkFilterListModel *shown;

  self->items = g_list_store_new (LIMN_TYPE_RESULT_ITEM);
  self->filter = gtk_custom_filter_new (lets_through, self, NULL);
  shown = gtk_filter_list_model_new (G_LIST_MODEL (g_object_ref (self->items)),
                                     GTK_FILTER (g_object_ref (self->filter)));
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (shown));
  g_object_unref (shown);
}

static void
limn_results_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnResults *self = LIMN_RESULTS (object);

  switch (prop) {
  case PROP_FAVOURITES_ONLY:
    g_value_set_boolean (value, self->only);
    break;
  case PROP_SELECTED:
    g_value_set_object (value, self->selected);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_results_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnResults *self = LIMN_RESULTS (object);

  switch (prop) {
  case PROP_FAVOURITES_ONLY:
    limn_results_set_favourites_only (self, g_value_get_boolean (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_results_dispose (GObject *object)
{
  LimnResults *self = LIMN_RESULTS (object);

  forget_picture (self);
  drop_document (self);
  set_selected (self, NULL);
  g_clear_handle_id (&self->settle, g_source_remove);
  g_clear_weak_pointer (&self->studio);
  g_clear_object (&self->selection);
  g_clear_object (&self->filter);
  g_clear_object (&self->items);
  G_OBJECT_CLASS (limn_results_parent_class)->dispose (object);
}

static void
limn_results_class_init (LimnResultsClass *class)
{
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_results_get_property;
  object_class->set_property = limn_results_set_property;
  object_class->dispose = limn_results_dispose;
  props[PROP_FAVOURITES_ONLY] =
      g_param_spec_boolean ("favourites-only", NULL, NULL, FALSE, G_PARAM_READWRITE | flags);
  props[PROP_SELECTED] =
      g_param_spec_object ("selected", NULL, NULL, LIMN_TYPE_RESULT_ITEM, G_PARAM_READABLE | flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_ADDED] = g_signal_new ("added", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_DETAILS] =
      g_signal_new ("details", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
limn_results_init (LimnResults *self)
{
  make_models (self);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (on_selected_item),
                           self, G_CONNECT_SWAPPED);
}

LimnResults *
limn_results_for (LimnStudio *studio)
{
  LimnResults *self = g_object_get_data (G_OBJECT (studio), "limn-results");

  if (self != NULL)
    return self;
  self = g_object_new (LIMN_TYPE_RESULTS, NULL);
  g_object_set_data_full (G_OBJECT (studio), "limn-results", self, g_object_unref);
  g_set_weak_pointer (&self->studio, studio);
  g_signal_connect_object (studio, "notify::document", G_CALLBACK (on_document_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "picture-changed", G_CALLBACK (on_picture_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (limn_preferences (), "changed::" LIMIT_KEY,
                           G_CALLBACK (on_limit_changed), self, G_CONNECT_SWAPPED);
  on_document_changed (self);
  return self;
}
