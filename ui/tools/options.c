/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/options.h"

#include <glib/gi18n.h>
#include <math.h>

#include "tools/actions.h"
#include "tools/colour-button.h"
#include "tools/look.h"
#include "tools/pen-popover.h"
#include "tools/toolbox.h"

struct _LimnToolOptions {
  GtkWidget parent;

  /* Template */
  GtkWidget *outer;
  GtkScrolledWindow *scroller;
  GtkWidget *row;
  GtkLabel *name, *hint;
  GtkWidget *size_word, *softness_word, *opacity_word, *tolerance_word;
  LimnColourButton *colour;
  GtkWidget *size_group, *softness_group, *opacity_group, *tolerance_group;
  GtkScale *size_scale, *softness_scale, *opacity_scale, *tolerance_scale;
  GtkSpinButton *size_spin;
  GtkAdjustment *size, *size_slider, *softness, *opacity, *tolerance;
  GtkMenuButton *pen;
  GtkWidget *filled, *selection_group, *open_group;
  GtkWidget *select_all, *flip_horizontal, *flip_vertical, *erase, *cancel, *finish;

  /* Owned */
  LimnStudio *studio;

  guint fit;      /* source, or 0 */
  bool following; /* the widgets are being told */
};

G_DEFINE_FINAL_TYPE (LimnToolOptions, limn_tool_options, GTK_TYPE_WIDGET)

#define LEAST_SIZE 0.5

enum {
  COLOUR = 1 << 0, /* and its opacity */
  SIZE = 1 << 1,   /* and softness */
  PEN = 1 << 2,
  FILLED = 1 << 3,
  TOLERANCE = 1 << 4,
  SELECTION = 1 << 5,
  OPEN = 1 << 6, /* what has to be finished or cancelled */
};

/* What the row shows for a tool. */
static const struct {
  const char *name, *hint;
  int parts;
} tools[LIMN_N_TOOLS] = {
  [LIMN_TOOL_BRUSH] = { N_ ("Brush"), NULL, COLOUR | SIZE | PEN },
  [LIMN_TOOL_ERASER] = { N_ ("Eraser"), NULL, SIZE | PEN },
  [LIMN_TOOL_LINE] = { N_ ("Line"), NULL, COLOUR | SIZE },
  [LIMN_TOOL_RECTANGLE] = { N_ ("Rectangle"), NULL, COLOUR | SIZE | FILLED },
  [LIMN_TOOL_ELLIPSE] = { N_ ("Ellipse"), NULL, COLOUR | SIZE | FILLED },
  [LIMN_TOOL_POLYGON] = { N_ ("Polygon"), NULL, COLOUR | SIZE | FILLED | OPEN },
  [LIMN_TOOL_BUCKET] = { N_ ("Bucket Fill"), NULL, COLOUR | TOLERANCE },
  [LIMN_TOOL_LASSO] = { N_ ("Lasso"),
                        N_ ("Draw around what is to be moved, scaled or rotated, or click corners"),
                        SELECTION | OPEN },
  [LIMN_TOOL_PICKER] = { N_ ("Colour Picker"), N_ ("Press where the colour is"), COLOUR },
};

/* --- sizes: the slider goes from the least to the largest by the same factor everywhere --- */

static double
size_at (double part)
{
  return LEAST_SIZE * pow (LIMN_BRUSH_MAX_SIZE / LEAST_SIZE, part);
}

static double
part_of (double size)
{
  return log (size / LEAST_SIZE) / log (LIMN_BRUSH_MAX_SIZE / LEAST_SIZE);
}

static void
set_brush (LimnToolOptions *self, double size, double softness)
{
  limn_tool_id tool = limn_studio_get_tool (self->studio);
  struct limn_brush brush = limn_studio_get_brush (self->studio, tool);

  brush.size = (float) size;
  brush.softness = (float) softness;
  limn_studio_set_brush (self->studio, tool, &brush);
}

static void
on_size (LimnToolOptions *self)
{
  if (!self->following)
    set_brush (self, gtk_adjustment_get_value (self->size),
               gtk_adjustment_get_value (self->softness));
}

/* Whole pixels where that makes no difference to the hand. */
static void
on_size_slider (LimnToolOptions *self)
{
  double size = size_at (gtk_adjustment_get_value (self->size_slider));

  size = size < 10.0 ? round (size * 10.0) / 10.0 : round (size);
  if (!self->following)
    set_brush (self, size, gtk_adjustment_get_value (self->softness));
}

