/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "limn.h"
#include "results/apply-recipe.h"
#include "results/content.h"
#include "results/decode.h"
#include "results/results.h"
#include "results/strip.h"
#include "shortcuts.h"

const struct limn_shortcut limn_result_shortcuts[] = {
  { "result.previous", "<Alt>Page_Up", N_ ("Newer picture"), N_ ("Pictures") },
  { "result.next", "<Alt>Page_Down", N_ ("Older picture"), N_ ("Pictures") },
  { "result.as-layer", "<Control><Shift>Return", N_ ("Put the picture on the canvas as a layer"),
    N_ ("Pictures") },
  { "result.favourite", "<Alt>f", N_ ("Favourite"), N_ ("Pictures") },
  { "result.copy", "<Alt>c", N_ ("Copy the picture"), N_ ("Pictures") },
  { "result.save", "<Alt>s", N_ ("Save the picture"), N_ ("Pictures") },
  { "result.discard", "<Alt>Delete", N_ ("Discard the picture"), N_ ("Pictures") },
  { "result.use-settings", "<Alt>u", N_ ("Use the picture’s settings again"), N_ ("Pictures") },
  { "result.use-seed", "<Alt>d", N_ ("Use the picture’s seed"), N_ ("Pictures") },
  { "result.details", "<Alt>i", N_ ("How the picture was made"), N_ ("Pictures") },
  { NULL },
};

/* What the actions of one group share. */
struct context {
  LimnStudio *studio;
  LimnResults *results;
  GtkFileChooserNative *chooser; /* while it is open */
};

typedef void (*result_func) (struct context *context, LimnResultItem *item);

static void
context_free (struct context *context)
{
  if (context->chooser != NULL)
    gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (context->chooser));
  g_clear_object (&context->chooser);
  g_object_unref (context->results);
  g_object_unref (context->studio);
  g_free (context);
}

/* --- on the canvas --- */

struct placing {
  LimnStudio *studio;
  LimnDocument *document;
  char *name;
};

static void
placing_free (struct placing *placing)
{
  g_object_unref (placing->studio);
  g_object_unref (placing->document);
  g_free (placing->name);
  g_free (placing);
}

/* Above the active layer, or on top. */
static guint
place_for (LimnStudio *studio, LimnDocument *document)
{
  int index = limn_document_layer_index (document, limn_studio_get_layer (studio));

  return index >= 0 ? (guint) index + 1 : limn_document_n_layers (document);
}

static void
on_layer_decoded (GObject *object, GAsyncResult *result, gpointer data)
{
  struct placing *placing = data;
  g_autoptr (GError) error = NULL;
  cairo_surface_t *pixels = limn_decode_finish (result, &error);
  guint32 id = 0;

  if (pixels == NULL) {
    limn_studio_say (placing->studio, error->message);
  } else if (placing->document != limn_studio_get_document (placing->studio)) {
    cairo_surface_destroy (pixels);
  } else {
    id = limn_document_add_pixels (placing->document, pixels, placing->name, 0, 0,
                                   place_for (placing->studio, placing->document));
    if (id != 0)
      limn_studio_set_layer (placing->studio, id);
    else
      limn_studio_say (placing->studio, _ ("There is no room for another layer"));
  }
  placing_free (placing);
}

static void
as_layer (struct context *context, LimnResultItem *item)
{
  LimnDocument *document = limn_studio_get_document (context->studio);
  struct placing *placing = g_new0 (struct placing, 1);
  const char *seed = limn_result_item_get_seed (item);
  int width, height;

  placing->studio = g_object_ref (context->studio);
  placing->document = g_object_ref (document);
  placing->name =
      seed != NULL ? g_strdup_printf (_ ("Picture %s"), seed) : g_strdup (_ ("Picture"));
  limn_document_get_size (document, &width, &height);
  limn_decode (limn_result_item_get_png (item), LIMN_DECODED_PIXELS, width, height, NULL,
               on_layer_decoded, placing);
}

/* --- out of the program --- */

static void
copy (struct context *context, LimnResultItem *item)
{
  g_autoptr (GdkContentProvider) content =
      limn_png_content_new (limn_result_item_get_png (item), NULL);
  GdkDisplay *display = gdk_display_get_default ();

  gdk_clipboard_set_content (gdk_display_get_clipboard (display), content);
  limn_studio_say (context->studio, _ ("The picture is on the clipboard"));
}

static void
write_png (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GBytes *png = data;
  GError *error = NULL;

  if (limn_file_write (g_file_peek_path (source), g_bytes_get_data (png, NULL),
                       g_bytes_get_size (png), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_written (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnStudio) studio = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_file_get_basename (G_FILE (object));
  g_autofree char *shown = g_filename_display_name (name);
  g_autofree char *sentence = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    sentence = g_strdup_printf (_ ("Saved as “%s”"), shown);
  limn_studio_say (studio, sentence != NULL ? sentence : error->message);
}

static void
on_chosen (GtkNativeDialog *chooser, int response, struct context *context)
{
  GBytes *png = g_object_get_data (G_OBJECT (chooser), "png");
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  g_autoptr (GTask) task = NULL;

  if (response == GTK_RESPONSE_ACCEPT && file != NULL && g_file_peek_path (file) != NULL) {
    task = g_task_new (file, NULL, on_written, g_object_ref (context->studio));
    g_task_set_task_data (task, g_bytes_ref (png), (GDestroyNotify) g_bytes_unref);
    g_task_run_in_thread (task, write_png);
  } else if (response == GTK_RESPONSE_ACCEPT) {
    limn_studio_say (context->studio, _ ("Pictures can only be saved to folders of this computer"));
  }
  gtk_native_dialog_destroy (chooser);
  g_clear_object (&context->chooser);
}

static GtkWindow *
active_window (void)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *l = windows; l != NULL; l = l->next)
    if (gtk_window_is_active (l->data))
      return l->data;
  return NULL;
}

