/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/canvas-private.h"
#include "canvas/gl-program.h"

#include <epoxy/gl.h>
#include <glib/gi18n.h>

G_DEFINE_FINAL_TYPE (LimnCanvas, limn_canvas, GTK_TYPE_WIDGET)

enum {
  SIGNAL_VIEW_CHANGED,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

/* --- what shows the scene --- */

static void
queue_frame (LimnCanvas *self)
{
  if (self->area != NULL)
    gtk_gl_area_queue_render (GTK_GL_AREA (self->area));
  else
    gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
queue_rest (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  LimnCanvas *self = LIMN_CANVAS (widget);

  self->rest = 0;
  queue_frame (self);
  return G_SOURCE_REMOVE;
}

/* What this frame had no time for is for the next one. */
static void
continue_later (LimnCanvas *self)
{
  cairo_rectangle_int_t sight = limn_view_area_in_sight (&self->view);

  if (self->rest == 0 && limn_scene_is_dirty (self->scene, &sight))
    self->rest = gtk_widget_add_tick_callback (GTK_WIDGET (self), queue_rest, NULL, NULL);
}

static void
use_cairo (LimnCanvas *self)
{
  self->no_gl = true;
  if (self->raster == NULL)
    self->raster = limn_raster_new (self->scene);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
drop_area (LimnCanvas *self)
{
  /* Unrealising it frees what belongs to its context. */
  g_clear_pointer (&self->area, gtk_widget_unparent);
  g_clear_object (&self->context);
}

static gboolean
settle (gpointer data)
{
  LimnCanvas *self = LIMN_CANVAS (data);
  g_autofree char *sentence = g_steal_pointer (&self->sentence);

  self->settle = 0;
  if (self->no_gl && self->area != NULL) {
    drop_area (self);
    use_cairo (self);
  }
  limn_studio_say (self->studio, sentence);
  return G_SOURCE_REMOVE;
}

/* In the middle of a frame no other widget may change, and the area must not go: later both may.
 * Takes @sentence. */
static void
settle_later (LimnCanvas *self, char *sentence)
{
  g_free (self->sentence);
  self->sentence = sentence;
  if (self->settle == 0)
    self->settle = g_idle_add (settle, self);
}

static void
give_up_gl (LimnCanvas *self, const GError *error)
{
  if (self->no_gl)
    return;
  self->no_gl = true;
  /* Translators: %s is the reason, in English. */
  settle_later (self,
                g_strdup_printf (_ ("The canvas is drawn without OpenGL: %s"), error->message));
}

static void
on_area_realize (LimnCanvas *self, GtkWidget *area)
{
  g_autoptr (GError) error = NULL;

  gtk_gl_area_make_current (GTK_GL_AREA (area));
  if (gtk_gl_area_get_error (GTK_GL_AREA (area)) != NULL) {
    give_up_gl (self, gtk_gl_area_get_error (GTK_GL_AREA (area)));
    return;
  }
  self->gl = limn_gl_new (self->scene, &error);
  if (self->gl == NULL)
    give_up_gl (self, error);
}

static void
on_area_unrealize (LimnCanvas *self, GtkWidget *area)
{
  gtk_gl_area_make_current (GTK_GL_AREA (area));
  g_clear_pointer (&self->gl, limn_gl_free);
}

static GdkGLContext *
on_area_create_context (LimnCanvas *self)
{
  return self->context != NULL ? g_object_ref (self->context) : NULL;
}

static gboolean
on_area_render (LimnCanvas *self)
{
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  if (self->gl == NULL || self->no_gl)
    return TRUE;
  if (!limn_gl_update (self->gl, &self->view, &error)) {
    give_up_gl (self, error);
    return TRUE;
  }
  if (self->timed)
    glFinish ();
  self->update_time = g_get_monotonic_time () - start;
  self->updates++;
  limn_gl_draw (self->gl, &self->view);
  continue_later (self);
  return TRUE;
}

static bool
is_emulated (GdkGLContext *context)
{
  bool emulated;

  gdk_gl_context_make_current (context);
  emulated = limn_gl_is_emulated ();
  gdk_gl_context_clear_current ();
  return emulated;
}

void
limn_canvas_choose_renderer (void)
{
  g_autoptr (GdkGLContext) context = NULL;

  if (g_getenv ("GSK_RENDERER") != NULL || g_strcmp0 (g_getenv ("LIMN_RENDERER"), "gl") == 0)
    return;
  context = gdk_display_create_gl_context (gdk_display_get_default (), NULL);
  if (context != NULL && gdk_gl_context_realize (context, NULL) && is_emulated (context))
    g_setenv ("GSK_RENDERER", "cairo", TRUE);
}

/* A context is made before there is an area, so that there is none that cannot work. */
static bool
use_gl (LimnCanvas *self)
{
  GdkSurface *surface = gtk_native_get_surface (gtk_widget_get_native (GTK_WIDGET (self)));
  g_autoptr (GError) error = NULL;

  self->context = gdk_surface_create_gl_context (surface, &error);
  if (self->context == NULL || !gdk_gl_context_realize (self->context, &error)) {
    g_clear_object (&self->context);
    give_up_gl (self, error);
    return false;
  }
  if (!self->any_gl && is_emulated (self->context)) {
    g_clear_object (&self->context);
    return false;
  }
  self->area = gtk_gl_area_new ();
  gtk_gl_area_set_auto_render (GTK_GL_AREA (self->area), FALSE);
  gtk_widget_set_can_target (self->area, FALSE);
  g_signal_connect_swapped (self->area, "create-context", G_CALLBACK (on_area_create_context),
                            self);
  g_signal_connect_object (self->area, "realize", G_CALLBACK (on_area_realize), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->area, "unrealize", G_CALLBACK (on_area_unrealize), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->area, "render", G_CALLBACK (on_area_render), self,
                           G_CONNECT_SWAPPED);
  gtk_widget_set_parent (self->area, GTK_WIDGET (self));
  return true;
}

const char *
limn_canvas_get_renderer (LimnCanvas *self)
{
  return self->area != NULL && !self->no_gl ? "gl" : "cairo";
}

/* --- the view --- */

void
limn_canvas_view_changed (LimnCanvas *self)
{
  queue_frame (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_signal_emit (self, signals[SIGNAL_VIEW_CHANGED], 0);
}

void
limn_canvas_to_document (LimnCanvas *self, double x, double y, double *to_x, double *to_y)
{
  limn_view_to_document (&self->view, x, y, to_x, to_y);
}

void
limn_canvas_from_document (LimnCanvas *self, double x, double y, double *to_x, double *to_y)
{
  limn_view_from_document (&self->view, x, y, to_x, to_y);
}

double
limn_canvas_get_scale (LimnCanvas *self)
{
  return self->view.scale;
}

double
limn_canvas_get_rotation (LimnCanvas *self)
{
  return limn_view_get_rotation (&self->view);
}

bool
limn_canvas_is_panning (LimnCanvas *self)
{
  return self->panning || self->space;
}

void
limn_canvas_update_cursor (LimnCanvas *self)
{
  if (self->panning)
    gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grabbing");
  else if (self->space)
    gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grab");
  else
    gtk_widget_set_cursor (GTK_WIDGET (self), self->cursor);
}

void
limn_canvas_set_tool_cursor (LimnCanvas *self, GdkCursor *cursor)
{
  if (g_set_object (&self->cursor, cursor))
    limn_canvas_update_cursor (self);
}

static void
on_scene_resized (LimnCanvas *self, gboolean other_document)
{
  int width, height;

  limn_scene_get_size (self->scene, &width, &height);
  if (other_document) {
    self->view.angle = 0.0;
    self->view.mirrored = false;
    self->view.fitted = true;
  }
  limn_view_resize_document (&self->view, width, height);
  limn_canvas_view_changed (self);
}

/* --- what others ask for --- */

void
limn_canvas_set_overlay (LimnCanvas *self, limn_canvas_overlay overlay, gpointer data)
{
  self->overlay = overlay;
  self->overlay_data = data;
  limn_canvas_queue_overlay (self);
}

void
limn_canvas_queue_overlay (LimnCanvas *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
limn_canvas_set_replacement (LimnCanvas *self,
                             guint32 layer,
                             cairo_surface_t *pixels,
                             const cairo_rectangle_int_t *changed)
{
  limn_scene_set_replacement (self->scene, layer, pixels, changed);
}

bool
limn_canvas_pick_colour (LimnCanvas *self, int x, int y, guint32 *colour)
{
  const cairo_rectangle_int_t area = { x, y, 1, 1 };
  cairo_surface_t *pixels;
  guint32 pixel;
  int width, height;

  limn_scene_get_size (self->scene, &width, &height);
  if (x < 0 || y < 0 || x >= width || y >= height)
    return false;
  pixels = limn_pixels_new (1, 1);
  limn_scene_compose (self->scene, pixels, &area);
  pixel = *limn_pixels_row (pixels, 0);
  cairo_surface_destroy (pixels);
  *colour = pixel + (255 - (pixel >> 24)) * 0x01010101u;
  return true;
}

/* --- GtkWidget --- */

static void
limn_canvas_realize (GtkWidget *widget)
{
  LimnCanvas *self = LIMN_CANVAS (widget);

  GTK_WIDGET_CLASS (limn_canvas_parent_class)->realize (widget);
  if (self->area == NULL && (self->no_gl || !use_gl (self)))
    use_cairo (self);
}

static void
limn_canvas_unrealize (GtkWidget *widget)
{
  LimnCanvas *self = LIMN_CANVAS (widget);

  drop_area (self);
  GTK_WIDGET_CLASS (limn_canvas_parent_class)->unrealize (widget);
}

static void
limn_canvas_measure (GtkWidget *widget,
                     GtkOrientation orientation,
                     int for_size,
                     int *minimum,
                     int *natural,
                     int *minimum_baseline,
                     int *natural_baseline)
{
  *minimum = 64;
  *natural = 512;
}

static void
limn_canvas_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  LimnCanvas *self = LIMN_CANVAS (widget);
  int scale = gtk_widget_get_scale_factor (widget);
  bool other =
      self->view.width != width || self->view.height != height || self->view.device_scale != scale;

  if (self->area != NULL)
    gtk_widget_allocate (self->area, width, height, baseline, NULL);
  if (!other)
    return;
  if (self->view.width == 0) {
    self->pointer_x = width / 2.0;
    self->pointer_y = height / 2.0;
  }
  limn_view_resize (&self->view, width, height, scale);
  limn_canvas_view_changed (self);
}

/* A thin line around the paper, which is drawn over its inside. */
static void
snapshot_border (LimnCanvas *self, GtkSnapshot *snapshot)
{
  const double turn = self->view.mirrored ? -self->view.angle : self->view.angle;
  float width = (float) (self->view.document_width * self->view.scale);
  float height = (float) (self->view.document_height * self->view.scale);
  GskRoundedRect paper;
  GdkRGBA colour;
  double x, y;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &colour);
  colour.alpha *= 0.35f;
  limn_view_from_document (&self->view, 0, 0, &x, &y);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) x, (float) y));
  gtk_snapshot_rotate (snapshot, (float) turn);
  gsk_rounded_rect_init_from_rect (
      &paper, &GRAPHENE_RECT_INIT (self->view.mirrored ? -width : 0, 0, width, height), 0);
  gtk_snapshot_append_outset_shadow (snapshot, &paper, &colour, 0, 0, 1, 0);
  gtk_snapshot_restore (snapshot);
}