static void
on_opacity (LimnToolOptions *self)
{
  guint32 alpha = (guint32) lround (gtk_adjustment_get_value (self->opacity) * 255.0);

  if (!self->following)
    limn_studio_set_colour (self->studio,
                            alpha << 24 | (limn_studio_get_colour (self->studio) & 0xffffffu));
}

static void
on_tolerance (LimnToolOptions *self)
{
  if (!self->following)
    limn_studio_set_tolerance (self->studio,
                               (int) lround (gtk_adjustment_get_value (self->tolerance)));
}

/* --- following the studio --- */

static void
follow_values (LimnToolOptions *self)
{
  limn_tool_id tool = limn_studio_get_tool (self->studio);
  struct limn_brush brush = limn_studio_get_brush (self->studio, tool);

  self->following = true;
  gtk_adjustment_set_value (self->size, brush.size);
  gtk_adjustment_set_value (self->size_slider, part_of (brush.size));
  gtk_adjustment_set_value (self->softness, brush.softness);
  gtk_adjustment_set_value (self->opacity, (limn_studio_get_colour (self->studio) >> 24) / 255.0);
  gtk_adjustment_set_value (self->tolerance, limn_studio_get_tolerance (self->studio));
  self->following = false;
}

/* --- a narrow window, or large letters: what can be spared goes --- */

static void
fit (gpointer data)
{
  LimnToolOptions *self = data;
  /* The first to go comes first. Buttons and tooltips say the same; so does the entry for the size.
   */
  GtkWidget *const spared[] = { GTK_WIDGET (self->name), GTK_WIDGET (self->size_scale),
                                self->size_word,         self->softness_word,
                                self->opacity_word,      self->tolerance_word };
  GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (self->scroller);
  double room = gtk_adjustment_get_page_size (adjustment);
  int wanted;

  self->fit = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (spared); i++)
    gtk_widget_set_visible (spared[i], TRUE);
  for (gsize i = 0; i <= G_N_ELEMENTS (spared); i++) {
    gtk_widget_measure (self->row, GTK_ORIENTATION_HORIZONTAL, -1, &wanted, NULL, NULL, NULL);
    if (wanted <= room || i == G_N_ELEMENTS (spared))
      break;
    gtk_widget_set_visible (spared[i], FALSE);
  }
}

/* Not while sizes are being given. */
static void
queue_fit (LimnToolOptions *self)
{
  if (self->fit == 0)
    self->fit = g_idle_add_once (fit, self);
}

static void
follow_tool (LimnToolOptions *self)
{
  limn_tool_id tool = limn_studio_get_tool (self->studio);
  const char *hint = tools[tool].hint;
  int parts = tools[tool].parts;
  bool is_open = limn_toolbox_is_open (limn_toolbox_of (self->studio));

  gtk_label_set_label (self->name, _ (tools[tool].name));
  gtk_label_set_label (self->hint, hint != NULL && !is_open ? _ (hint) : "");
  gtk_widget_set_visible (GTK_WIDGET (self->colour), parts & COLOUR);
  gtk_widget_set_visible (self->opacity_group, parts & COLOUR);
  gtk_widget_set_visible (self->size_group, parts & SIZE);
  gtk_widget_set_visible (self->softness_group, parts & SIZE);
  gtk_widget_set_visible (GTK_WIDGET (self->pen), parts & PEN);
  gtk_widget_set_visible (self->filled, parts & FILLED);
  gtk_widget_set_visible (self->tolerance_group, parts & TOLERANCE);
  gtk_widget_set_visible (self->selection_group, parts & SELECTION);
  gtk_widget_set_visible (self->open_group, (parts & OPEN) && is_open);
  follow_values (self);
  queue_fit (self);
}

static char *
format_percent (GtkScale *scale, double value, gpointer data)
{
  return g_strdup_printf (_ ("%d%%"), (int) lround (value * 100));
}

static void
make_pen_popover (GtkMenuButton *button, gpointer data)
{
  LimnToolOptions *self = data;

  if (gtk_menu_button_get_popover (button) == NULL)
    gtk_menu_button_set_popover (button, limn_pen_popover_new (self->studio));
}

static void
show_values (GtkScale *scale, GtkScaleFormatValueFunc format)
{
  gtk_scale_set_draw_value (scale, TRUE);
  gtk_scale_set_value_pos (scale, GTK_POS_RIGHT);
  gtk_scale_set_digits (scale, format != NULL ? 2 : 0);
  gtk_scale_set_format_value_func (scale, format, NULL, NULL);
}

