/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/pen.h"

#include <math.h>

#include "tools/toolbox.h"

struct pen {
  LimnStudio *studio;
  LimnCanvas *canvas;   /* borrowed: it owns this */
  LimnToolbox *box;     /* borrowed: the studio owns it */
  GArray *events;       /* of struct limn_tool_event: one for all batches */
  gconstpointer holder; /* the gesture that pressed, while it is pressed */
  bool has_stylus;      /* one was seen: fingers no longer draw */
  bool is_inside;
  double x, y; /* the pointer, in the widget */
  GdkModifierType modifiers;
  const char *cursor;

  guint32 press_time;
  double press_x, press_y;
  int clicks;
};

/* --- from GDK's events --- */

static struct limn_tool_event
event_at (struct pen *pen, double x, double y, GdkEvent *event)
{
  struct limn_tool_event result = { .pressure = 1.0, .clicks = 1 };

  limn_canvas_to_document (pen->canvas, x, y, &result.x, &result.y);
  if (event != NULL) {
    result.time = gdk_event_get_time (event);
    result.modifiers = gdk_event_get_modifier_state (event);
  }
  return result;
}

/* A mouse has no pressure, or reports none at all: it draws with all of it. */
static double
pressure_of (GdkEvent *event)
{
  double *axes = NULL, pressure;
  guint n;

  /* Events that GTK makes itself have none, and GDK does not bear being asked for one of them. */
  if (!gdk_event_get_axes (event, &axes, &n) || axes == NULL ||
      !gdk_event_get_axis (event, GDK_AXIS_PRESSURE, &pressure) || isnan (pressure))
    return 1.0;
  return pressure > 0.0 || gdk_event_get_device_tool (event) != NULL ? pressure : 1.0;
}

static struct limn_tool_event
current_event (struct pen *pen, GtkEventController *controller, double x, double y)
{
  GdkEvent *event = gtk_event_controller_get_current_event (controller);
  struct limn_tool_event result = event_at (pen, x, y, event);

  pen->x = x;
  pen->y = y;
  pen->modifiers = result.modifiers;
  if (event != NULL)
    result.pressure = pressure_of (event);
  return result;
}

/* What the device reported since the last frame, of which GDK delivers only the latest; its
 * coordinates are the surface's. */
static void
add_history (struct pen *pen, GdkEvent *event)
{
  GtkNative *native = gtk_widget_get_native (GTK_WIDGET (pen->canvas));
  g_autofree GdkTimeCoord *history = NULL;
  double left, top;
  guint n = 0;

  if (event == NULL || gdk_event_get_event_type (event) != GDK_MOTION_NOTIFY)
    return;
  history = gdk_event_get_history (event, &n);
  gtk_native_get_surface_transform (native, &left, &top);
  for (guint i = 0; i < n; i++) {
    double x = history[i].axes[GDK_AXIS_X] - left, y = history[i].axes[GDK_AXIS_Y] - top;
    struct limn_tool_event old;

    if (!gtk_widget_translate_coordinates (GTK_WIDGET (native), GTK_WIDGET (pen->canvas), x, y, &x,
                                           &y))
      continue;
    old = event_at (pen, x, y, event);
    old.time = history[i].time;
    if ((history[i].flags & GDK_AXIS_FLAG_PRESSURE) != 0)
      old.pressure = history[i].axes[GDK_AXIS_PRESSURE];
    g_array_append_val (pen->events, old);
  }
}

static int
count_clicks (struct pen *pen, guint32 time, double x, double y)
{
  int longest, farthest;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (pen->canvas)), "gtk-double-click-time",
                &longest, "gtk-double-click-distance", &farthest, NULL);
  pen->clicks = pen->clicks == 1 && time - pen->press_time <= (guint32) longest &&
                        fabs (x - pen->press_x) <= farthest && fabs (y - pen->press_y) <= farthest
                    ? 2
                    : 1;
  pen->press_time = time;
  pen->press_x = x;
  pen->press_y = y;
  return pen->clicks;
}

static void
press (struct pen *pen, GtkEventController *controller, double x, double y, bool eraser)
{
  struct limn_tool_event event = current_event (pen, controller, x, y);

  gtk_widget_grab_focus (GTK_WIDGET (pen->canvas));
  event.clicks = count_clicks (pen, event.time, x, y);
  pen->holder = controller;
  limn_toolbox_press (pen->box, &event, eraser);
}

static void
move (struct pen *pen, GtkEventController *controller, double x, double y)
{
  struct limn_tool_event event = current_event (pen, controller, x, y);

  if (pen->holder != controller || !limn_toolbox_is_pressed (pen->box))
    return;
  g_array_set_size (pen->events, 0);
  add_history (pen, gtk_event_controller_get_current_event (controller));
  g_array_append_val (pen->events, event);
  limn_toolbox_motion (pen->box, (const struct limn_tool_event *) (void *) pen->events->data,
                       pen->events->len);
}

static void
lift (struct pen *pen, GtkEventController *controller, double x, double y)
{
  struct limn_tool_event event = current_event (pen, controller, x, y);

  if (pen->holder != controller)
    return;
  pen->holder = NULL;
  limn_toolbox_release (pen->box, &event);
  /* A finger that has left is nowhere. */
  if (!pen->is_inside)
    limn_toolbox_hover (pen->box, NULL);
}

