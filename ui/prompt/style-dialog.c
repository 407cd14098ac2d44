/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/style-dialog.h"

#include <glib/gi18n.h>

#include "prompt/records.h"

struct _LimnStyleDialog {
  AdwWindow parent;

  /* Template */
  GtkEditable *name;
  GtkTextBuffer *prompt, *negative;
  GtkWidget *save, *remove;

  /* Owned */
  LimnStudio *studio;
};

G_DEFINE_FINAL_TYPE (LimnStyleDialog, limn_style_dialog, ADW_TYPE_WINDOW)

static char *
get_text (GtkTextBuffer *buffer)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  return g_strstrip (gtk_text_buffer_get_text (buffer, &start, &end, FALSE));
}

/* NULL where the name is empty. */
static LimnRecord *
named (LimnStyleDialog *self)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_editable_get_text (self->name)));

  return limn_records_find (limn_styles (), name);
}

static void
on_name_changed (LimnStyleDialog *self)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_editable_get_text (self->name)));
  LimnRecord *record = named (self);
  bool taken = record != NULL && !limn_record_is_own (record);

  gtk_widget_set_sensitive (self->save, *name != '\0' && !taken);
  gtk_widget_set_visible (self->remove, record != NULL && limn_record_is_own (record));
  if (taken)
    gtk_widget_add_css_class (GTK_WIDGET (self->name), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->name), "error");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->name),
                               taken ? _ ("A style of this name comes with Limn") : NULL);
}

static void
on_save (LimnStyleDialog *self)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_editable_get_text (self->name)));
  g_autofree char *prompt = get_text (self->prompt);
  g_autofree char *negative = get_text (self->negative);
  g_autoptr (GVariant) prompt_value = g_variant_ref_sink (g_variant_new_string (prompt));
  g_autoptr (GVariant) negative_value = g_variant_ref_sink (g_variant_new_string (negative));
  GVariant *values[LIMN_N_SETTINGS] = { NULL };

  values[LIMN_SETTING_STYLE_PROMPT] = prompt_value;
  values[LIMN_SETTING_STYLE_NEGATIVE] = negative_value;
  if (!limn_records_save (limn_styles (), name, values))
    return;
  limn_style_set (limn_studio_get_document (self->studio), name, prompt, negative);
  gtk_window_close (GTK_WINDOW (self));
}

static void
on_remove (LimnStyleDialog *self)
{
  LimnRecord *record = named (self);
  LimnDocument *document = limn_studio_get_document (self->studio);

  if (record == NULL)
    return;
  if (limn_record_fits (record, document))
    limn_style_set (document, "", "", "");
  limn_records_remove (limn_styles (), limn_record_get_name (record));
  gtk_window_close (GTK_WINDOW (self));
}

/* A style that comes with Limn is where one of the person's own begins. */
static void
show_style (LimnStyleDialog *self)
{
  LimnDocument *document = limn_studio_get_document (self->studio);
  const char *name = limn_document_get_text (document, LIMN_SETTING_STYLE);
  const char *prompt = limn_document_get_text (document, LIMN_SETTING_STYLE_PROMPT);
  LimnRecord *record = limn_records_find (limn_styles (), name);
  g_autofree char *own = record != NULL && !limn_record_is_own (record)
                             ? g_strdup_printf (_ ("%s, my own"), name)
                             : g_strdup (name);

  gtk_editable_set_text (self->name, own);
  gtk_text_buffer_set_text (self->prompt, *prompt != '\0' ? prompt : "{prompt}, ", -1);
  gtk_text_buffer_set_text (self->negative,
                            limn_document_get_text (document, LIMN_SETTING_STYLE_NEGATIVE), -1);
  on_name_changed (self);
}

static void
limn_style_dialog_finalize (GObject *object)
{
  g_object_unref (LIMN_STYLE_DIALOG (object)->studio);
  G_OBJECT_CLASS (limn_style_dialog_parent_class)->finalize (object);
}

static void
limn_style_dialog_class_init (LimnStyleDialogClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = limn_style_dialog_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/prompt/style-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnStyleDialog, name);
  gtk_widget_class_bind_template_child (widget_class, LimnStyleDialog, prompt);
  gtk_widget_class_bind_template_child (widget_class, LimnStyleDialog, negative);
  gtk_widget_class_bind_template_child (widget_class, LimnStyleDialog, save);
  gtk_widget_class_bind_template_child (widget_class, LimnStyleDialog, remove);
  gtk_widget_class_bind_template_callback (widget_class, on_name_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_save);
  gtk_widget_class_bind_template_callback (widget_class, on_remove);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
limn_style_dialog_init (LimnStyleDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LimnStyleDialog *
limn_style_dialog_show (LimnStudio *studio, GtkWindow *parent)
{
  LimnStyleDialog *dialog = g_object_new (LIMN_TYPE_STYLE_DIALOG, "transient-for", parent, NULL);

  dialog->studio = g_object_ref (studio);
  show_style (dialog);
  gtk_window_present (GTK_WINDOW (dialog));
  return dialog;
}
