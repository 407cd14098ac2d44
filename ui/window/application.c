/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/application.h"

#include <locale.h>

#include <glib/gi18n.h>

#include "canvas/canvas.h"
#include "document/journal.h"
#include "generate/queue.h"
#include "preferences.h"
#include "report.h"
#include "window/begin.h"
#include "window/files.h"
#include "window/keys.h"
#include "window/measure.h"
#include "window/models-window.h"
#include "window/preferences-window.h"
#include "window/recovery-window.h"
#include "window/window-private.h"

#define APPLICATION_ID "org.limn.Limn"

struct _LimnApplication {
  AdwApplication parent;

  /* Owned */
  GPtrArray *pending; /* of GFile: to be opened once the person has decided about what was left */
  bool recovering, pending_window;
};

G_DEFINE_FINAL_TYPE (LimnApplication, limn_application, ADW_TYPE_APPLICATION)

/* --- windows --- */

GtkWidget *
limn_application_find (GtkApplication *application, GFile *file)
{
  g_autofree char *path = g_file_get_path (file);
  GList *windows = application != NULL ? gtk_application_get_windows (application) : NULL;

  for (GList *each = windows; each != NULL && path != NULL; each = each->next) {
    LimnDocument *document;

    if (!LIMN_IS_WINDOW (each->data))
      continue;
    document = limn_studio_get_document (limn_window_get_studio (each->data));
    if (g_strcmp0 (limn_document_get_path (document), path) == 0)
      return each->data;
  }
  return NULL;
}

/* What a new window begins with, and what it opens then. */
struct opening {
  LimnApplication *application;
  GFile *file;
};

static void
on_begun (GObject *source, GAsyncResult *result, gpointer data)
{
  struct opening *opening = data;
  g_autofree char *problem = NULL;
  g_autoptr (LimnDocument) document = limn_begin_finish (result, &problem);
  LimnWindow *window = limn_window_new (GTK_APPLICATION (opening->application), document);

  if (problem != NULL)
    limn_window_say (window, problem);
  if (limn_begin_is_sample (result))
    limn_window_say (window, _ ("Draw over the sketch: the picture follows your pen"));
  gtk_window_present (GTK_WINDOW (window));
  limn_measure_window (GTK_WIDGET (window));
  if (opening->file != NULL)
    limn_window_open (window, opening->file);
  g_clear_object (&opening->file);
  g_object_unref (opening->application);
  g_free (opening);
}

static void
open_window (LimnApplication *self, GFile *file, int width, int height, bool sample)
{
  struct opening *opening = g_new0 (struct opening, 1);

  opening->application = g_object_ref (self);
  g_set_object (&opening->file, file);
  limn_begin (width, height, sample, on_begun, opening);
}

void
limn_application_open (LimnApplication *application, GFile *file)
{
  GtkWidget *window = limn_application_find (GTK_APPLICATION (application), file);

  if (window != NULL)
    gtk_window_present (GTK_WINDOW (window));
  else
    open_window (application, file, 0, 0, false);
}

void
limn_application_new_drawing (LimnApplication *application, int width, int height)
{
  open_window (application, NULL, width, height, false);
}

/* The first start shows what the program is for. */
static void
open_first_window (LimnApplication *self)
{
  GSettings *settings = limn_preferences ();
  bool first = g_settings_get_boolean (settings, "first-start") && !limn_measure_wanted ();

  if (first)
    g_settings_set_boolean (settings, "first-start", FALSE);
  open_window (self, NULL, 0, 0, first);
}

static LimnWindow *
first_window (LimnApplication *self)
{
  for (GList *each = gtk_application_get_windows (GTK_APPLICATION (self)); each != NULL;
       each = each->next)
    if (LIMN_IS_WINDOW (each->data))
      return each->data;
  return NULL;
}

/* --- after a crash --- */

bool
limn_application_is_recovering (LimnApplication *application)
{
  return application->recovering;
}

