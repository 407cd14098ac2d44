/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <adwaita.h>
#include <glib/gstdio.h>
#include <string.h>

#include "generate-fixture.h"
#include "generate/bar.h"
#include "generate/live.h"
#include "generate/outlook.h"
#include "generate/queue-panel.h"

/* The bar below the canvas and the list of the queue, in a window. */

struct stage {
  LimnStudio *studio;
  GtkWidget *window, *bar, *panel;
};

/* The first widget below @widget for which @wanted holds; not in a popover, which has a life of its
 * own. */
static GtkWidget *
find (GtkWidget *widget, bool (*wanted) (GtkWidget *widget, gconstpointer data), gconstpointer data)
{
  GtkWidget *found = wanted (widget, data) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = GTK_IS_POPOVER (child) ? NULL : find (child, wanted, data);
  return found;
}

static bool
has_action (GtkWidget *widget, gconstpointer name)
{
  return GTK_IS_ACTIONABLE (widget) &&
         g_strcmp0 (gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)), name) == 0;
}

static bool
is_caption (GtkWidget *widget, gconstpointer data)
{
  return GTK_IS_LABEL (widget) && gtk_widget_has_css_class (widget, "caption");
}

static const char *
status_of (struct stage *stage)
{
  return gtk_label_get_text (GTK_LABEL (find (stage->bar, is_caption, NULL)));
}

static void
stage_init (struct stage *stage)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GActionGroup *actions;

  stage->studio = fixture_studio_new ();
  actions = limn_generate_actions_new (stage->studio);
  stage->window = gtk_window_new ();
  stage->panel = limn_queue_panel_new (stage->studio);
  stage->bar = limn_generate_bar_new (stage->studio);
  gtk_widget_insert_action_group (stage->window, "generate", actions);
  g_object_unref (actions);
  gtk_box_append (GTK_BOX (box), stage->panel);
  gtk_widget_set_vexpand (stage->panel, TRUE);
  gtk_box_append (GTK_BOX (box), stage->bar);
  gtk_window_set_default_size (GTK_WINDOW (stage->window), 640, 420);
  gtk_window_set_child (GTK_WINDOW (stage->window), box);
  gtk_window_present (GTK_WINDOW (stage->window));
  fixture_wait (gtk_widget_get_mapped (stage->bar));
}

static void
stage_clear (struct stage *stage)
{
  gtk_window_destroy (GTK_WINDOW (stage->window));
  fixture_settle ();
  fixture_studio_free (stage->studio);
}

static GskRenderNode *
snapshot_window (struct stage *stage)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (stage->window);
  GtkSnapshot *snapshot = gtk_snapshot_new ();

  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (stage->window),
                          gtk_widget_get_height (stage->window));
  return gtk_snapshot_free_to_node (snapshot);
}

static gboolean
on_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer frames)
{
  return --*(int *) frames > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* A picture of the window for people to look at. */
static void
take_picture (struct stage *stage, const char *name)
{
  const char *folder = g_getenv ("LIMN_TEST_PICTURES");
  g_autofree char *file = g_strconcat ("generate-", name, ".png", NULL);
  g_autofree char *path = folder != NULL ? g_build_filename (folder, file, NULL) : NULL;
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  int frames = 3;

  gtk_widget_add_tick_callback (stage->window, on_tick, &frames, NULL);
  fixture_wait (frames == 0 && (node = snapshot_window (stage)) != NULL);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (stage->window)), node,
                                         NULL);
  if (path != NULL && g_mkdir_with_parents (folder, 0755) == 0)
    gdk_texture_save_to_png (texture, path);
}

static bool
is_enabled (struct stage *stage, const char *action)
{
  return gtk_widget_is_sensitive (find (stage->bar, has_action, action));
}

static void
test_draw (void)
{
  struct stage stage;
  GtkWidget *stop;

  stage_init (&stage);
  stop = find (stage.bar, has_action, "generate.cancel");
  fixture_wait (g_str_has_prefix (status_of (&stage), "Needs "));
  g_assert_true (is_enabled (&stage, "generate.run"));
  g_assert_false (gtk_widget_get_visible (stop));
  take_picture (&stage, "rest");

  fixture_set_int (stage.studio, LIMN_SETTING_STEPS, 1000);
  fixture_set_int (stage.studio, LIMN_SETTING_COUNT, 3);
  gtk_widget_activate_action (stage.bar, "generate.run", NULL);
  fixture_wait (g_str_has_prefix (status_of (&stage), "Step 4 of 1000"));
  g_assert_nonnull (strstr (status_of (&stage), " left"));
  g_assert_true (gtk_widget_get_visible (stop));
  g_assert_true (is_enabled (&stage, "generate.cancel"));
  take_picture (&stage, "drawing");

  gtk_widget_activate_action (stage.bar, "generate.cancel", NULL);
  fixture_wait (limn_job_has_ended (fixture_job (0)));
  fixture_wait (limn_job_get_step (fixture_job (1)) >= 1);
  gtk_widget_activate_action (stage.bar, "generate.cancel-all", NULL);
  fixture_wait (limn_queue_get_running (limn_queue_get_default ()) == NULL);
  g_assert_true (g_str_has_prefix (status_of (&stage), "Needs "));
  g_assert_false (is_enabled (&stage, "generate.cancel"));
  gtk_widget_activate_action (stage.bar, "generate.clear-finished", NULL);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (limn_queue_get_default ())), ==, 0);
  stage_clear (&stage);
}

