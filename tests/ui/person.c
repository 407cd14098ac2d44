/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "person.h"

#include <gdk/x11/gdkx.h>

#include "generate/queue.h"
#include "preferences.h"

void
person_init (int *argc, char ***argv, int side)
{
  fixture_init (argc, argv);
  fixture_application ();
  g_settings_set_int (limn_preferences (), "canvas-width", side);
  g_settings_set_int (limn_preferences (), "canvas-height", side);
  g_settings_set_string (limn_preferences (), "colour-scheme", "light");
}

int
person_run (void)
{
  int status = g_test_run ();

  limn_queue_release_default ();
  return status;
}

static void
on_exited (GObject *process, GAsyncResult *result, gpointer done)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_subprocess_wait_check_finish (G_SUBPROCESS (process), result, &error));
  g_assert_no_error (error);
  *(bool *) done = true;
}

static bool
is_true (gpointer done)
{
  return *(bool *) done;
}

static void
run_xdotool (const char *words, bool at_once)
{
  g_autofree char *command = g_strconcat ("xdotool ", words, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_auto (GStrv) argv = NULL;
  bool done = false;

  g_assert_true (g_shell_parse_argv (command, NULL, &argv, &error));
  process =
      g_subprocess_newv ((const char *const *) argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);
  g_assert_no_error (error);
  if (at_once) {
    g_assert_true (g_subprocess_wait_check (process, NULL, &error));
    g_assert_no_error (error);
  } else {
    g_subprocess_wait_check_async (process, NULL, on_exited, &done);
    fixture_wait (is_true, &done);
  }
  /* xdotool has flushed; a round trip of our own brings all events that it caused. */
  gdk_display_sync (gdk_display_get_default ());
  if (!at_once)
    fixture_settle ();
}

void
person_does (const char *format, ...)
{
  g_autofree char *words = NULL;
  va_list arguments;

  va_start (arguments, format);
  words = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  run_xdotool (words, false);
}

void
person_does_at_once (const char *format, ...)
{
  g_autofree char *words = NULL;
  va_list arguments;

  va_start (arguments, format);
  words = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  run_xdotool (words, true);
}

static gulong
window_id (GtkNative *window)
{
  return gdk_x11_surface_get_xid (gtk_native_get_surface (window));
}

static bool
is_active (gpointer window)
{
  return gtk_window_is_active (window);
}

void
person_faces (gpointer window)
{
  person_does ("windowfocus --sync %lu", window_id (GTK_NATIVE (window)));
  fixture_wait (is_active, window);
}

/* A place in @widget, within the X window that it is in. */
static char *
way_in (GtkWidget *widget, double x, double y)
{
  GtkNative *native = gtk_widget_get_native (widget);
  double left, top;

  g_assert_true (gtk_widget_translate_coordinates (widget, GTK_WIDGET (native), x, y, &x, &y));
  gtk_native_get_surface_transform (native, &left, &top);
  return g_strdup_printf ("mousemove --window %lu %.0f %.0f", window_id (native), x + left,
                          y + top);
}

static bool
has_place (gpointer widget)
{
  return gtk_widget_get_mapped (widget) && gtk_widget_get_width (widget) > 0;
}

void
person_clicks (GtkWidget *widget)
{
  g_autofree char *way = NULL, *before = NULL;

  fixture_wait (has_place, widget);
  /* Things may still be moving. */
  do {
    g_free (before);
    before = g_steal_pointer (&way);
    fixture_frames (GTK_WIDGET (gtk_widget_get_root (widget)));
    way =
        way_in (widget, gtk_widget_get_width (widget) / 2.0, gtk_widget_get_height (widget) / 2.0);
  } while (g_strcmp0 (way, before) != 0);
  person_does ("%s click 1", way);
}

char *
person_way_to (LimnWindow *window, double x, double y)
{
  limn_canvas_from_document (LIMN_CANVAS (window->canvas), x, y, &x, &y);
  return way_in (window->canvas, x, y);
}

/* --- drawing --- */

struct stroke {
  LimnWindow *window;
  guint before;
};

static guint
count_ops (LimnWindow *window)
{
  guint32 id = limn_studio_get_layer (window->studio);

  return limn_document_find_layer (window->document, id)->ops->len;
}

static bool
is_drawn (gpointer data)
{
  const struct stroke *stroke = data;

  return !limn_studio_get_drawing (stroke->window->studio) &&
         count_ops (stroke->window) == stroke->before + 1;
}

void
person_draws (LimnWindow *window, const double *points, gsize n)
{
  struct stroke stroke = { window, count_ops (window) };
  g_autoptr (GString) words = g_string_new (NULL);

  for (gsize i = 0; i < n; i++) {
    g_autofree char *way = person_way_to (window, points[2 * i], points[2 * i + 1]);

    g_string_append_printf (words, "%s %s ", way, i == 0 ? "mousedown 1" : "");
  }
  g_string_append (words, "mouseup 1");
  person_does ("%s", words->str);
  fixture_wait (is_drawn, &stroke);
}
