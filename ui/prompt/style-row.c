/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/style-row.h"

#include <glib/gi18n.h>

#include "prompt/records.h"
#include "prompt/style-dialog.h"

struct _LimnStyleRow {
  LimnSettingRow parent;

  /* Template */
  GtkDropDown *drop_down;

  GtkStringList *list; /* of the drop-down: none, the records, and, where it is none of those, what
                          the document has */
};

G_DEFINE_FINAL_TYPE (LimnStyleRow, limn_style_row, LIMN_TYPE_SETTING_ROW)

static bool
has_style (LimnDocument *document)
{
  return *limn_document_get_text (document, LIMN_SETTING_STYLE) != '\0' ||
         *limn_document_get_text (document, LIMN_SETTING_STYLE_PROMPT) != '\0' ||
         *limn_document_get_text (document, LIMN_SETTING_STYLE_NEGATIVE) != '\0';
}

/* The record that the document's style is, word for word; else -1. */
static int
find_style (LimnDocument *document)
{
  const char *name = limn_document_get_text (document, LIMN_SETTING_STYLE);
  guint count = g_list_model_get_n_items (G_LIST_MODEL (limn_styles ()));

  for (guint i = 0; i < count; i++) {
    LimnRecord *record = limn_records_get (limn_styles (), i);

    if (g_str_equal (limn_record_get_name (record), name) && limn_record_fits (record, document))
      return (int) i;
  }
  return -1;
}

static void
fill (LimnStyleRow *self, LimnDocument *document, bool foreign)
{
  guint count = g_list_model_get_n_items (G_LIST_MODEL (limn_styles ()));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (names, g_strdup (_ ("None")));
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (names, g_strdup (limn_record_get_name (limn_records_get (limn_styles (), i))));
  if (foreign)
    g_ptr_array_add (names,
                     g_strdup_printf (_ ("%s (of this drawing)"),
                                      limn_document_get_text (document, LIMN_SETTING_STYLE)));
  g_ptr_array_add (names, NULL);
  limn_string_list_set (self->list, (const char *const *) names->pdata);
}

static void
limn_style_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnStyleRow *self = LIMN_STYLE_ROW (row);
  bool any = has_style (document);
  int index = any ? find_style (document) : -1;
  guint count = g_list_model_get_n_items (G_LIST_MODEL (limn_styles ()));

  if (setting != LIMN_SETTING_STYLE && setting != LIMN_SETTING_STYLE_PROMPT &&
      setting != LIMN_SETTING_STYLE_NEGATIVE && setting != LIMN_ALL_SETTINGS)
    return;
  fill (self, document, any && index < 0);
  gtk_drop_down_set_selected (self->drop_down, !any        ? 0
                                               : index < 0 ? count + 1
                                                           : (guint) index + 1);
}

void
limn_style_set (LimnDocument *document, const char *name, const char *prompt, const char *negative)
{
  const struct {
    limn_setting setting;
    const char *text;
  } values[] = {
    { LIMN_SETTING_STYLE, name },
    { LIMN_SETTING_STYLE_PROMPT, prompt },
    { LIMN_SETTING_STYLE_NEGATIVE, negative },
  };

  limn_document_begin_group (document);
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    if (!g_str_equal (limn_document_get_text (document, values[i].setting), values[i].text))
      limn_document_set_value (document, values[i].setting, g_variant_new_string (values[i].text),
                               0);
  limn_document_end_group (document);
}

static void
on_selected (LimnStyleRow *self)
{
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));
  guint selected = gtk_drop_down_get_selected (self->drop_down);
  LimnRecord *record;

  if (document == NULL || limn_setting_row_is_updating (LIMN_SETTING_ROW (self)) ||
      selected == GTK_INVALID_LIST_POSITION)
    return;
  limn_setting_row_hold (LIMN_SETTING_ROW (self));
  record = selected > 0 ? limn_records_get (limn_styles (), selected - 1) : NULL;
  if (record != NULL)
    limn_style_set (document, limn_record_get_name (record),
                    limn_record_get_text (record, LIMN_SETTING_STYLE_PROMPT) ?: "",
                    limn_record_get_text (record, LIMN_SETTING_STYLE_NEGATIVE) ?: "");
  else if (selected == 0)
    limn_style_set (document, "", "", "");
  limn_setting_row_release (LIMN_SETTING_ROW (self));
}

void
limn_style_row_edit (LimnStyleRow *self)
{
  LimnStudio *studio = limn_setting_row_get_studio (LIMN_SETTING_ROW (self));
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (studio != NULL)
    limn_style_dialog_show (studio, GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL);
}

static void
on_styles_changed (LimnStyleRow *self)
{
  limn_setting_row_refresh (LIMN_SETTING_ROW (self));
}

static gboolean
limn_style_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_STYLE_ROW (widget)->drop_down));
}

static void
limn_style_row_class_init (LimnStyleRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  widget_class->grab_focus = limn_style_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_style_row_update;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/style-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnStyleRow, drop_down);
}

static void
limn_style_row_init (LimnStyleRow *self)
{
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  self->list = list;
  gtk_drop_down_set_model (self->drop_down, G_LIST_MODEL (list));
  g_signal_connect_swapped (self->drop_down, "notify::selected", G_CALLBACK (on_selected), self);
  g_signal_connect_object (limn_styles (), "items-changed", G_CALLBACK (on_styles_changed), self,
                           G_CONNECT_SWAPPED);
}