static void
name_buttons (LimnToolOptions *self)
{
  const struct {
    GtkWidget *button;
    const char *title;
  } buttons[] = {
    { self->select_all, _ ("Select All of the Layer (Ctrl+A)") },
    { self->flip_horizontal, _ ("Flip the Selection Horizontally (Shift+H)") },
    { self->flip_vertical, _ ("Flip the Selection Vertically (Shift+V)") },
    { self->erase, _ ("Erase the Selection (Delete)") },
    { self->cancel, _ ("Cancel (Escape)") },
    { self->finish, _ ("Apply (Enter)") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (buttons); i++) {
    gtk_widget_set_tooltip_text (buttons[i].button, buttons[i].title);
    gtk_accessible_update_property (GTK_ACCESSIBLE (buttons[i].button),
                                    GTK_ACCESSIBLE_PROPERTY_LABEL, buttons[i].title, -1);
  }
}

/* --- GObject --- */

static void
limn_tool_options_dispose (GObject *object)
{
  LimnToolOptions *self = LIMN_TOOL_OPTIONS (object);

  g_clear_handle_id (&self->fit, g_source_remove);
  g_clear_pointer (&self->outer, gtk_widget_unparent);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_tool_options_parent_class)->dispose (object);
}

static void
bind_children (GtkWidgetClass *class)
{
#define BIND(child) gtk_widget_class_bind_template_child (class, LimnToolOptions, child)
  BIND (outer);
  BIND (scroller);
  BIND (row);
  BIND (size_word);
  BIND (softness_word);
  BIND (opacity_word);
  BIND (tolerance_word);
  BIND (name);
  BIND (hint);
  BIND (colour);
  BIND (size_group);
  BIND (softness_group);
  BIND (opacity_group);
  BIND (tolerance_group);
  BIND (size_scale);
  BIND (softness_scale);
  BIND (opacity_scale);
  BIND (tolerance_scale);
  BIND (size_spin);
  BIND (size);
  BIND (size_slider);
  BIND (softness);
  BIND (opacity);
  BIND (tolerance);
  BIND (pen);
  BIND (filled);
  BIND (selection_group);
  BIND (open_group);
  BIND (select_all);
  BIND (flip_horizontal);
  BIND (flip_vertical);
  BIND (erase);
  BIND (cancel);
  BIND (finish);
#undef BIND
}

static void
limn_tool_options_class_init (LimnToolOptionsClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  limn_tools_look ();
  g_type_ensure (LIMN_TYPE_COLOUR_BUTTON);
  G_OBJECT_CLASS (class)->dispose = limn_tool_options_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/tools/options.ui");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_TOOLBAR);
  bind_children (widget_class);
}

static void
limn_tool_options_init (LimnToolOptions *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  name_buttons (self);
  gtk_scale_set_draw_value (self->size_scale, FALSE);
  show_values (self->softness_scale, format_percent);
  show_values (self->opacity_scale, format_percent);
  show_values (self->tolerance_scale, NULL);
  gtk_menu_button_set_create_popup_func (self->pen, make_pen_popover, self, NULL);
  g_signal_connect_object (gtk_scrolled_window_get_hadjustment (self->scroller), "changed",
                           G_CALLBACK (queue_fit), self, G_CONNECT_SWAPPED);
  g_signal_connect_swapped (self->size, "value-changed", G_CALLBACK (on_size), self);
  g_signal_connect_swapped (self->size_slider, "value-changed", G_CALLBACK (on_size_slider), self);
  g_signal_connect_swapped (self->softness, "value-changed", G_CALLBACK (on_size), self);
  g_signal_connect_swapped (self->opacity, "value-changed", G_CALLBACK (on_opacity), self);
  g_signal_connect_swapped (self->tolerance, "value-changed", G_CALLBACK (on_tolerance), self);
}

GtkWidget *
limn_tool_options_new (LimnStudio *studio)
{
  LimnToolOptions *self = g_object_new (LIMN_TYPE_TOOL_OPTIONS, NULL);
  GActionGroup *actions = limn_tool_actions_new (studio);
  LimnToolbox *box = limn_toolbox_of (studio);

  self->studio = g_object_ref (studio);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "tool", actions);
  g_object_unref (actions);
  g_object_bind_property (studio, "colour", self->colour, "colour",
                          G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
  g_signal_connect_object (studio, "notify::tool", G_CALLBACK (follow_tool), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "brush-changed", G_CALLBACK (follow_values), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "notify::colour", G_CALLBACK (follow_values), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "notify::tolerance", G_CALLBACK (follow_values), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (box, "notify::open", G_CALLBACK (follow_tool), self, G_CONNECT_SWAPPED);
  follow_tool (self);
  return GTK_WIDGET (self);
}
