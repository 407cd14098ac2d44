/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

#include <glib/gi18n.h>
#include <string.h>

#include "prompt/model-defaults.h"
#include "prompt/models.h"

struct _LimnModelRow {
  LimnSettingRow parent;

  /* Template */
  GtkMenuButton *button;
  GtkLabel *name, *note;
  GtkPopover *popover;
  GtkListBox *list;
  GtkSpinner *spinner;
  GtkWidget *content; /* of the button */

  /* Owned */
  GCancellable *cancellable;
  GtkFileChooserNative *chooser;
  char *tried;   /* a model that no list has and that was looked at by itself */
  char *problem; /* of @tried */
};

G_DEFINE_FINAL_TYPE (LimnModelRow, limn_model_row, LIMN_TYPE_SETTING_ROW)

/* --- showing --- */

static void
show_note (LimnModelRow *self, const char *text, bool is_problem)
{
  gtk_label_set_label (self->note, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), text != NULL);
  if (is_problem)
    gtk_widget_add_css_class (GTK_WIDGET (self->note), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->note), "error");
}

static void try_model (LimnModelRow *self, const char *model);

static void
show_unlisted (LimnModelRow *self, LimnModels *models, const char *model)
{
  g_autofree char *base = g_path_get_basename (model);
  g_autofree char *name = g_filename_display_name (base);

  gtk_label_set_label (self->name, name);
  show_note (self, g_strcmp0 (self->tried, model) == 0 ? self->problem : NULL, true);
  if (!limn_models_is_scanning (models))
    try_model (self, model);
}

static void
limn_model_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnModelRow *self = LIMN_MODEL_ROW (row);
  LimnModels *models = limn_models_get_default ();
  const char *model = limn_document_get_text (document, LIMN_SETTING_MODEL);
  LimnModelEntry *entry = limn_models_find (models, model);

  if (setting != LIMN_SETTING_MODEL && setting != LIMN_ALL_SETTINGS)
    return;
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->button),
                               *model != '\0' ? model : _ ("The model that comes with Limn"));
  if (entry == NULL) {
    show_unlisted (self, models, model);
    return;
  }
  gtk_label_set_label (self->name, limn_model_entry_get_name (entry));
  show_note (self, limn_model_entry_get_problem (entry), true);
}

/* A new entry, or its new sentence. */
static void
on_models_changed (LimnModelRow *self)
{
  limn_setting_row_refresh (LIMN_SETTING_ROW (self));
}

static GtkWidget *
make_label (const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 32);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

/* A line of the list: what cannot be used says why and cannot be chosen. */
static GtkWidget *
make_line (gpointer item, gpointer data)
{
  LimnModelEntry *entry = item;
  const char *problem = limn_model_entry_get_problem (entry);
  const char *family = limn_model_entry_get_family (entry);
  GtkWidget *line = gtk_list_box_row_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  gtk_widget_set_margin_top (box, 3);
  gtk_widget_set_margin_bottom (box, 3);
  gtk_box_append (GTK_BOX (box), make_label (limn_model_entry_get_name (entry), NULL));
  if (problem != NULL)
    gtk_box_append (GTK_BOX (box), make_label (_ ("cannot be used"), "caption"));
  else if (family != NULL)
    gtk_box_append (GTK_BOX (box), make_label (family, "model-family"));
  gtk_widget_set_tooltip_text (line,
                               problem != NULL ? problem : limn_model_entry_get_model (entry));
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (line), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (line), problem == NULL);
  gtk_list_box_row_set_selectable (GTK_LIST_BOX_ROW (line), problem == NULL);
  if (problem != NULL)
    gtk_widget_add_css_class (box, "dim-label");
  return line;
}

/* --- choosing --- */

static void
choose (LimnModelRow *self, const char *model)
{
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));

  if (document != NULL)
    limn_model_defaults_choose (document, model);
}

static void
on_line (LimnModelRow *self, GtkListBoxRow *line)
{
  g_autoptr (LimnModelEntry) entry = g_list_model_get_item (
      G_LIST_MODEL (limn_models_get_default ()), (guint) gtk_list_box_row_get_index (line));

  gtk_popover_popdown (self->popover);
  if (entry != NULL)
    choose (self, limn_model_entry_get_model (entry));
}

static void
on_popover_shown (LimnModelRow *self)
{
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));
  GListModel *models = G_LIST_MODEL (limn_models_get_default ());
  const char *model = limn_document_get_text (document, LIMN_SETTING_MODEL);

  gtk_list_box_unselect_all (self->list);
  for (guint i = 0; i < g_list_model_get_n_items (models); i++) {
    g_autoptr (LimnModelEntry) entry = g_list_model_get_item (models, i);
    GtkListBoxRow *line = gtk_list_box_get_row_at_index (self->list, (int) i);

    if (!g_str_equal (limn_model_entry_get_model (entry), model) || line == NULL)
      continue;
    gtk_list_box_select_row (self->list, line);
    gtk_widget_grab_focus (GTK_WIDGET (line));
  }
}

/* --- opening --- */