static void
save (struct context *context, LimnResultItem *item)
{
  g_autofree char *name = limn_result_item_file_name (item);
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  if (context->chooser != NULL)
    return;
  context->chooser =
      gtk_file_chooser_native_new (_ ("Save Picture"), active_window (),
                                   GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Save"), _ ("_Cancel"));
  gtk_file_filter_set_name (filter, _ ("PNG pictures"));
  gtk_file_filter_add_mime_type (filter, "image/png");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (context->chooser), filter);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (context->chooser), name);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (context->chooser), TRUE);
  g_object_set_data_full (G_OBJECT (context->chooser), "png",
                          g_bytes_ref (limn_result_item_get_png (item)),
                          (GDestroyNotify) g_bytes_unref);
  g_signal_connect (context->chooser, "response", G_CALLBACK (on_chosen), context);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (context->chooser));
}

/* --- the rest --- */

static void
favourite (struct context *context, LimnResultItem *item)
{
  limn_results_toggle_favourite (context->results, item);
}

static void
discard (struct context *context, LimnResultItem *item)
{
  limn_results_discard (context->results, item);
}

static void
use_settings (struct context *context, LimnResultItem *item)
{
  limn_recipe_apply_bytes (context->studio, limn_result_item_get_png (item), _ ("The picture"));
}

static void
use_seed (struct context *context, LimnResultItem *item)
{
  limn_recipe_apply_seed (context->studio, limn_result_item_get_png (item), _ ("The picture"));
}

static void
details (struct context *context, LimnResultItem *item)
{
  g_signal_emit_by_name (context->results, "details");
}

static const struct {
  const char *name;
  result_func func;
} selected_actions[] = {
  { "favourite", favourite }, { "discard", discard }, { "as-layer", as_layer },
  { "copy", copy },           { "save", save },       { "use-settings", use_settings },
  { "use-seed", use_seed },   { "details", details },
};

static void
on_activate (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  struct context *context = data;
  LimnResultItem *item = limn_results_get_selected (context->results);
  const char *name = g_action_get_name (G_ACTION (action));

  for (gsize i = 0; item != NULL && i < G_N_ELEMENTS (selected_actions); i++)
    if (g_str_equal (selected_actions[i].name, name)) {
      g_autoptr (LimnResultItem) held = g_object_ref (item);

      selected_actions[i].func (context, held);
    }
}

static void
on_next (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_results_step (((struct context *) data)->results, 1);
}

static void
on_previous (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_results_step (((struct context *) data)->results, -1);
}

static void
on_selected (LimnResults *results, GParamSpec *pspec, GSimpleActionGroup *group)
{
  LimnResultItem *item = limn_results_get_selected (results);
  bool starred = item != NULL && limn_result_item_get_favourite (item);

  for (gsize i = 0; i < G_N_ELEMENTS (selected_actions); i++) {
    GAction *action = g_action_map_lookup_action (G_ACTION_MAP (group), selected_actions[i].name);

    g_simple_action_set_enabled (G_SIMPLE_ACTION (action), item != NULL);
    if (selected_actions[i].func == favourite)
      g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (starred));
  }
}

static void
add_action (GSimpleActionGroup *group,
            GSimpleAction *action,
            void (*activate) (GSimpleAction *, GVariant *, gpointer),
            struct context *context)
{
  g_signal_connect (action, "activate", G_CALLBACK (activate), context);
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (action));
  g_object_unref (action);
}

GActionGroup *
limn_result_actions_new (LimnStudio *studio)
{
  GSimpleActionGroup *group = g_simple_action_group_new ();
  struct context *context = g_new0 (struct context, 1);
  g_autoptr (GPropertyAction) only = NULL;

  context->studio = g_object_ref (studio);
  context->results = g_object_ref (limn_results_for (studio));
  g_object_set_data_full (G_OBJECT (group), "limn-context", context, (GDestroyNotify) context_free);
  for (gsize i = 0; i < G_N_ELEMENTS (selected_actions); i++) {
    const char *name = selected_actions[i].name;
    bool stateful = selected_actions[i].func == favourite;

    add_action (group,
                stateful ? g_simple_action_new_stateful (name, NULL, g_variant_new_boolean (FALSE))
                         : g_simple_action_new (name, NULL),
                on_activate, context);
  }
  add_action (group, g_simple_action_new ("next", NULL), on_next, context);
  add_action (group, g_simple_action_new ("previous", NULL), on_previous, context);
  only = g_property_action_new ("favourites-only", context->results, "favourites-only");
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (only));
  g_signal_connect_object (context->results, "notify::selected", G_CALLBACK (on_selected), group,
                           0);
  on_selected (context->results, NULL, group);
  return G_ACTION_GROUP (group);
}
