/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/panel.h"

#include <glib/gi18n.h>

#include "layers/import.h"
#include "layers/layers.h"
#include "shortcuts.h"

const struct limn_shortcut limn_layer_shortcuts[] = {
  { "layer.add-scribble", "<Control><Shift>n", N_ ("New scribble layer"), N_ ("Layers") },
  { "layer.add-scribble", "Insert", N_ ("New scribble layer"), N_ ("Layers") },
  { "layer.add-picture", "<Control><Alt>n", N_ ("New picture layer"), N_ ("Layers") },
  { "layer.import", "<Control><Alt>o", N_ ("Import pictures as layers"), N_ ("Layers") },
  { "layer.paste", "<Control>v", N_ ("Paste as a layer"), N_ ("Layers") },
  { "layer.copy", "<Control>c", N_ ("Copy the layer"), N_ ("Layers") },
  { "layer.duplicate", "<Control>j", N_ ("Duplicate the layer"), N_ ("Layers") },
  { "layer.merge-down", "<Control>e", N_ ("Merge with the layer below"), N_ ("Layers") },
  { "layer.delete", "<Shift>Delete", N_ ("Delete the layer"), N_ ("Layers") },
  { "layer.clear", "<Control><Alt>e", N_ ("Clear the layer"), N_ ("Layers") },
  { "layer.rename", "F2", N_ ("Rename the layer"), N_ ("Layers") },
  { "layer.next", "Page_Up", N_ ("To the layer above"), N_ ("Layers") },
  { "layer.previous", "Page_Down", N_ ("To the layer below"), N_ ("Layers") },
  { "layer.raise", "<Control>Page_Up", N_ ("Raise the layer"), N_ ("Layers") },
  { "layer.lower", "<Control>Page_Down", N_ ("Lower the layer"), N_ ("Layers") },
  { "layer.toggle-visible", "<Control><Shift>h", N_ ("Show or hide the layer"), N_ ("Layers") },
  { "layer.toggle-lock", "<Control><Shift>l", N_ ("Lock or unlock the layer"), N_ ("Layers") },
  { "layer.use-recipe", NULL, N_ ("Use the imported picture's settings"), N_ ("Layers") },
  { NULL },
};

/* The group and what keeps its states right, freed with the group. */
struct actions {
  LimnStudio *studio;
  LimnDocument *document;    /* whose signals are connected */
  GSimpleActionGroup *group; /* borrowed */
};

static LimnDocument *
document_of (const struct actions *actions)
{
  return limn_studio_get_document (actions->studio);
}

static const limn_layer *
active (const struct actions *actions)
{
  return limn_document_find_layer (document_of (actions), limn_studio_get_layer (actions->studio));
}

/* --- adding --- */

/* "Scribble 3": the first number that no layer has. */
static char *
free_name (LimnDocument *document, const char *format)
{
  for (guint number = 1;; number++) {
    g_autofree char *name = g_strdup_printf (format, number);
    bool taken = false;

    for (guint i = 0; i < limn_document_n_layers (document) && !taken; i++)
      taken = g_str_equal (limn_layer_get_text (limn_document_layer (document, i), LIMN_LAYER_NAME),
                           name);
    if (!taken)
      return g_steal_pointer (&name);
  }
}

static void
select_new (const struct actions *actions, guint32 id)
{
  if (id != 0)
    limn_studio_set_layer (actions->studio, id);
  else if (!limn_document_is_drawing (document_of (actions)))
    limn_studio_say (actions->studio, _ ("There is no room for another layer"));
}

static void
add (const struct actions *actions, limn_layer_kind kind, const char *format)
{
  LimnDocument *document = document_of (actions);
  g_autofree char *name = free_name (document, format);
  int index = limn_document_layer_index (document, limn_studio_get_layer (actions->studio));

  select_new (actions, limn_document_add_layer (document, kind, name,
                                                index >= 0 ? (guint) index + 1
                                                           : limn_document_n_layers (document)));
}

static void
on_add_scribble (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  add (data, LIMN_LAYER_SCRIBBLE, _ ("Scribble %u"));
}

static void
on_add_picture (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  add (data, LIMN_LAYER_PICTURE, _ ("Picture %u"));
}

