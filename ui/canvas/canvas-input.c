/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/canvas-private.h"

#include <math.h>

/* What moves the view by hand. All of it is in the capture phase: it goes before the tools. */

/* Of one click of a wheel: so many pixels, or so much of a doubling. */
#define WHEEL_PAN 48.0
#define WHEEL_ZOOM 0.25
/* Of a touchpad, for a doubling. */
#define PIXELS_FOR_DOUBLE 200.0
/* Two fingers that only zoom turn a little too; degrees. */
#define LEAST_TURN 10.0

static void
set_panning (LimnCanvas *self, bool panning)
{
  self->panning = panning;
  self->dragged_x = self->dragged_y = 0.0;
  limn_canvas_update_cursor (self);
}

/* While something is drawn the view stays: to claim the pointer would cancel the stroke. */
static bool
is_pressed (GdkModifierType state)
{
  return (state & (GDK_BUTTON1_MASK | GDK_BUTTON2_MASK | GDK_BUTTON3_MASK)) != 0;
}

/* --- wheel and touchpad --- */

static void
zoom_by (LimnCanvas *self, double doublings)
{
  limn_view_set_scale (&self->view, self->view.scale * exp2 (doublings), self->pointer_x,
                       self->pointer_y);
  limn_canvas_view_changed (self);
}

static gboolean
on_scroll (LimnCanvas *self, double dx, double dy, GtkEventControllerScroll *controller)
{
  GdkModifierType state =
      gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));
  bool wheel = gtk_event_controller_scroll_get_unit (controller) == GDK_SCROLL_UNIT_WHEEL;
  double unit = wheel ? WHEEL_PAN : 1.0;

  if (is_pressed (state))
    return GDK_EVENT_STOP;
  if (state & GDK_CONTROL_MASK) {
    zoom_by (self, wheel ? -dy * WHEEL_ZOOM : -dy / PIXELS_FOR_DOUBLE);
    return GDK_EVENT_STOP;
  }
  if ((state & GDK_SHIFT_MASK) && dx == 0.0) {
    dx = dy;
    dy = 0.0;
  }
  limn_view_pan (&self->view, -dx * unit, -dy * unit);
  limn_canvas_view_changed (self);
  return GDK_EVENT_STOP;
}

static void
on_motion (LimnCanvas *self, double x, double y)
{
  self->pointer_x = x;
  self->pointer_y = y;
}

/* --- the hand --- */

static void
on_drag_begin (LimnCanvas *self, double x, double y, GtkGesture *gesture)
{
  guint button = gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture));
  GdkModifierType state =
      gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));
  bool wanted = button == GDK_BUTTON_MIDDLE || (button == GDK_BUTTON_PRIMARY && self->space);

  if (!wanted || is_pressed (state)) {
    gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_DENIED);
    return;
  }
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  set_panning (self, true);
}

static void
on_drag_update (LimnCanvas *self, double x, double y)
{
  if (!self->panning)
    return;
  limn_view_pan (&self->view, x - self->dragged_x, y - self->dragged_y);
  self->dragged_x = x;
  self->dragged_y = y;
  limn_canvas_view_changed (self);
}

static void
on_drag_end (LimnCanvas *self)
{
  if (self->panning)
    set_panning (self, false);
}

/* So that keys reach the canvas; whatever else the press does. */
static void
on_pressed (LimnCanvas *self, int clicks, double x, double y, GtkGesture *gesture)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_DENIED);
}

/* --- keys --- */

static void
set_space (LimnCanvas *self, bool space)
{
  if (self->space == space)
    return;
  self->space = space;
  limn_canvas_update_cursor (self);
}

static gboolean
on_key_pressed (LimnCanvas *self, guint keyval, guint keycode, GdkModifierType state)
{
  const GdkModifierType others = GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK;

  if (keyval != GDK_KEY_space || (state & others) != 0)
    return GDK_EVENT_PROPAGATE;
  set_space (self, true);
  return GDK_EVENT_STOP;
}

static void
on_key_released (LimnCanvas *self, guint keyval)
{
  if (keyval == GDK_KEY_space)
    set_space (self, false);
}

static void
on_focus_left (LimnCanvas *self)
{
  set_space (self, false);
}

/* --- two fingers --- */

