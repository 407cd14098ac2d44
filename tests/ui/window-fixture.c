/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window-fixture.h"

#include <string.h>

#include <glib/gstdio.h>

#include "generate/queue.h"
#include "preferences.h"

void
fixture_init (int *argc, char ***argv)
{
  gtk_test_init (argc, argv, NULL);
  g_set_application_name ("Limn");
}

LimnApplication *
fixture_new_application (void)
{
  LimnApplication *application = limn_application_new ();

  /* A test may have several, one after the other. */
  g_application_set_flags (G_APPLICATION (application),
                           G_APPLICATION_HANDLES_OPEN | G_APPLICATION_NON_UNIQUE);
  return application;
}

static bool
has_recovered (gpointer data)
{
  return !limn_application_is_recovering (data);
}

LimnApplication *
fixture_application (void)
{
  static LimnApplication *application = NULL;

  if (application != NULL)
    return application;
  application = fixture_new_application ();
  g_settings_set_boolean (limn_preferences (), "first-start", FALSE);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  g_application_set_default (G_APPLICATION (application));
  fixture_wait (has_recovered, application);
  return application;
}

void
fixture_wait (fixture_condition done, gpointer data)
{
  while (!done (data))
    g_main_context_iteration (NULL, TRUE);
}

void
fixture_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* --- windows --- */

guint
fixture_count (GType type)
{
  GListModel *all = gtk_window_get_toplevels ();
  guint count = 0;

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (GtkWidget) window = g_list_model_get_item (all, i);

    count += G_TYPE_CHECK_INSTANCE_TYPE (window, type) && gtk_widget_get_mapped (window);
  }
  return count;
}

GtkWidget *
fixture_find (GType type)
{
  GListModel *all = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (GtkWidget) window = g_list_model_get_item (all, i);

    if (G_TYPE_CHECK_INSTANCE_TYPE (window, type) && gtk_widget_get_mapped (window))
      return window;
  }
  return NULL;
}

static bool
is_there (gpointer count)
{
  return fixture_count (LIMN_TYPE_WINDOW) == GPOINTER_TO_UINT (count);
}

LimnWindow *
fixture_window (void)
{
  LimnApplication *application = fixture_application ();
  guint before = fixture_count (LIMN_TYPE_WINDOW);
  GtkWindow *window;

  g_action_group_activate_action (G_ACTION_GROUP (application), "new-window", NULL);
  fixture_wait (is_there, GUINT_TO_POINTER (before + 1));
  fixture_settle ();
  window = gtk_application_get_windows (GTK_APPLICATION (application))->data;
  return LIMN_WINDOW (window);
}

static bool
is_gone (gpointer gone)
{
  return *(bool *) gone;
}

static void
on_gone (gpointer gone, GObject *object)
{
  *(bool *) gone = true;
}

void
fixture_close (LimnWindow *window)
{
  bool gone = false;

  g_object_weak_ref (G_OBJECT (window), on_gone, &gone);
  window->decided = true;
  gtk_window_close (GTK_WINDOW (window));
  /* Tasks that are on their way hold it for a moment. */
  fixture_wait (is_gone, &gone);
}

/* --- doing --- */

void
fixture_respond (GtkWidget *dialog, const char *response)
{
  g_object_ref (dialog);
  gtk_window_destroy (GTK_WINDOW (dialog));
  adw_message_dialog_response (ADW_MESSAGE_DIALOG (dialog), response);
  g_object_unref (dialog);
}

void
fixture_draw (LimnWindow *window, double x0, double y0, double x1, double y1)
{
  LimnStudio *studio = limn_window_get_studio (window);
  LimnDocument *document = limn_studio_get_document (studio);
  struct limn_brush brush = limn_studio_get_brush (studio, LIMN_TOOL_BRUSH);

  g_assert_true (limn_document_stroke_begin (document, limn_studio_get_layer (studio), &brush));
  for (int i = 0; i <= 8; i++)
    limn_document_stroke_add (document, x0 + (x1 - x0) * i / 8, y0 + (y1 - y0) * i / 8, 0.5,
                              (guint32) i * 8);
  g_assert_true (limn_document_stroke_end (document));
}

static void
on_after_paint (GdkFrameClock *clock, int *frames)
{
  (*frames)++;
}

static bool
has_painted (gpointer frames)
{
  return *(int *) frames >= 2;
}

void
fixture_frames (GtkWidget *window)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (window);
  int frames = 0;
  gulong handler = g_signal_connect (clock, "after-paint", G_CALLBACK (on_after_paint), &frames);

  gdk_frame_clock_begin_updating (clock);
  fixture_wait (has_painted, &frames);
  gdk_frame_clock_end_updating (clock);
  g_signal_handler_disconnect (clock, handler);
}

void
fixture_screenshot (GtkWidget *window, const char *name)
{
  const char *folder = g_getenv ("LIMN_TEST_PICTURES");
  g_autofree char *path = g_strdup_printf ("%s/%s.png", folder, name);
  g_autoptr (GdkPaintable) paintable = NULL;
  GtkSnapshot *snapshot;
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0777), ==, 0);
  paintable = gtk_widget_paintable_new (window);
  gtk_widget_queue_draw (window);
  fixture_frames (window);
  snapshot = gtk_snapshot_new ();
  gdk_paintable_snapshot (paintable, snapshot, gdk_paintable_get_intrinsic_width (paintable),
                          gdk_paintable_get_intrinsic_height (paintable));
  node = gtk_snapshot_free_to_node (snapshot);
  g_assert_nonnull (node);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node, NULL);
  g_assert_true (gdk_texture_save_to_png (texture, path));
}

/* --- comparing --- */

static void
assert_equal_pixels (cairo_surface_t *a, cairo_surface_t *b)
{
  int width = cairo_image_surface_get_width (a), height = cairo_image_surface_get_height (a);

  g_assert_cmpint (cairo_image_surface_get_width (b), ==, width);
  g_assert_cmpint (cairo_image_surface_get_height (b), ==, height);
  cairo_surface_flush (a);
  cairo_surface_flush (b);
  for (int y = 0; y < height; y++)
    g_assert_cmpmem (limn_pixels_row (a, y), (gsize) width * 4, limn_pixels_row (b, y),
                     (gsize) width * 4);
}

void
fixture_assert_equal (LimnDocument *a, LimnDocument *b)
{
  int width, height, other_width, other_height;

  limn_document_get_size (a, &width, &height);
  limn_document_get_size (b, &other_width, &other_height);
  g_assert_cmpint (width, ==, other_width);
  g_assert_cmpint (height, ==, other_height);
  g_assert_cmpuint (limn_document_n_layers (a), ==, limn_document_n_layers (b));
  for (guint i = 0; i < limn_document_n_layers (a); i++)
    assert_equal_pixels (limn_document_layer (a, i)->pixels, limn_document_layer (b, i)->pixels);
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    g_assert_true (g_variant_equal (limn_document_get_value (a, (limn_setting) i),
                                    limn_document_get_value (b, (limn_setting) i)));
}

void
fixture_walk (GtkWidget *widget, fixture_visitor func, gpointer data)
{
  func (widget, data);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    fixture_walk (child, func, data);
}