static void
on_duplicate (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;
  const limn_layer *layer = active (actions);
  g_autofree char *name = NULL;

  if (layer == NULL)
    return;
  name = g_strdup_printf (_ ("%s Copy"), limn_layer_get_text (layer, LIMN_LAYER_NAME));
  select_new (actions, limn_document_duplicate_layer (document_of (actions), layer->id, name));
}

/* --- the text that has the focus comes first --- */

static GtkWindow *
window_of (const struct actions *actions)
{
  LimnLayerPanel *panel = limn_layer_panel_of (actions->studio);
  GtkRoot *root = panel != NULL ? gtk_widget_get_root (GTK_WIDGET (panel)) : NULL;

  return GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL;
}

static bool
give_to_text (const struct actions *actions, const char *name)
{
  GtkWindow *window = window_of (actions);
  GtkWidget *focus = window != NULL ? gtk_window_get_focus (window) : NULL;

  return (GTK_IS_TEXT (focus) || GTK_IS_TEXT_VIEW (focus)) &&
         gtk_widget_activate_action (focus, name, NULL);
}

static GdkClipboard *
clipboard_of (const struct actions *actions)
{
  LimnLayerPanel *panel = limn_layer_panel_of (actions->studio);

  return panel != NULL ? gtk_widget_get_clipboard (GTK_WIDGET (panel))
                       : gdk_display_get_clipboard (gdk_display_get_default ());
}

static void
on_paste (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;

  if (!give_to_text (actions, "clipboard.paste"))
    limn_import_paste (actions->studio, clipboard_of (actions));
}

static void
on_copy (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;

  if (!give_to_text (actions, "clipboard.copy") && active (actions) != NULL &&
      !limn_import_copy (actions->studio, active (actions)->id, clipboard_of (actions)))
    limn_studio_say (actions->studio, _ ("There is no memory for a copy of the layer"));
}

static void
on_import (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;

  limn_import_choose (actions->studio, window_of (actions));
}

static void
on_use_recipe (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;

  limn_import_use_recipe (actions->studio);
}

/* --- the active layer --- */

static void
on_merge_down (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;
  guint32 merged =
      limn_document_merge_down (document_of (actions), limn_studio_get_layer (actions->studio));

  if (merged != 0)
    limn_studio_set_layer (actions->studio, merged);
}

static void
on_delete (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;

  limn_document_remove_layer (document_of (actions), limn_studio_get_layer (actions->studio));
}

/* Erases a little more than all, so that no edge is left. */
static void
on_clear (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;
  const limn_layer *layer = active (actions);
  struct limn_brush brush = limn_brush_default;
  struct limn_point corners[2];
  cairo_rectangle_int_t area;

  if (layer == NULL)
    return;
  area = limn_layer_area (layer);
  brush.eraser = true;
  brush.colour = 0xff000000u;
  corners[0] = limn_point_new (-8, -8, 1, 0);
  corners[1] = limn_point_new (area.width + 8, area.height + 8, 1, 0);
  limn_document_paint (document_of (actions), layer->id,
                       limn_op_shape (LIMN_SHAPE_RECTANGLE, true, &brush, corners, 2));
}

static void
on_rename (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const struct actions *actions = data;
  LimnLayerPanel *panel = limn_layer_panel_of (actions->studio);

  if (panel != NULL)
    limn_layer_panel_rename (panel, limn_studio_get_layer (actions->studio));
}

static void
move (const struct actions *actions, int by)
{
  LimnDocument *document = document_of (actions);
  guint32 id = limn_studio_get_layer (actions->studio);
  int index = limn_document_layer_index (document, id);

  if (index >= 0 && index + by >= 0 && index + by < (int) limn_document_n_layers (document))
    limn_document_move_layer (document, id, (guint) (index + by));
}

static void
on_raise (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  move (data, 1);
}

static void
on_lower (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  move (data, -1);
}

static void
go (const struct actions *actions, int by)
{
  LimnDocument *document = document_of (actions);
  int index = limn_document_layer_index (document, limn_studio_get_layer (actions->studio)) + by;

  if (index >= 0 && index < (int) limn_document_n_layers (document))
    limn_studio_set_layer (actions->studio, limn_document_layer (document, (guint) index)->id);
}

static void
on_next (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  go (data, 1);
}

static void
on_previous (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  go (data, -1);
}

