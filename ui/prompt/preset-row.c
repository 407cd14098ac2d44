/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/preset-row.h"

#include <glib/gi18n.h>

#include "prompt/ask-name.h"
#include "prompt/records.h"

struct _LimnPresetRow {
  LimnSettingRow parent;

  /* Template */
  GtkDropDown *drop_down;

  /* Owned */
  char *chosen;

  GtkStringList *list; /* of the drop-down: what the document has, then the records */
};

G_DEFINE_FINAL_TYPE (LimnPresetRow, limn_preset_row, LIMN_TYPE_SETTING_ROW)

enum {
  PROP_CHOSEN = 1,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

/* --- showing --- */

static void
set_chosen (LimnPresetRow *self, const char *name)
{
  char *copy = g_strdup (name);

  g_free (self->chosen);
  self->chosen = copy;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CHOSEN]);
}

const char *
limn_preset_row_get_chosen (LimnPresetRow *self)
{
  return self->chosen;
}

bool
limn_preset_row_is_own (LimnPresetRow *self)
{
  LimnRecord *record =
      self->chosen != NULL ? limn_records_find (limn_presets (), self->chosen) : NULL;

  return record != NULL && limn_record_is_own (record);
}

static void
fill (LimnPresetRow *self, const char *first)
{
  guint count = g_list_model_get_n_items (G_LIST_MODEL (limn_presets ()));
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  g_ptr_array_add (names, (gpointer) first);
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (names,
                     (gpointer) limn_record_get_name (limn_records_get (limn_presets (), i)));
  g_ptr_array_add (names, NULL);
  limn_string_list_set (self->list, (const char *const *) names->pdata);
}

/* The preset that the document is just like, the chosen one first; -1 for none. */
static int
find_preset (LimnPresetRow *self, LimnDocument *document)
{
  int found = -1;

  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (limn_presets ())); i > 0; i--) {
    LimnRecord *record = limn_records_get (limn_presets (), i - 1);

    if (!limn_record_fits (record, document))
      continue;
    if (g_strcmp0 (limn_record_get_name (record), self->chosen) == 0)
      return (int) i - 1;
    found = (int) i - 1;
  }
  return found;
}

static void
limn_preset_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnPresetRow *self = LIMN_PRESET_ROW (row);
  g_autofree char *changed = NULL;
  int index;

  /* What no preset has: nothing to compare while somebody types. */
  if (setting == LIMN_SETTING_PROMPT || setting == LIMN_SETTING_SEED)
    return;
  index = find_preset (self, document);
  if (self->chosen != NULL && limn_records_find (limn_presets (), self->chosen) == NULL)
    set_chosen (self, NULL);
  if (index >= 0) {
    const char *name = limn_record_get_name (limn_records_get (limn_presets (), (guint) index));

    if (g_strcmp0 (name, self->chosen) != 0)
      set_chosen (self, name);
  } else if (self->chosen != NULL) {
    changed = g_strdup_printf (_ ("%s, changed"), self->chosen);
  }
  fill (self, changed != NULL ? changed : _ ("No preset"));
  gtk_drop_down_set_selected (self->drop_down, (guint) (index + 1));
}

static void
on_selected (LimnPresetRow *self)
{
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));
  guint selected = gtk_drop_down_get_selected (self->drop_down);
  LimnRecord *record;

  if (document == NULL || limn_setting_row_is_updating (LIMN_SETTING_ROW (self)) ||
      selected == GTK_INVALID_LIST_POSITION || selected == 0)
    return;
  limn_setting_row_hold (LIMN_SETTING_ROW (self));
  record = limn_records_get (limn_presets (), selected - 1);
  set_chosen (self, limn_record_get_name (record));
  limn_record_apply (record, document);
  limn_setting_row_release (LIMN_SETTING_ROW (self));
}

static void
on_presets_changed (LimnPresetRow *self)
{
  limn_setting_row_refresh (LIMN_SETTING_ROW (self));
}

/* --- what a person does with them --- */

