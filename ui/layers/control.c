/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/control.h"

#include <glib/gi18n.h>
#include <math.h>

#include "layers/layers.h"
#include "prompt/models.h"

#define N_PRESETS 3

struct _LimnControlBox {
  GtkWidget parent;

  /* Template */
  GtkWidget *expander, *presets;
  GtkLabel *summary, *missing;
  GtkDropDown *type, *mode;
  GtkAdjustment *weight, *weight_slider, *start, *end;
  GtkWidget *weight_scale, *weight_spin, *start_spin, *end_spin;
  GtkWidget *strength_label, *weight_label, *range_label, *mode_label;
  GtkCheckButton *model_view;
  GtkToggleButton *preset_buttons[N_PRESETS];

  /* Owned */
  LimnStudio *studio;
  char **types; /* those of the drop-down: "" first */

  limn_layers_merge weight_merge, start_merge, end_merge;
  bool updating, choosing;
};

G_DEFINE_FINAL_TYPE (LimnControlBox, limn_control_box, GTK_TYPE_WIDGET)

/* The longer and the more strongly it guides, the less of the prompt's own shapes is left. */
static const struct {
  const char *title, *tooltip;
  double weight, end;
} presets[N_PRESETS] = {
  { N_ ("Loose"), N_ ("Weight 0.7 in the First Half of the Steps"), 0.7, 0.5 },
  { N_ ("Medium"),
    /* xgettext:no-c-format */
    N_ ("Weight 1 up to 80% of the Steps"), 1.0, 0.8 },
  { N_ ("Strict"), N_ ("Weight 1 in All Steps"), 1.0, 1.0 },
};

static const char *const mode_titles[] = {
  [LIMN_CONTROL_BALANCED] = N_ ("Balanced"),
  [LIMN_CONTROL_PROMPT] = N_ ("The prompt matters more"),
  [LIMN_CONTROL_CONTROL] = N_ ("The drawing matters more"),
};
G_STATIC_ASSERT (G_N_ELEMENTS (mode_titles) == LIMN_N_CONTROL_MODES);

static LimnDocument *
document_of (LimnControlBox *self)
{
  return limn_studio_get_document (self->studio);
}

static const limn_layer *
layer_of (LimnControlBox *self)
{
  return self->studio != NULL
             ? limn_document_find_layer (document_of (self), limn_studio_get_layer (self->studio))
             : NULL;
}

static void
set (LimnControlBox *self, limn_layer_key key, GVariant *value, guint64 merge)
{
  limn_document_set_layer (document_of (self), limn_studio_get_layer (self->studio), key, value,
                           merge);
}

/* --- what it shows --- */

/* The types to choose from; that of the layer is one of them, whatever the model has. */
static char **
list_types (LimnControlBox *self, const char *current)
{
  g_auto (GStrv) controls =
      limn_models_controls (limn_document_get_text (document_of (self), LIMN_SETTING_MODEL));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_add (builder, "");
  g_strv_builder_addv (builder, (const char **) controls);
  if (*current != '\0' && !g_strv_contains ((const char *const *) controls, current))
    g_strv_builder_add (builder, current);
  return g_strv_builder_end (builder);
}

static void
show_types (LimnControlBox *self, const char *current)
{
  g_auto (GStrv) types = list_types (self, current);
  guint selected = 0;

  /* The drop-down does not bear another list while it tells of a choice from this one. */
  if (self->types == NULL ||
      (!self->choosing &&
       !g_strv_equal ((const char *const *) types, (const char *const *) self->types))) {
    g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

    for (guint i = 0; types[i] != NULL; i++)
      gtk_string_list_append (list, i == 0 ? _ ("None") : limn_layers_control_title (types[i]));
    gtk_drop_down_set_model (self->type, G_LIST_MODEL (list));
    g_strfreev (self->types);
    self->types = g_steal_pointer (&types);
  }
  while (!g_str_equal (self->types[selected], current))
    selected++;
  gtk_drop_down_set_selected (self->type, selected);
}

