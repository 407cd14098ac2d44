/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/bar.h"

#include <glib/gi18n.h>

#include "generate/outlook.h"
#include "generate/queue-panel.h"

struct _LimnGenerateBar {
  GtkWidget parent;

  /* Template */
  GtkWidget *queue_button;
  GtkWidget *queue_popover;
  GtkLabel *queue_label;
  GtkWidget *keep_button;
  GtkWidget *warning_icon;
  GtkLabel *status_label;
  GtkProgressBar *progress_bar;
  GtkWidget *stop_button;
  GtkWidget *run_button;

  /* Owned */
  LimnStudio *studio;
  LimnJob *job; /* what runs, whoever it is for */

  /* Borrowed: both live as long as the studio and the program */
  LimnOutlook *outlook;
  LimnQueue *queue;
};

G_DEFINE_FINAL_TYPE (LimnGenerateBar, limn_generate_bar, GTK_TYPE_WIDGET)

enum {
  PROP_STUDIO = 1,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

/* --- what it says --- */

static bool
is_own (LimnGenerateBar *bar)
{
  g_autoptr (LimnStudio) studio = bar->job != NULL ? limn_job_ref_studio (bar->job) : NULL;

  return studio != NULL && studio == bar->studio;
}

static bool
is_live (LimnGenerateBar *bar)
{
  LimnDocument *document = limn_studio_get_document (bar->studio);

  return g_variant_get_boolean (limn_document_get_value (document, LIMN_SETTING_LIVE));
}

/* While nothing is drawn. */
static char *
describe_rest (LimnGenerateBar *bar)
{
  const char *problem = limn_outlook_get_problem (bar->outlook);
  const char *note = limn_outlook_get_note (bar->outlook);

  if (problem != NULL)
    return g_strdup (problem);
  if (bar->job != NULL)
    return g_strdup (_ ("A picture of another window is drawn"));
  if (note == NULL)
    return g_strdup ("");
  if (is_live (bar))
    return g_strdup_printf (_ ("Live. %s"), note);
  return g_strdup (note);
}

static void
update_status (LimnGenerateBar *bar)
{
  bool own = is_own (bar), bad = limn_outlook_get_problem (bar->outlook) != NULL;
  g_autofree char *status = own ? limn_job_get_status (bar->job) : describe_rest (bar);

  gtk_label_set_text (bar->status_label, status);
  /* What does not fit can be read all the same. */
  gtk_widget_set_tooltip_text (GTK_WIDGET (bar->status_label), status);
  /* It keeps its place, so that nothing jumps between one picture and the next. */
  gtk_widget_set_opacity (GTK_WIDGET (bar->progress_bar), own ? 1 : 0);
  gtk_widget_set_visible (bar->stop_button, own && !limn_job_get_live (bar->job));
  gtk_widget_set_visible (bar->warning_icon,
                          !own && (bad || limn_outlook_get_tight (bar->outlook)));
  gtk_progress_bar_set_fraction (bar->progress_bar, own ? limn_job_get_fraction (bar->job) : 0);
}

/* Why the button cannot, or what it does; a screen reader reads it with the button. */
static void
update_button (LimnGenerateBar *bar)
{
  const char *problem = limn_outlook_get_problem (bar->outlook);
  const char *text = problem != NULL    ? problem
                     : bar->job != NULL ? _ ("Add a picture to the queue")
                                        : _ ("Draw a picture from the drawing and the prompt");

  gtk_widget_set_tooltip_text (bar->run_button, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (bar->run_button),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

static void
update (LimnGenerateBar *bar)
{
  update_status (bar);
  update_button (bar);
  gtk_widget_set_visible (bar->keep_button, is_live (bar));
}

/* --- what it follows --- */

static void
on_waiting (LimnGenerateBar *bar)
{
  guint waiting = limn_queue_get_waiting (bar->queue);
  g_autofree char *text = g_strdup_printf ("%u", waiting);

  gtk_label_set_text (bar->queue_label, text);
  gtk_widget_set_visible (GTK_WIDGET (bar->queue_label), waiting > 0);
}

static void
let_job_go (LimnGenerateBar *bar)
{
  if (bar->job != NULL)
    g_signal_handlers_disconnect_by_data (bar->job, bar);
  g_clear_object (&bar->job);
}

static void
on_running (LimnGenerateBar *bar)
{
  LimnJob *job = limn_queue_get_running (bar->queue);

  let_job_go (bar);
  if (job != NULL) {
    bar->job = g_object_ref (job);
    g_signal_connect_swapped (job, "notify::status", G_CALLBACK (update_status), bar);
  }
  update (bar);
}

static void
on_show_requested (LimnGenerateBar *bar, LimnStudio *studio)
{
  if (studio == bar->studio)
    gtk_menu_button_popup (GTK_MENU_BUTTON (bar->queue_button));
}

static void
on_setting_changed (LimnGenerateBar *bar, int setting)
{
  if (setting == LIMN_SETTING_LIVE)
    update (bar);
}

static void
on_document (LimnGenerateBar *bar)
{
  g_signal_connect_object (limn_studio_get_document (bar->studio), "setting-changed",
                           G_CALLBACK (on_setting_changed), bar, G_CONNECT_SWAPPED);
  update (bar);
}

/* --- GObject --- */

static void
limn_generate_bar_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnGenerateBar *self = LIMN_GENERATE_BAR (object);

  if (prop == PROP_STUDIO)
    self->studio = g_value_dup_object (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_generate_bar_constructed (GObject *object)
{
  LimnGenerateBar *self = LIMN_GENERATE_BAR (object);

  G_OBJECT_CLASS (limn_generate_bar_parent_class)->constructed (object);
  self->queue = limn_queue_get_default ();
  self->outlook = limn_outlook_get (self->studio);
  gtk_popover_set_child (GTK_POPOVER (self->queue_popover), limn_queue_panel_new (self->studio));
  g_signal_connect_object (self->queue, "notify::running", G_CALLBACK (on_running), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->queue, "notify::waiting", G_CALLBACK (on_waiting), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->queue, "show-requested", G_CALLBACK (on_show_requested), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->outlook, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->studio, "notify::document", G_CALLBACK (on_document), self,
                           G_CONNECT_SWAPPED);
  on_running (self);
  on_waiting (self);
  on_document (self);
}

static void
limn_generate_bar_dispose (GObject *object)
{
  LimnGenerateBar *self = LIMN_GENERATE_BAR (object);
  GtkWidget *child;

  let_job_go (self);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_generate_bar_parent_class)->dispose (object);
}

static void
load_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/org/limn/Limn/generate/generate.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (),
                                              GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

static void
limn_generate_bar_class_init (LimnGenerateBarClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->set_property = limn_generate_bar_set_property;
  object_class->constructed = limn_generate_bar_constructed;
  object_class->dispose = limn_generate_bar_dispose;

  props[PROP_STUDIO] =
      g_param_spec_object ("studio", NULL, NULL, LIMN_TYPE_STUDIO,
                           G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/generate/bar.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, queue_button);
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, queue_popover);
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, queue_label);
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, keep_button);
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, warning_icon);
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, status_label);
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, progress_bar);
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, stop_button);
  gtk_widget_class_bind_template_child (widget_class, LimnGenerateBar, run_button);
  gtk_widget_class_set_css_name (widget_class, "limngeneratebar");
  load_style ();
}

static void
limn_generate_bar_init (LimnGenerateBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
limn_generate_bar_new (LimnStudio *studio)
{
  return g_object_new (LIMN_TYPE_GENERATE_BAR, "studio", studio, NULL);
}