static void
set_busy (LimnModelRow *self, bool busy)
{
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), busy);
  gtk_spinner_set_spinning (self->spinner, busy);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnModelRow) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *model = limn_models_open_finish (LIMN_MODELS (source), result, &error);
  LimnStudio *studio = limn_setting_row_get_studio (LIMN_SETTING_ROW (self));

  if (g_cancellable_is_cancelled (self->cancellable) || studio == NULL)
    return;
  set_busy (self, false);
  if (model != NULL)
    choose (self, model);
  else
    limn_studio_say (studio, error->message);
}

static void
open_path (LimnModelRow *self, const char *path)
{
  set_busy (self, true);
  limn_models_open (limn_models_get_default (), path, NULL, on_opened, g_object_ref (self));
}

static void
on_tried (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnModelRow) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *model = limn_models_open_finish (LIMN_MODELS (source), result, &error);

  if (model != NULL || g_cancellable_is_cancelled (self->cancellable))
    return;
  g_free (self->problem);
  self->problem = g_strdup (error->message);
  limn_setting_row_refresh (LIMN_SETTING_ROW (self));
}

/* A document may name a model that lies anywhere, or nowhere on this machine. */
static void
try_model (LimnModelRow *self, const char *model)
{
  if (g_strcmp0 (self->tried, model) == 0)
    return;
  g_free (self->tried);
  self->tried = g_strdup (model);
  g_clear_pointer (&self->problem, g_free);
  limn_models_open (limn_models_get_default (), model, NULL, on_tried, g_object_ref (self));
}

static void
on_chosen (LimnModelRow *self, int response)
{
  g_autoptr (GtkFileChooserNative) chooser = g_steal_pointer (&self->chooser);
  g_autoptr (GFile) file = NULL;
  g_autofree char *path = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  path = file != NULL ? g_file_get_path (file) : NULL;
  if (path != NULL)
    open_path (self, path);
}

void
limn_model_row_choose (LimnModelRow *self, bool folder)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_popover_popdown (self->popover);
  if (self->chooser != NULL || limn_setting_row_get_document (LIMN_SETTING_ROW (self)) == NULL)
    return;
  self->chooser = gtk_file_chooser_native_new (
      folder ? _ ("Open a Model's Folder") : _ ("Open a Model"),
      GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL,
      folder ? GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER : GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);
  if (!folder) {
    gtk_file_filter_set_name (filter, _ ("Models (.safetensors, .gguf)"));
    gtk_file_filter_add_suffix (filter, "safetensors");
    gtk_file_filter_add_suffix (filter, "gguf");
    gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), filter);
  }
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (on_chosen), self,
                           G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static gboolean
on_drop (LimnModelRow *self, const GValue *value, double x, double y, GtkDropTarget *target)
{
  g_autofree char *path = g_file_get_path (g_value_get_object (value));

  if (path == NULL)
    return FALSE;
  open_path (self, path);
  return TRUE;
}

static gboolean
limn_model_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_MODEL_ROW (widget)->button));
}

static void
limn_model_row_dispose (GObject *object)
{
  LimnModelRow *self = LIMN_MODEL_ROW (object);

  g_cancellable_cancel (self->cancellable);
  if (self->chooser != NULL)
    gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (self->chooser));
  g_clear_object (&self->chooser);
  G_OBJECT_CLASS (limn_model_row_parent_class)->dispose (object);
}

static void
limn_model_row_finalize (GObject *object)
{
  LimnModelRow *self = LIMN_MODEL_ROW (object);

  g_object_unref (self->cancellable);
  g_free (self->tried);
  g_free (self->problem);
  G_OBJECT_CLASS (limn_model_row_parent_class)->finalize (object);
}

static void
limn_model_row_class_init (LimnModelRowClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = limn_model_row_dispose;
  object_class->finalize = limn_model_row_finalize;
  widget_class->grab_focus = limn_model_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_model_row_update;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/model-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnModelRow, button);
  gtk_widget_class_bind_template_child (widget_class, LimnModelRow, name);
  gtk_widget_class_bind_template_child (widget_class, LimnModelRow, note);
  gtk_widget_class_bind_template_child (widget_class, LimnModelRow, popover);
  gtk_widget_class_bind_template_child (widget_class, LimnModelRow, list);
  gtk_widget_class_bind_template_child (widget_class, LimnModelRow, spinner);
  gtk_widget_class_bind_template_child (widget_class, LimnModelRow, content);
  gtk_widget_class_bind_template_callback (widget_class, on_line);
  gtk_widget_class_bind_template_callback (widget_class, on_popover_shown);
}

static void
limn_model_row_init (LimnModelRow *self)
{
  LimnModels *models = limn_models_get_default ();
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_FILE, GDK_ACTION_COPY);

  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  /* The button puts it into the middle; names begin where those of drop-downs do. */
  gtk_widget_set_halign (gtk_widget_get_parent (self->content), GTK_ALIGN_FILL);
  gtk_list_box_bind_model (self->list, G_LIST_MODEL (models), make_line, NULL, NULL);
  g_signal_connect_object (models, "items-changed", G_CALLBACK (on_models_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (models, "controls-changed", G_CALLBACK (on_models_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_swapped (target, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}