static void
set_switch (const struct actions *actions, limn_layer_key key, GVariant *value)
{
  limn_document_set_layer (document_of (actions), limn_studio_get_layer (actions->studio), key,
                           value, 0);
}

static void
on_visible (GSimpleAction *action, GVariant *value, gpointer data)
{
  set_switch (data, LIMN_LAYER_VISIBLE, value);
}

static void
on_locked (GSimpleAction *action, GVariant *value, gpointer data)
{
  set_switch (data, LIMN_LAYER_LOCKED, value);
}

static const GActionEntry entries[] = {
  { "add-scribble", on_add_scribble },
  { "add-picture", on_add_picture },
  { "import", on_import },
  { "paste", on_paste },
  { "copy", on_copy },
  { "duplicate", on_duplicate },
  { "merge-down", on_merge_down },
  { "delete", on_delete },
  { "clear", on_clear },
  { "rename", on_rename },
  { "raise", on_raise },
  { "lower", on_lower },
  { "next", on_next },
  { "previous", on_previous },
  { "toggle-visible", NULL, NULL, "false", on_visible },
  { "toggle-lock", NULL, NULL, "false", on_locked },
  { "use-recipe", on_use_recipe },
};

/* --- states --- */

static void
enable (const struct actions *actions, const char *name, bool enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (actions->group), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
show_switch (const struct actions *actions, const char *name, limn_layer_key key)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (actions->group), name);
  const limn_layer *layer = active (actions);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), layer != NULL);
  g_simple_action_set_state (
      G_SIMPLE_ACTION (action),
      g_variant_new_boolean (layer != NULL && limn_layer_get_bool (layer, key)));
}

static bool
is_locked (LimnDocument *document, int index)
{
  return limn_layer_get_bool (limn_document_layer (document, (guint) index), LIMN_LAYER_LOCKED);
}

static void
update (struct actions *actions)
{
  LimnDocument *document = document_of (actions);
  int count = (int) limn_document_n_layers (document);
  int index = limn_document_layer_index (document, limn_studio_get_layer (actions->studio));
  bool room = count < LIMN_DOCUMENT_MAX_LAYERS, there = index >= 0;
  bool free = there && !is_locked (document, index);

  enable (actions, "add-scribble", room);
  enable (actions, "add-picture", room);
  enable (actions, "import", room);
  enable (actions, "duplicate", there && room);
  enable (actions, "merge-down", free && index > 0 && !is_locked (document, index - 1));
  enable (actions, "delete", free);
  enable (actions, "clear", free);
  enable (actions, "rename", there);
  enable (actions, "raise", there && index < count - 1);
  enable (actions, "lower", index > 0);
  enable (actions, "next", there && index < count - 1);
  enable (actions, "previous", index > 0);
  show_switch (actions, "toggle-visible", LIMN_LAYER_VISIBLE);
  show_switch (actions, "toggle-lock", LIMN_LAYER_LOCKED);
}

static void
drop_document (struct actions *actions)
{
  if (actions->document != NULL)
    g_signal_handlers_disconnect_by_data (actions->document, actions);
  g_clear_object (&actions->document);
}

static void
on_document (struct actions *actions)
{
  drop_document (actions);
  actions->document = g_object_ref (document_of (actions));
  g_signal_connect_swapped (actions->document, "structure-changed", G_CALLBACK (update), actions);
  g_signal_connect_swapped (actions->document, "layer-changed", G_CALLBACK (update), actions);
  update (actions);
}

static void
actions_free (gpointer data)
{
  struct actions *actions = data;

  drop_document (actions);
  g_signal_handlers_disconnect_by_data (actions->studio, actions);
  g_object_unref (actions->studio);
  g_free (actions);
}

GActionGroup *
limn_layer_actions_new (LimnStudio *studio)
{
  struct actions *actions = g_new0 (struct actions, 1);

  actions->studio = g_object_ref (studio);
  actions->group = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (actions->group), entries, G_N_ELEMENTS (entries),
                                   actions);
  g_object_set_data_full (G_OBJECT (actions->group), "limn-layer-actions", actions, actions_free);
  g_signal_connect_swapped (studio, "notify::document", G_CALLBACK (on_document), actions);
  g_signal_connect_swapped (studio, "notify::layer", G_CALLBACK (update), actions);
  on_document (actions);
  return G_ACTION_GROUP (actions->group);
}
