/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/canvas-private.h"

#include <glib/gi18n.h>

#include "shortcuts.h"

#define TURN 15.0 /* degrees */

const struct limn_shortcut limn_canvas_shortcuts[] = {
  { "view.zoom-in", "<Control>plus", N_ ("Zoom in"), N_ ("Canvas") },
  { "view.zoom-out", "<Control>minus", N_ ("Zoom out"), N_ ("Canvas") },
  { "view.fit", "<Control>0", N_ ("Fit into the window"), N_ ("Canvas") },
  { "view.actual-size", "<Control>1", N_ ("Actual size"), N_ ("Canvas") },
  { "view.rotate-left", "4", N_ ("Rotate the view left"), N_ ("Canvas") },
  { "view.rotate-right", "6", N_ ("Rotate the view right"), N_ ("Canvas") },
  { "view.reset-rotation", "5", N_ ("Reset the rotation"), N_ ("Canvas") },
  { "view.mirror", "m", N_ ("Mirror the view"), N_ ("Canvas") },
  { "view.model-view", "<Shift>m", N_ ("Show what the model sees"), N_ ("Canvas") },
  { "view.show-picture", "<Control>h", N_ ("Show the generated picture"), N_ ("Canvas") },
  { NULL },
};

/* Keys act on what the middle shows. */
static double
middle_x (LimnCanvas *canvas)
{
  return canvas->view.width / 2.0;
}

static double
middle_y (LimnCanvas *canvas)
{
  return canvas->view.height / 2.0;
}

static void
zoom_in (LimnCanvas *canvas)
{
  limn_view_step_scale (&canvas->view, 1, middle_x (canvas), middle_y (canvas));
}

static void
zoom_out (LimnCanvas *canvas)
{
  limn_view_step_scale (&canvas->view, -1, middle_x (canvas), middle_y (canvas));
}

static void
fit (LimnCanvas *canvas)
{
  limn_view_fit (&canvas->view);
}

static void
actual_size (LimnCanvas *canvas)
{
  limn_view_set_actual_size (&canvas->view, middle_x (canvas), middle_y (canvas));
}

static void
rotate_left (LimnCanvas *canvas)
{
  limn_view_rotate (&canvas->view, -TURN, middle_x (canvas), middle_y (canvas));
}

static void
rotate_right (LimnCanvas *canvas)
{
  limn_view_rotate (&canvas->view, TURN, middle_x (canvas), middle_y (canvas));
}

static void
reset_rotation (LimnCanvas *canvas)
{
  limn_view_reset_rotation (&canvas->view);
}

static const struct {
  const char *name;
  void (*run) (LimnCanvas *canvas);
} commands[] = {
  { "zoom-in", zoom_in },
  { "zoom-out", zoom_out },
  { "fit", fit },
  { "actual-size", actual_size },
  { "rotate-left", rotate_left },
  { "rotate-right", rotate_right },
  { "reset-rotation", reset_rotation },
};

static void
on_command (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  LimnCanvas *canvas = LIMN_CANVAS (data);

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].name, g_action_get_name (G_ACTION (action))))
      commands[i].run (canvas);
  limn_canvas_view_changed (canvas);
}

static void
on_mirror (GSimpleAction *action, GVariant *state, gpointer data)
{
  LimnCanvas *canvas = LIMN_CANVAS (data);

  limn_view_set_mirrored (&canvas->view, g_variant_get_boolean (state));
  g_simple_action_set_state (action, state);
  limn_canvas_view_changed (canvas);
}

/* Another document is shown as it is. */
static void
on_view_changed (LimnCanvas *canvas, GSimpleAction *mirror)
{
  g_simple_action_set_state (mirror, g_variant_new_boolean (canvas->view.mirrored));
}

static void
add_mirror (LimnCanvas *canvas, GActionMap *map)
{
  g_autoptr (GSimpleAction) mirror =
      g_simple_action_new_stateful ("mirror", NULL, g_variant_new_boolean (FALSE));

  g_signal_connect_object (mirror, "change-state", G_CALLBACK (on_mirror), canvas, 0);
  g_signal_connect_object (canvas, "view-changed", G_CALLBACK (on_view_changed), mirror, 0);
  g_action_map_add_action (map, G_ACTION (mirror));
}

GActionGroup *
limn_canvas_actions_new (LimnCanvas *canvas)
{
  GSimpleActionGroup *group = g_simple_action_group_new ();
  GActionMap *map = G_ACTION_MAP (group);
  const char *const switches[] = { "model-view", "show-picture" };

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autoptr (GSimpleAction) action = g_simple_action_new (commands[i].name, NULL);

    g_signal_connect_object (action, "activate", G_CALLBACK (on_command), canvas, 0);
    g_action_map_add_action (map, G_ACTION (action));
  }
  for (gsize i = 0; i < G_N_ELEMENTS (switches); i++) {
    g_autoptr (GPropertyAction) action =
        g_property_action_new (switches[i], canvas->studio, switches[i]);

    g_action_map_add_action (map, G_ACTION (action));
  }
  add_mirror (canvas, map);
  return G_ACTION_GROUP (group);
}