static void
on_cancel (GtkGesture *gesture, GdkEventSequence *sequence, struct pen *pen)
{
  if (pen->holder != gesture)
    return;
  pen->holder = NULL;
  limn_toolbox_abort (pen->box);
}

/* --- the stylus --- */

/* Its other buttons belong to the view. */
static bool
is_first_button (GtkEventController *controller)
{
  GdkEvent *event = gtk_event_controller_get_current_event (controller);

  return event == NULL || gdk_event_get_event_type (event) == GDK_MOTION_NOTIFY ||
         gdk_button_event_get_button (event) == GDK_BUTTON_PRIMARY;
}

static void
on_stylus_down (GtkGestureStylus *gesture, double x, double y, struct pen *pen)
{
  GtkEventController *controller = GTK_EVENT_CONTROLLER (gesture);
  GdkDeviceTool *tool =
      gdk_event_get_device_tool (gtk_event_controller_get_current_event (controller));

  pen->has_stylus = true;
  if (!is_first_button (controller) || limn_canvas_is_panning (pen->canvas))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  press (pen, controller, x, y,
         tool != NULL && gdk_device_tool_get_tool_type (tool) == GDK_DEVICE_TOOL_TYPE_ERASER);
}

static void
on_stylus_motion (GtkGestureStylus *gesture, double x, double y, struct pen *pen)
{
  move (pen, GTK_EVENT_CONTROLLER (gesture), x, y);
}

static void
on_stylus_up (GtkGestureStylus *gesture, double x, double y, struct pen *pen)
{
  if (is_first_button (GTK_EVENT_CONTROLLER (gesture)))
    lift (pen, GTK_EVENT_CONTROLLER (gesture), x, y);
}

/* --- mouse and finger --- */

static void
on_drag_begin (GtkGestureDrag *gesture, double x, double y, struct pen *pen)
{
  GtkEventController *controller = GTK_EVENT_CONTROLLER (gesture);
  GdkEvent *event = gtk_event_controller_get_current_event (controller);
  bool is_touch = event != NULL && gdk_event_get_event_type (event) == GDK_TOUCH_BEGIN;

  if ((event != NULL && gdk_event_get_device_tool (event) != NULL) ||
      (is_touch && pen->has_stylus) || limn_canvas_is_panning (pen->canvas)) {
    gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
    return;
  }
  /* A finger is not claimed: with a second one it may yet move the view. */
  if (!is_touch)
    gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  press (pen, controller, x, y, false);
}

static void
on_drag_update (GtkGestureDrag *gesture, double dx, double dy, struct pen *pen)
{
  double x, y;

  if (gtk_gesture_drag_get_start_point (gesture, &x, &y))
    move (pen, GTK_EVENT_CONTROLLER (gesture), x + dx, y + dy);
}

static void
on_drag_end (GtkGestureDrag *gesture, double dx, double dy, struct pen *pen)
{
  double x, y;

  if (gtk_gesture_drag_get_start_point (gesture, &x, &y))
    lift (pen, GTK_EVENT_CONTROLLER (gesture), x + dx, y + dy);
}

/* --- pointer and keys --- */

static void
hover (struct pen *pen, GtkEventControllerMotion *controller, double x, double y)
{
  struct limn_tool_event event = current_event (pen, GTK_EVENT_CONTROLLER (controller), x, y);

  pen->is_inside = true;
  if (!limn_canvas_is_panning (pen->canvas))
    limn_toolbox_hover (pen->box, &event);
}

static void
on_motion (GtkEventControllerMotion *controller, double x, double y, struct pen *pen)
{
  hover (pen, controller, x, y);
}

static void
on_leave (struct pen *pen)
{
  pen->is_inside = false;
  limn_toolbox_hover (pen->box, NULL);
}

static gboolean
on_key (GtkEventControllerKey *controller,
        guint keyval,
        guint keycode,
        GdkModifierType state,
        struct pen *pen)
{
  return limn_toolbox_key (pen->box, keyval, state & gtk_accelerator_get_default_mod_mask ());
}

static gboolean
on_modifiers (GtkEventControllerKey *controller, GdkModifierType state, struct pen *pen)
{
  limn_toolbox_set_modifiers (pen->box, state);
  return FALSE;
}

/* The pointer is over another place of the document now. */
static void
on_view_changed (struct pen *pen)
{
  struct limn_tool_event event = event_at (pen, pen->x, pen->y, NULL);

  event.modifiers = pen->modifiers;
  if (pen->is_inside && !limn_canvas_is_panning (pen->canvas))
    limn_toolbox_hover (pen->box, &event);
}

/* --- the canvas as the tools see it --- */

static void
view_to_view (gpointer data, double x, double y, double *to_x, double *to_y)
{
  const struct pen *pen = data;

  limn_canvas_from_document (pen->canvas, x, y, to_x, to_y);
}

static double
view_scale (gpointer data)
{
  const struct pen *pen = data;

  return limn_canvas_get_scale (pen->canvas);
}