static void
show_summary (LimnControlBox *self, const limn_layer *layer, const char *type)
{
  const char *title = limn_layers_control_title (type);
  g_autofree char *summary = NULL;
  g_autofree char *missing = NULL;
  bool there = limn_layers_has_control (document_of (self), type);

  if (*type != '\0')
    summary =
        g_strdup_printf ("%s · %.2f", title, limn_layer_get_double (layer, LIMN_LAYER_WEIGHT));
  missing =
      g_strdup_printf (_ ("The model has no ControlNet “%s”: this layer does nothing"), title);
  gtk_label_set_text (self->summary, summary != NULL ? summary : _ ("none"));
  gtk_label_set_text (self->missing, missing);
  gtk_widget_set_visible (GTK_WIDGET (self->missing), !there);
}

static void
show_presets (LimnControlBox *self, const limn_layer *layer)
{
  double weight = limn_layer_get_double (layer, LIMN_LAYER_WEIGHT);
  double start = limn_layer_get_double (layer, LIMN_LAYER_START);
  double end = limn_layer_get_double (layer, LIMN_LAYER_END);

  for (int i = 0; i < N_PRESETS; i++)
    gtk_toggle_button_set_active (self->preset_buttons[i],
                                  fabs (weight - presets[i].weight) < 1e-3 && start < 1e-3 &&
                                      fabs (end - presets[i].end) < 1e-3);
}

/* Each of the two may go as far as the other: there is always a step between them. */
static void
show_range (LimnControlBox *self, const limn_layer *layer)
{
  double start = limn_layer_get_double (layer, LIMN_LAYER_START) * 100;
  double end = limn_layer_get_double (layer, LIMN_LAYER_END) * 100;

  gtk_adjustment_configure (self->start, start, 0, MAX (end - 1, start), 1, 10, 0);
  gtk_adjustment_configure (self->end, end, MIN (start + 1, end), 100, 1, 10, 0);
}

void
limn_control_box_update (LimnControlBox *self)
{
  const limn_layer *layer = layer_of (self);
  GtkWidget *needs_type[] = { self->strength_label,   self->presets,     self->weight_label,
                              self->weight_scale,     self->weight_spin, self->range_label,
                              self->start_spin,       self->end_spin,    self->mode_label,
                              GTK_WIDGET (self->mode) };
  const char *type;

  gtk_widget_set_sensitive (self->expander, layer != NULL);
  if (layer == NULL)
    return;
  self->updating = true;
  type = limn_layer_get_text (layer, LIMN_LAYER_CONTROL);
  show_types (self, type);
  show_summary (self, layer, type);
  show_presets (self, layer);
  gtk_adjustment_set_value (self->weight, limn_layer_get_double (layer, LIMN_LAYER_WEIGHT));
  gtk_adjustment_set_value (self->weight_slider, limn_layer_get_double (layer, LIMN_LAYER_WEIGHT));
  show_range (self, layer);
  gtk_drop_down_set_selected (
      self->mode,
      (guint) MAX (limn_choice_find (limn_mode_names, limn_layer_get_text (layer, LIMN_LAYER_MODE)),
                   0));
  for (gsize i = 0; i < G_N_ELEMENTS (needs_type); i++)
    gtk_widget_set_sensitive (needs_type[i], *type != '\0');
  self->updating = false;
}

void
limn_control_box_end_steps (LimnControlBox *self)
{
  self->weight_merge.number = self->start_merge.number = self->end_merge.number = 0;
}

/* --- what a person does --- */

static void
on_type (LimnControlBox *self)
{
  guint selected = gtk_drop_down_get_selected (self->type);

  if (self->updating || selected == GTK_INVALID_LIST_POSITION)
    return;
  self->choosing = true;
  set (self, LIMN_LAYER_CONTROL, g_variant_new_string (self->types[selected]), 0);
  self->choosing = false;
}

static void
on_mode (LimnControlBox *self)
{
  guint selected = gtk_drop_down_get_selected (self->mode);

  if (!self->updating && selected < LIMN_N_CONTROL_MODES)
    set (self, LIMN_LAYER_MODE, g_variant_new_string (limn_mode_names[selected]), 0);
}

/* Sliders hand out numbers like 0.7300000000000004. */
static GVariant *
rounded (GtkAdjustment *adjustment, double scale)
{
  return g_variant_new_double (round (gtk_adjustment_get_value (adjustment) * scale * 1000) / 1000);
}

static void
set_number (LimnControlBox *self,
            limn_layer_key key,
            GtkAdjustment *adjustment,
            double scale,
            limn_layers_merge *merge)
{
  if (!self->updating && layer_of (self) != NULL)
    set (self, key, rounded (adjustment, scale),
         limn_layers_merge_number (merge, document_of (self)));
}

