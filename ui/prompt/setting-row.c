/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/setting-row.h"

/* Between changes of one step. */
#define STEP_USEC G_USEC_PER_SEC

typedef struct {
  /* Owned */
  LimnStudio *studio;
  LimnDocument *document;
  char *title;

  int setting;
  guint updating;
  bool held;
  guint refresh; /* source, or 0 */
  guint64 merge;
  gint64 changed; /* when the last change was */
} LimnSettingRowPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LimnSettingRow, limn_setting_row, GTK_TYPE_WIDGET)

enum {
  PROP_SETTING = 1,
  PROP_TITLE,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

#define private(row) ((LimnSettingRowPrivate *) limn_setting_row_get_instance_private (row))

static void
update (LimnSettingRow *row, int setting)
{
  LimnSettingRowPrivate *self = private(row);
  LimnSettingRowClass *class = LIMN_SETTING_ROW_GET_CLASS (row);

  if (self->document == NULL || class->update == NULL || self->held)
    return;
  self->updating++;
  class->update (row, self->document, setting);
  self->updating--;
}

static void
on_setting_changed (LimnSettingRow *row, int setting)
{
  update (row, setting);
}

static void
drop_document (LimnSettingRow *row)
{
  LimnSettingRowPrivate *self = private(row);

  if (self->document != NULL)
    g_signal_handlers_disconnect_by_data (self->document, row);
  g_clear_object (&self->document);
  self->merge = 0;
}

static void
on_document_changed (LimnSettingRow *row)
{
  LimnSettingRowPrivate *self = private(row);

  drop_document (row);
  self->document = g_object_ref (limn_studio_get_document (self->studio));
  g_signal_connect_swapped (self->document, "setting-changed", G_CALLBACK (on_setting_changed),
                            row);
  g_signal_connect_swapped (self->document, "structure-changed",
                            G_CALLBACK (limn_setting_row_refresh), row);
  update (row, LIMN_ALL_SETTINGS);
}

void
limn_setting_row_set_studio (LimnSettingRow *row, LimnStudio *studio)
{
  LimnSettingRowPrivate *self = private(row);

  g_return_if_fail (self->studio == NULL);
  self->studio = g_object_ref (studio);
  gtk_widget_set_sensitive (GTK_WIDGET (row), TRUE);
  g_signal_connect_swapped (studio, "notify::document", G_CALLBACK (on_document_changed), row);
  on_document_changed (row);
}

void
limn_setting_rows_set_studio (GtkWidget *widget, LimnStudio *studio)
{
  if (LIMN_IS_SETTING_ROW (widget))
    limn_setting_row_set_studio (LIMN_SETTING_ROW (widget), studio);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    limn_setting_rows_set_studio (child, studio);
}

LimnStudio *
limn_setting_row_get_studio (LimnSettingRow *row)
{
  return private(row)->studio;
}

LimnDocument *
limn_setting_row_get_document (LimnSettingRow *row)
{
  return private(row)->document;
}

bool
limn_setting_row_is_updating (LimnSettingRow *row)
{
  return private(row)->updating > 0;
}

void
limn_setting_row_refresh (LimnSettingRow *row)
{
  update (row, LIMN_ALL_SETTINGS);
}

static gboolean
on_refresh (gpointer data)
{
  private (data)->refresh = 0;
  limn_setting_row_refresh (data);
  return G_SOURCE_REMOVE;
}

void
limn_setting_row_hold (LimnSettingRow *row)
{
  private (row)->held = true;
}

void
limn_setting_row_release (LimnSettingRow *row)
{
  LimnSettingRowPrivate *self = private(row);

  self->held = false;
  if (self->refresh == 0)
    self->refresh = g_idle_add (on_refresh, row);
}

void
limn_setting_row_new_step (LimnSettingRow *row)
{
  private (row)->merge = 0;
}

void
limn_setting_row_set (LimnSettingRow *row, limn_setting setting, GVariant *value)
{
  LimnSettingRowPrivate *self = private(row);
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  gint64 now = g_get_monotonic_time ();

  if (self->document == NULL || self->updating > 0 ||
      g_variant_equal (limn_document_get_value (self->document, setting), owned))
    return;
  if (self->merge == 0 || now - self->changed > STEP_USEC)
    self->merge = limn_document_new_merge (self->document);
  self->changed = now;
  limn_document_set_value (self->document, setting, owned, self->merge);
}

int
limn_setting_row_get_setting (LimnSettingRow *row)
{
  return private(row)->setting;
}

void
limn_setting_row_name (LimnSettingRow *row, GtkWidget *widget)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  private(row)->title, -1);
}

void
limn_string_list_set (GtkStringList *list, const char *const *texts)
{
  guint old = g_list_model_get_n_items (G_LIST_MODEL (list)), new = g_strv_length ((char **) texts);
  guint first = 0, last = 0;
  g_auto (GStrv) between = NULL;

  while (first < old &&
         first < new &&g_str_equal (gtk_string_list_get_string (list, first), texts[first]))
    first++;
  while (first + last < old &&
         first + last < new &&g_str_equal (gtk_string_list_get_string (list, old - 1 - last),
                                           texts[new - 1 - last]))
    last++;
  if (first + last == old && old == new)
    return;
  between = g_new0 (char *, new - first - last + 1);
  for (guint i = 0; i < new - first - last; i++)
    between[i] = g_strdup (texts[first + i]);
  gtk_string_list_splice (list, first, old - first - last, (const char *const *) between);
}

static void
limn_setting_row_dispose (GObject *object)
{
  LimnSettingRow *row = LIMN_SETTING_ROW (object);
  LimnSettingRowPrivate *self = private(row);
  GtkWidget *child;

  drop_document (row);
  g_clear_handle_id (&self->refresh, g_source_remove);
  if (self->studio != NULL)
    g_signal_handlers_disconnect_by_data (self->studio, row);
  g_clear_object (&self->studio);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (row))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (limn_setting_row_parent_class)->dispose (object);
}

static void
limn_setting_row_finalize (GObject *object)
{
  g_free (private(LIMN_SETTING_ROW (object))->title);
  G_OBJECT_CLASS (limn_setting_row_parent_class)->finalize (object);
}

static void
set_setting (LimnSettingRowPrivate *self, const char *name)
{
  self->setting =
      name != NULL ? limn_key_find (limn_settings, LIMN_N_SETTINGS, name) : LIMN_ALL_SETTINGS;
  if (name != NULL && self->setting < 0)
    g_error ("there is no setting \"%s\"", name);
}

static void
limn_setting_row_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnSettingRowPrivate *self = private(LIMN_SETTING_ROW (object));

  if (prop == PROP_SETTING)
    set_setting (self, g_value_get_string (value));
  else if (prop == PROP_TITLE)
    self->title = g_value_dup_string (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_setting_row_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  if (prop == PROP_TITLE)
    g_value_set_string (value, private(LIMN_SETTING_ROW (object))->title);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_setting_row_class_init (LimnSettingRowClass *class)
{
  const GParamFlags flags = G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = limn_setting_row_dispose;
  object_class->finalize = limn_setting_row_finalize;
  object_class->set_property = limn_setting_row_set_property;
  object_class->get_property = limn_setting_row_get_property;
  props[PROP_SETTING] = g_param_spec_string ("setting", NULL, NULL, NULL, flags | G_PARAM_WRITABLE);
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags | G_PARAM_READWRITE);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (class), GTK_TYPE_BOX_LAYOUT);
}

static void
limn_setting_row_init (LimnSettingRow *row)
{
  gtk_widget_set_sensitive (GTK_WIDGET (row), FALSE);
}