static void
open_pending (LimnApplication *self)
{
  g_autoptr (GPtrArray) pending = g_steal_pointer (&self->pending);

  self->pending = g_ptr_array_new_with_free_func (g_object_unref);
  self->recovering = false;
  for (guint i = 0; i < pending->len; i++)
    limn_application_open (self, g_ptr_array_index (pending, i));
  if (self->pending_window && pending->len == 0 && first_window (self) == NULL)
    open_first_window (self);
  self->pending_window = false;
}

static void
on_restored (LimnDocument *document, const char *problem, gpointer data)
{
  LimnWindow *window = limn_window_new (GTK_APPLICATION (data), document);

  if (problem != NULL)
    limn_window_say (window, problem);
  gtk_window_present (GTK_WINDOW (window));
}

static void
on_recovery_done (LimnApplication *self)
{
  open_pending (self);
  g_application_release (G_APPLICATION (self));
}

static void
recover (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_pointer (task, limn_journal_recover (NULL), (GDestroyNotify) g_ptr_array_unref);
}

static void
on_recovered (GObject *source, GAsyncResult *result, gpointer data)
{
  LimnApplication *self = LIMN_APPLICATION (source);
  g_autoptr (GPtrArray) left = g_task_propagate_pointer (G_TASK (result), NULL);
  GtkWidget *window;

  if (left->len == 0) {
    on_recovery_done (self);
    return;
  }
  window = limn_recovery_window_new (g_steal_pointer (&left), on_restored, self);
  gtk_window_set_application (GTK_WINDOW (window), GTK_APPLICATION (self));
  g_signal_connect_object (window, "unrealize", G_CALLBACK (on_recovery_done), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (window));
}

/* --- actions --- */

static void
on_new_window (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  LimnApplication *self = data;

  if (self->recovering)
    self->pending_window = true;
  else
    open_window (self, NULL, 0, 0, false);
}

static void
on_models (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  LimnWindow *window = first_window (data);

  if (window != NULL)
    gtk_window_present (GTK_WINDOW (limn_models_window_new (window)));
}

static void
on_preferences (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkWidget *window = limn_preferences_window_new ();

  gtk_window_set_transient_for (GTK_WINDOW (window),
                                gtk_application_get_active_window (GTK_APPLICATION (data)));
  gtk_window_present (GTK_WINDOW (window));
}

static void
on_about (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  adw_show_about_window (
      gtk_application_get_active_window (GTK_APPLICATION (data)), "application-name", "Limn",
      "application-icon", APPLICATION_ID, "version", LIMN_VERSION, "developer-name",
      _ ("The Limn developers"), "comments",
      _ ("Draw, and a picture grows under your hand. Limn has its own diffusion engine and a small "
         "model, and works without a network."),
      "license-type", GTK_LICENSE_GPL_3_0, "translator-credits", _ ("translator-credits"), NULL);
}

static void
on_quit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  g_autoptr (GList) windows = NULL;

  for (GList *each = gtk_application_get_windows (data); each != NULL; each = each->next)
    if (LIMN_IS_WINDOW (each->data))
      windows = g_list_append (windows, each->data);
  limn_windows_close (windows);
}

static const GActionEntry actions[] = {
  { "new-window", on_new_window }, { "models", on_models }, { "preferences", on_preferences },
  { "about", on_about },           { "quit", on_quit },
};

/* --- GApplication --- */

static void
apply_colour_scheme (GSettings *settings)
{
  static const AdwColorScheme schemes[] = { ADW_COLOR_SCHEME_DEFAULT, ADW_COLOR_SCHEME_FORCE_LIGHT,
                                            ADW_COLOR_SCHEME_FORCE_DARK };

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      schemes[g_settings_get_enum (settings, "colour-scheme")]);
}