static void
on_pinch_begin (LimnCanvas *self, GdkEventSequence *sequence, GtkGesture *gesture)
{
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  self->pinch_scale = self->view.scale;
  self->pinch_angle = 0.0;
  self->pinch_turns = false;
  if (!gtk_gesture_get_bounding_box_center (gesture, &self->pinch_x, &self->pinch_y)) {
    self->pinch_x = self->pointer_x;
    self->pinch_y = self->pointer_y;
  }
}

static void
on_pinch_scale (LimnCanvas *self, double factor, GtkGesture *gesture)
{
  double x = self->pinch_x, y = self->pinch_y;

  gtk_gesture_get_bounding_box_center (gesture, &x, &y);
  limn_view_pan (&self->view, x - self->pinch_x, y - self->pinch_y);
  limn_view_set_scale (&self->view, self->pinch_scale * factor, x, y);
  self->pinch_x = x;
  self->pinch_y = y;
  limn_canvas_view_changed (self);
}

static void
on_pinch_angle (LimnCanvas *self, double angle, double delta)
{
  double degrees = delta * 180.0 / G_PI;

  /* @delta is what it has turned since the gesture began, from 0 to a full turn. */
  if (degrees > 180.0)
    degrees -= 360.0;
  if (!self->pinch_turns && fabs (degrees) >= LEAST_TURN) {
    self->pinch_turns = true;
    self->pinch_angle = degrees;
  }
  if (!self->pinch_turns)
    return;
  limn_view_rotate (&self->view, degrees - self->pinch_angle, self->pinch_x, self->pinch_y);
  self->pinch_angle = degrees;
  limn_canvas_view_changed (self);
}

/* --- further keys --- */

/* The same keys without Shift and on the number pad, for which nobody looks in a list. */
static const struct {
  const char *accelerator, *action;
} further_keys[] = {
  { "<Control>equal", "view.zoom-in" },        { "<Control>KP_Add", "view.zoom-in" },
  { "<Control>KP_Subtract", "view.zoom-out" }, { "<Control>KP_0", "view.fit" },
  { "<Control>KP_1", "view.actual-size" },
};

static void
add_further_keys (LimnCanvas *self)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_set_scope (GTK_SHORTCUT_CONTROLLER (controller),
                                     GTK_SHORTCUT_SCOPE_GLOBAL);
  for (gsize i = 0; i < G_N_ELEMENTS (further_keys); i++)
    gtk_shortcut_controller_add_shortcut (
        GTK_SHORTCUT_CONTROLLER (controller),
        gtk_shortcut_new (gtk_shortcut_trigger_parse_string (further_keys[i].accelerator),
                          gtk_named_action_new (further_keys[i].action)));
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

/* --- all of it --- */

static void
add_drag (LimnCanvas *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (drag), GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (on_drag_begin), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (on_drag_update), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (on_drag_end), self);
  g_signal_connect_swapped (drag, "cancel", G_CALLBACK (on_drag_end), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
}

static void
add_pinch (LimnCanvas *self)
{
  GtkGesture *zoom = gtk_gesture_zoom_new (), *rotate = gtk_gesture_rotate_new ();

  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (zoom), GTK_PHASE_CAPTURE);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (rotate), GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (zoom));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (rotate));
  gtk_gesture_group (zoom, rotate);
  g_signal_connect_swapped (zoom, "begin", G_CALLBACK (on_pinch_begin), self);
  g_signal_connect_swapped (zoom, "scale-changed", G_CALLBACK (on_pinch_scale), self);
  g_signal_connect_swapped (rotate, "angle-changed", G_CALLBACK (on_pinch_angle), self);
}

static void
add_controller (LimnCanvas *self,
                GtkEventController *controller,
                const char *signal,
                GCallback callback)
{
  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (controller, signal, callback, self);
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

void
limn_canvas_add_input (LimnCanvas *self)
{
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), 0);
  add_controller (self, GTK_EVENT_CONTROLLER (click), "pressed", G_CALLBACK (on_pressed));
  add_controller (self, gtk_event_controller_motion_new (), "motion", G_CALLBACK (on_motion));
  add_controller (self, gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES),
                  "scroll", G_CALLBACK (on_scroll));
  g_signal_connect_swapped (key, "key-released", G_CALLBACK (on_key_released), self);
  add_controller (self, key, "key-pressed", G_CALLBACK (on_key_pressed));
  add_controller (self, gtk_event_controller_focus_new (), "leave", G_CALLBACK (on_focus_left));
  add_drag (self);
  add_pinch (self);
  add_further_keys (self);
}
