/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/layers.h"

#include <glib/gi18n.h>

#include "prompt/models.h"

void
limn_layers_init_style (void)
{
  GdkDisplay *display = gdk_display_get_default ();
  GtkCssProvider *provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/org/limn/Limn/layers/layers.css");
  gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_icon_theme_add_resource_path (gtk_icon_theme_get_for_display (display),
                                    "/org/limn/Limn/layers/icons");
  g_object_unref (provider);
}

static const struct {
  const char *type, *title;
} titles[] = {
  { "scribble", N_ ("Scribble") },   { "canny", N_ ("Canny Edges") },
  { "lineart", N_ ("Line Art") },    { "lineart_anime", N_ ("Anime Line Art") },
  { "softedge", N_ ("Soft Edges") }, { "hed", N_ ("Soft Edges (HED)") },
  { "mlsd", N_ ("Straight Lines") }, { "pose", N_ ("Pose") },
  { "openpose", N_ ("Pose") },       { "depth", N_ ("Depth") },
  { "normal", N_ ("Normals") },      { "normalbae", N_ ("Normals") },
  { "seg", N_ ("Segmentation") },    { "tile", N_ ("Tile") },
  { "shuffle", N_ ("Shuffle") },     { "inpaint", N_ ("Inpaint") },
};

const char *
limn_layers_control_title (const char *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
    if (g_str_equal (titles[i].type, type))
      return _ (titles[i].title);
  return type;
}

bool
limn_layers_has_control (LimnDocument *document, const char *type)
{
  g_auto (GStrv) controls =
      limn_models_controls (limn_document_get_text (document, LIMN_SETTING_MODEL));

  return *type == '\0' || g_strv_contains ((const char *const *) controls, type);
}

/* --- merging --- */

static void
begin_step (limn_layers_merge *merge)
{
  merge->number = 0;
}

static void
on_pressed (GtkGestureClick *gesture, int presses, double x, double y, gpointer data)
{
  begin_step (data);
}

static void
on_enter (GtkEventControllerFocus *controller, gpointer data)
{
  begin_step (data);
}

void
limn_layers_watch (GtkWidget *widget, limn_layers_merge *merge)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), 0);
  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), merge);
  g_signal_connect (focus, "enter", G_CALLBACK (on_enter), merge);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (widget, focus);
}

guint64
limn_layers_merge_number (limn_layers_merge *merge, LimnDocument *document)
{
  if (merge->number == 0)
    merge->number = limn_document_new_merge (document);
  return merge->number;
}
