/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/curve.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define MARGIN 8.0
#define RADIUS 5.0
#define STEP 13 /* of 255, a press of a key */

struct _LimnCurve {
  GtkWidget parent;

  guint8 values[LIMN_BRUSH_CURVE];
  int point; /* that the keys move, or the pointer */
  double begin_y;
};

G_DEFINE_FINAL_TYPE (LimnCurve, limn_curve, GTK_TYPE_WIDGET)

static guint changed_signal;

/* Where a point lies in the widget; the curve goes the way that the text does. */
static void
place (LimnCurve *self, int point, double *x, double *y)
{
  GtkWidget *widget = GTK_WIDGET (self);
  double width = gtk_widget_get_width (widget) - 2 * MARGIN;
  double height = gtk_widget_get_height (widget) - 2 * MARGIN;
  double part = (double) point / (LIMN_BRUSH_CURVE - 1);

  if (gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL)
    part = 1.0 - part;
  *x = MARGIN + part * width;
  *y = MARGIN + (1.0 - self->values[point] / 255.0) * height;
}

static void
tell (LimnCurve *self)
{
  int percent = (int) lround (self->values[self->point] / 2.55);
  /* Translators: a point of the pressure curve. */
  g_autofree char *text =
      g_strdup_printf (_ ("Point %d of %d: %d%%"), self->point + 1, LIMN_BRUSH_CURVE, percent);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_VALUE_NOW,
                                  (double) percent, GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
change (LimnCurve *self, int value)
{
  value = CLAMP (value, 0, 255);
  if (self->values[self->point] == value)
    return;
  self->values[self->point] = (guint8) value;
  tell (self);
  g_signal_emit (self, changed_signal, 0);
}

static void
on_drag_begin (LimnCurve *self, double x, double y)
{
  double nearest = INFINITY, at_x, at_y;

  for (int i = 0; i < LIMN_BRUSH_CURVE; i++) {
    place (self, i, &at_x, &at_y);
    if (fabs (at_x - x) < nearest) {
      nearest = fabs (at_x - x);
      self->point = i;
    }
  }
  self->begin_y = y;
  gtk_widget_grab_focus (GTK_WIDGET (self));
  tell (self);
}

static void
on_drag_update (LimnCurve *self, double dx, double dy)
{
  double height = gtk_widget_get_height (GTK_WIDGET (self)) - 2 * MARGIN;

  change (self, (int) lround (255.0 * (1.0 - (self->begin_y + dy - MARGIN) / MAX (height, 1.0))));
}

static gboolean
on_key (LimnCurve *self, guint keyval)
{
  bool rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  if (keyval == GDK_KEY_Up || keyval == GDK_KEY_Down) {
    change (self, self->values[self->point] + (keyval == GDK_KEY_Up ? STEP : -STEP));
    return TRUE;
  }
  if (keyval != GDK_KEY_Left && keyval != GDK_KEY_Right)
    return FALSE;
  self->point += (keyval == GDK_KEY_Right) != rtl ? 1 : -1;
  self->point = CLAMP (self->point, 0, LIMN_BRUSH_CURVE - 1);
  tell (self);
  return TRUE;
}

static void
draw_lines (LimnCurve *self, cairo_t *cairo, const GdkRGBA *ink)
{
  double x, y, bottom = gtk_widget_get_height (GTK_WIDGET (self)) - MARGIN;

  for (int i = 0; i < LIMN_BRUSH_CURVE; i++) {
    place (self, i, &x, &y);
    cairo_move_to (cairo, x, MARGIN);
    cairo_line_to (cairo, x, bottom);
  }
  cairo_set_line_width (cairo, 1.0);
  cairo_set_source_rgba (cairo, ink->red, ink->green, ink->blue, 0.15);
  cairo_stroke (cairo);
  for (int i = 0; i < LIMN_BRUSH_CURVE; i++) {
    place (self, i, &x, &y);
    cairo_line_to (cairo, x, y);
  }
  cairo_set_line_width (cairo, 2.0);
  gdk_cairo_set_source_rgba (cairo, ink);
  cairo_stroke (cairo);
}

static void
limn_curve_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  LimnCurve *self = LIMN_CURVE (widget);
  cairo_t *cairo = gtk_snapshot_append_cairo (
      snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                     (float) gtk_widget_get_height (widget)));
  GdkRGBA ink;
  double x, y;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &ink);
  draw_lines (self, cairo, &ink);
  for (int i = 0; i < LIMN_BRUSH_CURVE; i++) {
    place (self, i, &x, &y);
    cairo_arc (cairo, x, y, RADIUS, 0, 2 * G_PI);
    cairo_fill (cairo);
    if (i == self->point && gtk_widget_has_visible_focus (widget)) {
      cairo_arc (cairo, x, y, RADIUS + 2.5, 0, 2 * G_PI);
      cairo_set_line_width (cairo, 1.5);
      cairo_stroke (cairo);
    }
  }
  cairo_destroy (cairo);
}

static void
limn_curve_class_init (LimnCurveClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  widget_class->snapshot = limn_curve_snapshot;
  gtk_widget_class_set_css_name (widget_class, "curve");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_SLIDER);
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
limn_curve_init (LimnCurve *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  memcpy (self->values, limn_brush_default.curve, sizeof self->values);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_size_request (GTK_WIDGET (self), 220, 140);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.0,
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, 100.0, -1);
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (on_drag_begin), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (on_drag_update), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  g_signal_connect_swapped (key, "key-pressed", G_CALLBACK (on_key), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
}

const guint8 *
limn_curve_get_values (LimnCurve *curve)
{
  return curve->values;
}

void
limn_curve_set_values (LimnCurve *curve, const guint8 *values)
{
  if (memcmp (curve->values, values, sizeof curve->values) == 0)
    return;
  memcpy (curve->values, values, sizeof curve->values);
  tell (curve);
}