static void
on_weight (LimnControlBox *self)
{
  set_number (self, LIMN_LAYER_WEIGHT, self->weight, 1, &self->weight_merge);
}

static void
on_weight_slider (LimnControlBox *self)
{
  set_number (self, LIMN_LAYER_WEIGHT, self->weight_slider, 1, &self->weight_merge);
}

static void
on_start (LimnControlBox *self)
{
  set_number (self, LIMN_LAYER_START, self->start, 0.01, &self->start_merge);
}

static void
on_end (LimnControlBox *self)
{
  set_number (self, LIMN_LAYER_END, self->end, 0.01, &self->end_merge);
}

static void
on_preset (GtkToggleButton *button, gpointer data)
{
  LimnControlBox *self = data;
  LimnDocument *document;
  int i = 0;

  if (self->updating || layer_of (self) == NULL)
    return;
  while (self->preset_buttons[i] != button)
    i++;
  document = document_of (self);
  limn_document_begin_group (document);
  set (self, LIMN_LAYER_WEIGHT, g_variant_new_double (presets[i].weight), 0);
  set (self, LIMN_LAYER_START, g_variant_new_double (0), 0);
  set (self, LIMN_LAYER_END, g_variant_new_double (presets[i].end), 0);
  limn_document_end_group (document);
  /* A press on the one that is on already changes nothing. */
  limn_control_box_update (self);
}

/* --- GObject --- */

static void
limn_control_box_dispose (GObject *object)
{
  LimnControlBox *self = LIMN_CONTROL_BOX (object);

  self->updating = true;
  g_clear_object (&self->studio);
  g_clear_pointer (&self->types, g_strfreev);
  g_clear_pointer (&self->expander, gtk_widget_unparent);
  G_OBJECT_CLASS (limn_control_box_parent_class)->dispose (object);
}

static void
limn_control_box_class_init (LimnControlBoxClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_control_box_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/layers/control.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, expander);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, presets);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, summary);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, missing);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, type);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, mode);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, weight);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, weight_slider);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, start);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, end);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, weight_scale);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, weight_spin);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, start_spin);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, end_spin);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, strength_label);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, weight_label);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, range_label);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, mode_label);
  gtk_widget_class_bind_template_child (widget_class, LimnControlBox, model_view);
  gtk_widget_class_bind_template_callback (widget_class, on_type);
  gtk_widget_class_bind_template_callback (widget_class, on_mode);
  gtk_widget_class_bind_template_callback (widget_class, on_weight);
  gtk_widget_class_bind_template_callback (widget_class, on_weight_slider);
  gtk_widget_class_bind_template_callback (widget_class, on_start);
  gtk_widget_class_bind_template_callback (widget_class, on_end);
  gtk_widget_class_set_css_name (widget_class, "layer-control");
}

static void
add_presets (LimnControlBox *self)
{
  for (int i = 0; i < N_PRESETS; i++) {
    GtkWidget *button = gtk_toggle_button_new_with_label (_ (presets[i].title));

    gtk_widget_set_tooltip_text (button, _ (presets[i].tooltip));
    g_signal_connect (button, "toggled", G_CALLBACK (on_preset), self);
    gtk_box_append (GTK_BOX (self->presets), button);
    self->preset_buttons[i] = GTK_TOGGLE_BUTTON (button);
  }
}

static void
limn_control_box_init (LimnControlBox *self)
{
  g_autoptr (GtkStringList) modes = gtk_string_list_new (NULL);

  self->updating = true;
  gtk_widget_init_template (GTK_WIDGET (self));
  add_presets (self);
  for (int i = 0; i < LIMN_N_CONTROL_MODES; i++)
    gtk_string_list_append (modes, _ (mode_titles[i]));
  gtk_drop_down_set_model (self->mode, G_LIST_MODEL (modes));
  limn_layers_watch (self->weight_scale, &self->weight_merge);
  limn_layers_watch (self->weight_spin, &self->weight_merge);
  limn_layers_watch (self->start_spin, &self->start_merge);
  limn_layers_watch (self->end_spin, &self->end_merge);
  self->updating = false;
}

void
limn_control_box_set_studio (LimnControlBox *self, LimnStudio *studio)
{
  self->studio = g_object_ref (studio);
  g_object_bind_property (studio, "model-view", self->model_view, "active",
                          G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
}