/* One that is there already is replaced, unless it comes with Limn. */
static bool
may_save (const char *name, gpointer data)
{
  g_autofree char *line = g_strstrip (g_strdup (name));
  LimnRecord *record = limn_records_find (limn_presets (), line);

  return *line != '\0' && (record == NULL || limn_record_is_own (record));
}

static void
save (const char *name, gpointer data)
{
  LimnPresetRow *self = data;
  g_autofree char *line = g_strstrip (g_strdup (name));
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));

  if (document == NULL)
    return;
  set_chosen (self, line);
  limn_records_save_document (limn_presets (), line, document);
}

void
limn_preset_row_save (LimnPresetRow *self)
{
  limn_ask_name (GTK_WIDGET (self), _ ("Save the Settings as a Preset"), _ ("_Save"),
                 limn_preset_row_is_own (self) ? self->chosen : "", may_save, save,
                 g_object_ref (self), g_object_unref);
}

static bool
may_rename (const char *name, gpointer data)
{
  g_autofree char *line = g_strstrip (g_strdup (name));

  return *line != '\0' && limn_records_find (limn_presets (), line) == NULL;
}

static void
rename_to (const char *name, gpointer data)
{
  LimnPresetRow *self = data;
  g_autofree char *old = g_strdup (self->chosen);
  g_autofree char *line = g_strstrip (g_strdup (name));

  if (old == NULL)
    return;
  set_chosen (self, line);
  limn_records_rename (limn_presets (), old, line);
}

void
limn_preset_row_rename (LimnPresetRow *self)
{
  if (limn_preset_row_is_own (self))
    limn_ask_name (GTK_WIDGET (self), _ ("Rename the Preset"), _ ("_Rename"), self->chosen,
                   may_rename, rename_to, g_object_ref (self), g_object_unref);
}

void
limn_preset_row_overwrite (LimnPresetRow *self)
{
  LimnStudio *studio = limn_setting_row_get_studio (LIMN_SETTING_ROW (self));
  g_autofree char *sentence = NULL;
  g_autofree char *name = g_strdup (self->chosen);

  if (!limn_preset_row_is_own (self))
    return;
  save (name, self);
  sentence = g_strdup_printf (_ ("The preset “%s” has been updated"), name);
  limn_studio_say (studio, sentence);
}

void
limn_preset_row_delete (LimnPresetRow *self)
{
  g_autofree char *name = g_strdup (self->chosen);

  if (!limn_preset_row_is_own (self))
    return;
  set_chosen (self, NULL);
  limn_records_remove (limn_presets (), name);
}

void
limn_preset_row_reset (LimnPresetRow *self)
{
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));

  if (document == NULL)
    return;
  set_chosen (self, NULL);
  limn_records_reset (limn_presets (), document);
  limn_setting_row_refresh (LIMN_SETTING_ROW (self));
}

/* --- GObject --- */

static gboolean
limn_preset_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_PRESET_ROW (widget)->drop_down));
}

static void
limn_preset_row_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  if (prop == PROP_CHOSEN)
    g_value_set_string (value, LIMN_PRESET_ROW (object)->chosen);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_preset_row_finalize (GObject *object)
{
  g_free (LIMN_PRESET_ROW (object)->chosen);
  G_OBJECT_CLASS (limn_preset_row_parent_class)->finalize (object);
}

static void
limn_preset_row_class_init (LimnPresetRowClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->get_property = limn_preset_row_get_property;
  object_class->finalize = limn_preset_row_finalize;
  widget_class->grab_focus = limn_preset_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_preset_row_update;
  props[PROP_CHOSEN] =
      g_param_spec_string ("chosen", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/preset-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnPresetRow, drop_down);
}

static void
limn_preset_row_init (LimnPresetRow *self)
{
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  self->list = list;
  gtk_drop_down_set_model (self->drop_down, G_LIST_MODEL (list));
  g_signal_connect_swapped (self->drop_down, "notify::selected", G_CALLBACK (on_selected), self);
  g_signal_connect_object (limn_presets (), "items-changed", G_CALLBACK (on_presets_changed), self,
                           G_CONNECT_SWAPPED);
}