static void
limn_application_startup (GApplication *application)
{
  LimnApplication *self = LIMN_APPLICATION (application);
  g_autoptr (GTask) task = NULL;

  G_APPLICATION_CLASS (limn_application_parent_class)->startup (application);
  limn_canvas_choose_renderer ();
  gtk_window_set_default_icon_name (APPLICATION_ID);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  limn_keys_bind_application (GTK_APPLICATION (self));
  apply_colour_scheme (limn_preferences ());
  g_signal_connect (limn_preferences (), "changed::colour-scheme", G_CALLBACK (apply_colour_scheme),
                    NULL);
  /* Its worker begins to load the model while the window is made. */
  limn_queue_get_default ();
  self->recovering = true;
  g_application_hold (application);
  task = g_task_new (self, NULL, on_recovered, NULL);
  g_task_run_in_thread (task, recover);
}

static void
limn_application_activate (GApplication *application)
{
  LimnApplication *self = LIMN_APPLICATION (application);
  LimnWindow *window = first_window (self);

  if (self->recovering)
    self->pending_window = true;
  else if (window != NULL)
    gtk_window_present (GTK_WINDOW (window));
  else
    open_first_window (self);
}

static void
limn_application_open_files (GApplication *application, GFile **files, int count, const char *hint)
{
  LimnApplication *self = LIMN_APPLICATION (application);

  for (int i = 0; i < count; i++) {
    if (self->recovering)
      g_ptr_array_add (self->pending, g_object_ref (files[i]));
    else
      limn_application_open (self, files[i]);
  }
}

static void
limn_application_shutdown (GApplication *application)
{
  limn_queue_release_default ();
  G_APPLICATION_CLASS (limn_application_parent_class)->shutdown (application);
}

/* "--new-window" of a program that runs already: the other one opens it. */
static int
limn_application_handle_local_options (GApplication *application, GVariantDict *options)
{
  if (!g_variant_dict_contains (options, "new-window") ||
      !g_application_register (application, NULL, NULL) ||
      !g_application_get_is_remote (application))
    return -1;
  g_action_group_activate_action (G_ACTION_GROUP (application), "new-window", NULL);
  return 0;
}

static void
limn_application_finalize (GObject *object)
{
  g_ptr_array_unref (LIMN_APPLICATION (object)->pending);
  G_OBJECT_CLASS (limn_application_parent_class)->finalize (object);
}

static void
limn_application_class_init (LimnApplicationClass *class)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = limn_application_finalize;
  application_class->startup = limn_application_startup;
  application_class->activate = limn_application_activate;
  application_class->open = limn_application_open_files;
  application_class->shutdown = limn_application_shutdown;
  application_class->handle_local_options = limn_application_handle_local_options;
}

static void
limn_application_init (LimnApplication *self)
{
  self->pending = g_ptr_array_new_with_free_func (g_object_unref);
  g_application_add_main_option (G_APPLICATION (self), "new-window", 0, 0, G_OPTION_ARG_NONE,
                                 _ ("Open a new window"), NULL);
}

LimnApplication *
limn_application_new (void)
{
  GApplicationFlags flags = G_APPLICATION_HANDLES_OPEN;

  if (limn_measure_wanted ())
    flags |= G_APPLICATION_NON_UNIQUE;
  return g_object_new (LIMN_TYPE_APPLICATION, "application-id", APPLICATION_ID, "flags", flags,
                       "resource-base-path", "/org/limn/Limn", NULL);
}

int
limn_application_main (int argc, char **argv)
{
  g_autoptr (LimnApplication) application = NULL;

  const char *locale_folder = g_getenv ("LIMN_LOCALE_DIR");

  bindtextdomain (GETTEXT_PACKAGE, locale_folder != NULL ? locale_folder : LIMN_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name ("Limn");
  /* main() has set what numbers look like. */
  gtk_disable_setlocale ();
  if (!gtk_init_check ()) {
    g_autoptr (GError) error =
        g_error_new (LIMN_ERROR, LIMN_ERROR_FILE,
                     _ ("there is no display to open a window on: DISPLAY or WAYLAND_DISPLAY must "
                        "name one; `limn help` lists what works without"));

    return limn_report_failure (error);
  }
  application = limn_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
