/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/size-dialog.h"

#include <glib/gi18n.h>

#include "document/pixels.h"
#include "preferences.h"
#include "window/application.h"

struct _LimnSizeDialog {
  AdwWindow parent;

  /* Template */
  GtkButton *accept;
  AdwComboRow *preset, *place;
  GtkSpinButton *width, *height;
  GtkWidget *problem;

  /* Borrowed: transient for it, and gone with it */
  LimnWindow *window;
  bool resizing; /* the canvas that is there */
};

G_DEFINE_FINAL_TYPE (LimnSizeDialog, limn_size_dialog, ADW_TYPE_WINDOW)

static const struct {
  int width, height;
} presets[] = {
  { 256, 256 }, { 512, 512 }, { 768, 768 },  { 1024, 1024 },
  { 512, 768 }, { 768, 512 }, { 1024, 576 }, { 576, 1024 },
};

/* In the order of the list; what part of the room that is gained lies before the drawing. */
static const struct {
  double x, y;
} places[] = { { 0.5, 0.5 }, { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 } };

static void
read_size (LimnSizeDialog *self, int *width, int *height)
{
  *width = gtk_spin_button_get_value_as_int (self->width);
  *height = gtk_spin_button_get_value_as_int (self->height);
}

static void
on_size (LimnSizeDialog *self)
{
  guint selected = G_N_ELEMENTS (presets);
  int width, height;
  bool good;

  read_size (self, &width, &height);
  good = limn_pixels_size_ok (width, height);
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    if (presets[i].width == width && presets[i].height == height)
      selected = i;
  adw_combo_row_set_selected (self->preset, selected);
  gtk_widget_set_sensitive (GTK_WIDGET (self->accept), good);
  gtk_widget_set_visible (self->problem, !good);
}

static void
on_preset (LimnSizeDialog *self)
{
  guint selected = adw_combo_row_get_selected (self->preset);
  int width, height;

  read_size (self, &width, &height);
  if (selected >= G_N_ELEMENTS (presets) ||
      (presets[selected].width == width && presets[selected].height == height))
    return;
  width = presets[selected].width;
  height = presets[selected].height;
  gtk_spin_button_set_value (self->width, width);
  gtk_spin_button_set_value (self->height, height);
}

static void
resize (LimnSizeDialog *self, int width, int height)
{
  LimnDocument *document = limn_studio_get_document (limn_window_get_studio (self->window));
  guint place = adw_combo_row_get_selected (self->place);
  int old_width, old_height;

  limn_document_get_size (document, &old_width, &old_height);
  if (width == old_width && height == old_height)
    return;
  if (!limn_document_resize (document, width, height, (int) ((width - old_width) * places[place].x),
                             (int) ((height - old_height) * places[place].y)))
    limn_window_say (self->window, _ ("The canvas could not get that size"));
}

static void
on_accept (LimnSizeDialog *self)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self->window));
  int width, height;

  gtk_spin_button_update (self->width);
  gtk_spin_button_update (self->height);
  read_size (self, &width, &height);
  if (!limn_pixels_size_ok (width, height))
    return;
  if (self->resizing)
    resize (self, width, height);
  else
    limn_application_new_drawing (LIMN_APPLICATION (application), width, height);
  gtk_window_close (GTK_WINDOW (self));
}

/* --- beginning --- */

static LimnSizeDialog *
dialog_new (LimnWindow *window, const char *title, const char *accept, int width, int height)
{
  LimnSizeDialog *self =
      g_object_new (LIMN_TYPE_SIZE_DIALOG, "transient-for", window, "title", title, NULL);

  self->window = window;
  gtk_button_set_label (self->accept, accept);
  gtk_spin_button_set_value (self->width, width);
  gtk_spin_button_set_value (self->height, height);
  on_size (self);
  return self;
}

void
limn_size_dialog_new_drawing (LimnWindow *window)
{
  GSettings *settings = limn_preferences ();
  LimnSizeDialog *self = dialog_new (window, _ ("New Drawing"), _ ("C_reate"),
                                     g_settings_get_int (settings, "canvas-width"),
                                     g_settings_get_int (settings, "canvas-height"));

  gtk_widget_set_visible (GTK_WIDGET (self->place), FALSE);
  gtk_window_present (GTK_WINDOW (self));
}

void
limn_size_dialog_resize (LimnWindow *window)
{
  LimnDocument *document = limn_studio_get_document (limn_window_get_studio (window));
  LimnSizeDialog *self;
  int width, height;

  limn_document_get_size (document, &width, &height);
  self = dialog_new (window, _ ("Canvas Size"), _ ("_Resize"), width, height);
  self->resizing = true;
  gtk_window_present (GTK_WINDOW (self));
}

static void
limn_size_dialog_class_init (LimnSizeDialogClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/window/size-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnSizeDialog, accept);
  gtk_widget_class_bind_template_child (widget_class, LimnSizeDialog, preset);
  gtk_widget_class_bind_template_child (widget_class, LimnSizeDialog, place);
  gtk_widget_class_bind_template_child (widget_class, LimnSizeDialog, width);
  gtk_widget_class_bind_template_child (widget_class, LimnSizeDialog, height);
  gtk_widget_class_bind_template_child (widget_class, LimnSizeDialog, problem);
  gtk_widget_class_bind_template_callback (widget_class, on_accept);
  gtk_widget_class_bind_template_callback (widget_class, on_preset);
  gtk_widget_class_bind_template_callback (widget_class, on_size);
}

static void
limn_size_dialog_init (LimnSizeDialog *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    gtk_string_list_take (names, g_strdup_printf ("%d × %d", presets[i].width, presets[i].height));
  gtk_string_list_append (names, _ ("Other"));
  adw_combo_row_set_model (self->preset, G_LIST_MODEL (names));
}