static void
snapshot_raster (LimnCanvas *self, GtkSnapshot *snapshot)
{
  gint64 start = g_get_monotonic_time ();
  bool good = limn_raster_update (self->raster, &self->view);

  self->update_time = g_get_monotonic_time () - start;
  self->updates++;
  if (good)
    limn_raster_snapshot (self->raster, &self->view, snapshot);
  else if (!self->told_memory)
    settle_later (self, g_strdup (_ ("There is not enough memory to show the canvas")));
  self->told_memory = !good;
  if (good)
    continue_later (self);
}

static void
limn_canvas_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  LimnCanvas *self = LIMN_CANVAS (widget);
  graphene_rect_t all = GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                            (float) gtk_widget_get_height (widget));

  gtk_snapshot_push_clip (snapshot, &all);
  snapshot_border (self, snapshot);
  if (self->area != NULL)
    gtk_widget_snapshot_child (widget, self->area, snapshot);
  else if (self->raster != NULL)
    snapshot_raster (self, snapshot);
  if (self->overlay != NULL)
    self->overlay (snapshot, self, self->overlay_data);
  gtk_snapshot_pop (snapshot);
}

static void
on_scale_factor (LimnCanvas *self)
{
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

/* --- GObject --- */

static void
limn_canvas_dispose (GObject *object)
{
  LimnCanvas *self = LIMN_CANVAS (object);

  drop_area (self);
  g_clear_handle_id (&self->settle, g_source_remove);
  g_clear_pointer (&self->sentence, g_free);
  self->overlay = NULL;
  if (self->scene != NULL)
    g_signal_handlers_disconnect_by_data (self->scene, self);
  if (self->studio != NULL)
    g_signal_handlers_disconnect_by_data (self->studio, self);
  g_clear_pointer (&self->raster, limn_raster_free);
  g_clear_object (&self->scene);
  g_clear_object (&self->cursor);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_canvas_parent_class)->dispose (object);
}