static void
view_replace (gpointer data,
              guint32 layer,
              cairo_surface_t *pixels,
              const cairo_rectangle_int_t *changed)
{
  const struct pen *pen = data;

  limn_canvas_set_replacement (pen->canvas, layer, pixels, changed);
}

static bool
view_pick (gpointer data, int x, int y, guint32 *colour)
{
  const struct pen *pen = data;

  return limn_canvas_pick_colour (pen->canvas, x, y, colour);
}

static void
view_redraw (gpointer data)
{
  struct pen *pen = data;
  const char *name = limn_toolbox_get_cursor (pen->box);
  g_autoptr (GdkCursor) cursor = NULL;

  limn_canvas_queue_overlay (pen->canvas);
  if (g_strcmp0 (name, pen->cursor) == 0)
    return;
  pen->cursor = name;
  cursor = gdk_cursor_new_from_name (name, NULL);
  limn_canvas_set_tool_cursor (pen->canvas, cursor);
}

static const struct limn_tool_view view = {
  .to_view = view_to_view,
  .scale = view_scale,
  .replace = view_replace,
  .pick = view_pick,
  .redraw = view_redraw,
};

static void
draw_overlay (GtkSnapshot *snapshot, LimnCanvas *canvas, gpointer data)
{
  const struct pen *pen = data;

  limn_toolbox_draw (pen->box,
                     &(struct limn_outline){ snapshot, gtk_widget_get_width (GTK_WIDGET (canvas)),
                                             gtk_widget_get_height (GTK_WIDGET (canvas)) });
}

/* --- putting it together --- */

static void
pen_free (struct pen *pen)
{
  g_signal_handlers_disconnect_by_data (pen->studio, pen);
  g_clear_object (&pen->studio);
  g_array_unref (pen->events);
  g_free (pen);
}

static void
on_destroy (struct pen *pen)
{
  limn_toolbox_cancel (pen->box);
  limn_toolbox_set_view (pen->box, NULL, NULL);
  limn_canvas_set_overlay (pen->canvas, NULL, NULL);
}

static bool
seat_has_stylus (GtkWidget *widget)
{
  GdkSeat *seat = gdk_display_get_default_seat (gtk_widget_get_display (widget));
  GList *tools = seat != NULL ? gdk_seat_get_tools (seat) : NULL;
  bool has_stylus = tools != NULL;

  g_list_free (tools);
  return has_stylus;
}

static void
add_gestures (struct pen *pen, GtkWidget *canvas)
{
  GtkGesture *stylus = gtk_gesture_stylus_new (), *drag = gtk_gesture_drag_new ();

  g_signal_connect (stylus, "down", G_CALLBACK (on_stylus_down), pen);
  g_signal_connect (stylus, "motion", G_CALLBACK (on_stylus_motion), pen);
  g_signal_connect (stylus, "up", G_CALLBACK (on_stylus_up), pen);
  g_signal_connect (stylus, "cancel", G_CALLBACK (on_cancel), pen);
  gtk_widget_add_controller (canvas, GTK_EVENT_CONTROLLER (stylus));

  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin), pen);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update), pen);
  g_signal_connect (drag, "drag-end", G_CALLBACK (on_drag_end), pen);
  g_signal_connect (drag, "cancel", G_CALLBACK (on_cancel), pen);
  gtk_widget_add_controller (canvas, GTK_EVENT_CONTROLLER (drag));
}

static void
add_controllers (struct pen *pen, GtkWidget *canvas)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), pen);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), pen);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (on_leave), pen);
  gtk_widget_add_controller (canvas, motion);

  g_signal_connect (key, "key-pressed", G_CALLBACK (on_key), pen);
  g_signal_connect (key, "modifiers", G_CALLBACK (on_modifiers), pen);
  gtk_widget_add_controller (canvas, key);
}

void
limn_pen_attach (LimnCanvas *canvas, LimnStudio *studio)
{
  struct pen *pen = g_new0 (struct pen, 1);

  pen->studio = g_object_ref (studio);
  pen->canvas = canvas;
  pen->box = limn_toolbox_of (studio);
  pen->events = g_array_new (FALSE, FALSE, sizeof (struct limn_tool_event));
  pen->has_stylus = seat_has_stylus (GTK_WIDGET (canvas));
  g_object_set_data_full (G_OBJECT (canvas), "limn-pen", pen, (GDestroyNotify) pen_free);

  add_gestures (pen, GTK_WIDGET (canvas));
  add_controllers (pen, GTK_WIDGET (canvas));
  gtk_widget_set_focusable (GTK_WIDGET (canvas), TRUE);
  limn_canvas_set_overlay (canvas, draw_overlay, pen);
  limn_toolbox_set_view (pen->box, &view, pen);
  g_signal_connect_swapped (canvas, "view-changed", G_CALLBACK (on_view_changed), pen);
  g_signal_connect_swapped (canvas, "destroy", G_CALLBACK (on_destroy), pen);
  g_signal_connect_swapped (studio, "brush-changed", G_CALLBACK (view_redraw), pen);
  view_redraw (pen);
}