/* Why it cannot, and that it can again. */
static void
test_problem (void)
{
  struct stage stage;
  GtkWidget *run;

  stage_init (&stage);
  run = find (stage.bar, has_action, "generate.run");
  fixture_wait (g_str_has_prefix (status_of (&stage), "Needs "));
  fixture_set_text (stage.studio, LIMN_SETTING_MODEL, "/no/such/model");
  fixture_wait (!gtk_widget_is_sensitive (run));
  g_assert_nonnull (strstr (status_of (&stage), "/no/such/model"));
  g_assert_cmpstr (gtk_widget_get_tooltip_text (run), ==, status_of (&stage));
  take_picture (&stage, "problem");

  fixture_set_text (stage.studio, LIMN_SETTING_MODEL, "");
  fixture_wait (gtk_widget_is_sensitive (run));
  fixture_set_int (stage.studio, LIMN_SETTING_WIDTH, 16384);
  fixture_set_int (stage.studio, LIMN_SETTING_HEIGHT, 16384);
  fixture_wait (!gtk_widget_is_sensitive (run));
  g_assert_nonnull (strstr (status_of (&stage), "16384"));
  stage_clear (&stage);
}

static void
test_live (void)
{
  struct stage stage;
  GtkWidget *keep;

  stage_init (&stage);
  keep = find (stage.bar, has_action, "generate.keep-live");
  g_assert_false (gtk_widget_get_visible (keep));
  gtk_widget_activate_action (stage.bar, "generate.live", NULL);
  g_assert_true (g_variant_get_boolean (
      limn_document_get_value (limn_studio_get_document (stage.studio), LIMN_SETTING_LIVE)));
  g_assert_true (gtk_widget_get_visible (keep));
  fixture_wait (is_enabled (&stage, "generate.keep-live"));
  fixture_wait (g_str_has_prefix (status_of (&stage), "Live. Needs "));
  take_picture (&stage, "live");
  gtk_widget_activate_action (stage.bar, "generate.keep-live", NULL);
  g_assert_cmpuint (limn_document_n_results (limn_studio_get_document (stage.studio)), ==, 1);
  g_assert_false (is_enabled (&stage, "generate.keep-live"));
  gtk_widget_activate_action (stage.bar, "generate.live", NULL);
  g_assert_false (gtk_widget_get_visible (keep));
  stage_clear (&stage);
}

/* The list, with a failure in it, in the dark. */
static void
test_list (void)
{
  struct stage stage;

  stage_init (&stage);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      ADW_COLOR_SCHEME_FORCE_DARK);
  fixture_set_text (stage.studio, LIMN_SETTING_MODEL, "/no/such/model");
  fixture_ask (stage.studio, 1);
  fixture_set_text (stage.studio, LIMN_SETTING_MODEL, "");
  fixture_ask (stage.studio, 2);
  fixture_wait (limn_job_has_ended (fixture_job (1)));
  fixture_set_int (stage.studio, LIMN_SETTING_STEPS, 1000);
  fixture_set_int (stage.studio, LIMN_SETTING_COUNT, 3);
  fixture_ask (stage.studio, 5);
  fixture_wait (limn_job_get_step (fixture_job (2)) >= 3);
  take_picture (&stage, "list");
  g_assert_cmpstr (limn_job_get_error (fixture_job (0)), !=, NULL);
  limn_queue_show (limn_queue_get_default (), stage.studio);
  limn_queue_cancel_all (limn_queue_get_default (), NULL);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
  stage_clear (&stage);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/generate-bar/draw", test_draw);
  g_test_add_func ("/generate-bar/problem", test_problem);
  g_test_add_func ("/generate-bar/live", test_live);
  g_test_add_func ("/generate-bar/list", test_list);
  return g_test_run ();
}