static void
load_style (void)
{
  GdkDisplay *display = gdk_display_get_default ();
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  if (display == NULL)
    return;
  gtk_css_provider_load_from_resource (provider, "/org/limn/Limn/canvas/canvas.css");
  gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

static void
limn_canvas_class_init (LimnCanvasClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_canvas_dispose;
  widget_class->realize = limn_canvas_realize;
  widget_class->unrealize = limn_canvas_unrealize;
  widget_class->measure = limn_canvas_measure;
  widget_class->size_allocate = limn_canvas_size_allocate;
  widget_class->snapshot = limn_canvas_snapshot;
  gtk_widget_class_set_css_name (widget_class, "limncanvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  signals[SIGNAL_VIEW_CHANGED] =
      g_signal_new ("view-changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 0);
  load_style ();
}

static void
limn_canvas_init (LimnCanvas *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  self->no_gl = g_strcmp0 (g_getenv ("LIMN_RENDERER"), "cairo") == 0;
  self->any_gl = g_strcmp0 (g_getenv ("LIMN_RENDERER"), "gl") == 0;
  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_hexpand (widget, TRUE);
  gtk_widget_set_vexpand (widget, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Canvas"), -1);
  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (on_scale_factor), NULL);
  limn_canvas_add_input (self);
}

GtkWidget *
limn_canvas_new (LimnStudio *studio)
{
  LimnCanvas *self = g_object_new (LIMN_TYPE_CANVAS, NULL);
  int width, height;

  self->studio = g_object_ref (studio);
  self->scene = limn_scene_new (studio);
  limn_scene_get_size (self->scene, &width, &height);
  limn_view_init (&self->view, width, height);
  g_signal_connect_swapped (self->scene, "changed", G_CALLBACK (queue_frame), self);
  g_signal_connect_swapped (self->scene, "resized", G_CALLBACK (on_scene_resized), self);
  return GTK_WIDGET (self);
}
