/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

#include <glib/gi18n.h>

struct _LimnSeedRow {
  LimnSettingRow parent;

  /* Template */
  GtkEntry *entry;
  GtkToggleButton *lock;
};

G_DEFINE_FINAL_TYPE (LimnSeedRow, limn_seed_row, LIMN_TYPE_SETTING_ROW)

static void
limn_seed_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnSeedRow *self = LIMN_SEED_ROW (row);

  if (setting == LIMN_SETTING_SEED || setting == LIMN_ALL_SETTINGS) {
    guint64 seed = g_variant_get_uint64 (limn_document_get_value (document, LIMN_SETTING_SEED));
    g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, seed);

    if (!g_str_equal (gtk_editable_get_text (GTK_EDITABLE (self->entry)), text))
      gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
    gtk_widget_remove_css_class (GTK_WIDGET (self->entry), "error");
  }
  if (setting == LIMN_SETTING_SEED_LOCKED || setting == LIMN_ALL_SETTINGS) {
    gboolean locked =
        g_variant_get_boolean (limn_document_get_value (document, LIMN_SETTING_SEED_LOCKED));

    gtk_toggle_button_set_active (self->lock, locked);
    gtk_button_set_icon_name (GTK_BUTTON (self->lock),
                              locked ? "changes-prevent-symbolic" : "changes-allow-symbolic");
    gtk_widget_set_tooltip_text (GTK_WIDGET (self->lock),
                                 locked ? _ ("The seed stays: click for a new one each time")
                                        : _ ("A new seed each time: click to keep this one"));
  }
}

static bool
parse (LimnSeedRow *self, guint64 *seed)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  return g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, seed, NULL);
}

static void
on_changed (LimnSeedRow *self)
{
  guint64 seed;

  if (parse (self, &seed))
    gtk_widget_remove_css_class (GTK_WIDGET (self->entry), "error");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->entry), "error");
}

/* What is no number becomes what it was. */
static void
commit (LimnSeedRow *self)
{
  guint64 seed;

  if (parse (self, &seed)) {
    limn_setting_row_new_step (LIMN_SETTING_ROW (self));
    limn_setting_row_set (LIMN_SETTING_ROW (self), LIMN_SETTING_SEED, g_variant_new_uint64 (seed));
  }
  limn_setting_row_refresh (LIMN_SETTING_ROW (self));
}

static void
on_locked (LimnSeedRow *self)
{
  limn_setting_row_new_step (LIMN_SETTING_ROW (self));
  limn_setting_row_set (LIMN_SETTING_ROW (self), LIMN_SETTING_SEED_LOCKED,
                        g_variant_new_boolean (gtk_toggle_button_get_active (self->lock)));
}

static gboolean
limn_seed_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_SEED_ROW (widget)->entry));
}

static void
limn_seed_row_class_init (LimnSeedRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  widget_class->grab_focus = limn_seed_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_seed_row_update;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/seed-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnSeedRow, entry);
  gtk_widget_class_bind_template_child (widget_class, LimnSeedRow, lock);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_locked);
  gtk_widget_class_bind_template_callback (widget_class, commit);
}

static void
limn_seed_row_init (LimnSeedRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
