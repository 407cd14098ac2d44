/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/keys.h"

#include <glib/gi18n.h>

#include "tools/actions.h"

/* Of a column in the list. */
#define MAX_ROWS 13

const struct limn_shortcut *const limn_shortcut_tables[] = {
  limn_window_shortcuts, limn_canvas_shortcuts,   limn_tool_shortcuts,   limn_layer_shortcuts,
  limn_prompt_shortcuts, limn_generate_shortcuts, limn_result_shortcuts, NULL,
};

/* What is listed but bound elsewhere. */
static const struct limn_shortcut *const listed_tables[] = { limn_tool_canvas_keys, NULL };

/* --- binding --- */

/* Whether a key may do its work while a text is being typed. */
static bool
is_for_all (const char *accelerator)
{
  GdkModifierType modifiers;
  guint key;

  if (!gtk_accelerator_parse (accelerator, &key, &modifiers))
    return false;
  return (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK | GDK_META_MASK)) != 0 ||
         (key >= GDK_KEY_F1 && key <= GDK_KEY_F35);
}

/* A second row with the same action adds a key to it. */
static void
add_accelerator (GtkApplication *application, const struct limn_shortcut *row)
{
  g_auto (GStrv) old = gtk_application_get_accels_for_action (application, row->action);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) accelerators = NULL;

  g_strv_builder_addv (builder, (const char **) old);
  g_strv_builder_add (builder, row->accelerator);
  accelerators = g_strv_builder_end (builder);
  gtk_application_set_accels_for_action (application, row->action,
                                         (const char *const *) accelerators);
}

void
limn_keys_bind_application (GtkApplication *application)
{
  for (int i = 0; limn_shortcut_tables[i] != NULL; i++)
    for (const struct limn_shortcut *row = limn_shortcut_tables[i]; row->action != NULL; row++)
      if (row->accelerator != NULL && is_for_all (row->accelerator))
        add_accelerator (application, row);
}

static void
add_shortcut (GtkShortcutController *controller, const struct limn_shortcut *row)
{
  g_autofree char *name = NULL;
  g_autoptr (GVariant) target = NULL;
  g_autoptr (GError) error = NULL;
  GtkShortcut *shortcut;

  if (!g_action_parse_detailed_name (row->action, &name, &target, &error))
    g_error ("%s", error->message);
  shortcut = gtk_shortcut_new (gtk_shortcut_trigger_parse_string (row->accelerator),
                               gtk_named_action_new (name));
  gtk_shortcut_set_arguments (shortcut, target);
  gtk_shortcut_controller_add_shortcut (controller, shortcut);
}

void
limn_keys_bind_window (GtkWidget *window)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  /* What has the focus sees a key first, so that texts get their letters. */
  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_BUBBLE);
  for (int i = 0; limn_shortcut_tables[i] != NULL; i++)
    for (const struct limn_shortcut *row = limn_shortcut_tables[i]; row->action != NULL; row++)
      if (row->accelerator != NULL && !is_for_all (row->accelerator))
        add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), row);
  gtk_widget_add_controller (window, controller);
}

/* --- the list --- */

/* "<Control>plus <Control>equal" for one action. */
static char *
keys_of (const struct limn_shortcut *table, const struct limn_shortcut *row)
{
  GString *keys = g_string_new (row->accelerator);

  for (const struct limn_shortcut *other = row + 1; other->action != NULL; other++)
    if (other->accelerator != NULL && g_str_equal (other->action, row->action))
      g_string_append_printf (keys, " %s", other->accelerator);
  return g_string_free (keys, FALSE);
}

static bool
is_second (const struct limn_shortcut *table, const struct limn_shortcut *row)
{
  for (const struct limn_shortcut *other = table; other < row; other++)
    if (other->accelerator != NULL && g_str_equal (other->action, row->action))
      return true;
  return false;
}

/* @sections: titles to arrays of XML, in the order of @titles. */
static void
list_table (const struct limn_shortcut *table, GHashTable *sections, GPtrArray *titles)
{
  for (const struct limn_shortcut *row = table; row->action != NULL; row++) {
    GPtrArray *section = g_hash_table_lookup (sections, row->section);
    g_autofree char *keys = NULL;

    if (row->accelerator == NULL || is_second (table, row))
      continue;
    if (section == NULL) {
      section = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (sections, (gpointer) row->section, section);
      g_ptr_array_add (titles, (gpointer) row->section);
    }
    keys = keys_of (table, row);
    g_ptr_array_add (section,
                     g_markup_printf_escaped (
                         "<child><object class='GtkShortcutsShortcut'><property name='title'>%s"
                         "</property><property name='accelerator'>%s</property></object></child>",
                         _ (row->title), keys));
  }
}

/* One page: a long list stands in two columns. */
static void
describe_section (GString *xml, const char *title, const GPtrArray *rows)
{
  guint column = rows->len > MAX_ROWS ? (rows->len + 1) / 2 : rows->len;
  g_autofree char *head = g_markup_printf_escaped ("<child><object class='GtkShortcutsSection'>"
                                                   "<property name='section-name'>%s</property>"
                                                   "<property name='title'>%s</property>"
                                                   "<property name='max-height'>%u</property>",
                                                   title, _ (title), column + 1);

  g_string_append (xml, head);
  for (guint i = 0; i < rows->len; i++) {
    if (i % column == 0)
      g_string_append (xml, "<child><object class='GtkShortcutsGroup'>");
    g_string_append (xml, g_ptr_array_index (rows, i));
    if (i % column == column - 1 || i == rows->len - 1)
      g_string_append (xml, "</object></child>");
  }
  g_string_append (xml, "</object></child>");
}

/* GTK 4.8 makes this window from XML only. */
static char *
describe (void)
{
  GString *xml = g_string_new ("<interface><object class='GtkShortcutsWindow' id='window'>"
                               "<property name='modal'>1</property>");
  g_autoptr (GHashTable) sections =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GPtrArray) titles = g_ptr_array_new ();

  for (int i = 0; limn_shortcut_tables[i] != NULL; i++)
    list_table (limn_shortcut_tables[i], sections, titles);
  for (int i = 0; listed_tables[i] != NULL; i++)
    list_table (listed_tables[i], sections, titles);
  for (guint i = 0; i < titles->len; i++) {
    const char *title = g_ptr_array_index (titles, i);

    describe_section (xml, title, g_hash_table_lookup (sections, title));
  }
  g_string_append (xml, "</object></interface>");
  return g_string_free (xml, FALSE);
}

GtkWidget *
limn_keys_window_new (void)
{
  g_autofree char *xml = describe ();
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_string (xml, -1);

  return GTK_WIDGET (gtk_builder_get_object (builder, "window"));
}
