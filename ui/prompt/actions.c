/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/panel-private.h"

#include <glib/gi18n.h>

#include "shortcuts.h"

const struct limn_shortcut limn_prompt_shortcuts[] = {
  { "prompt.focus-prompt", "<Control>p", N_ ("Write the prompt"), N_ ("Prompt") },
  { "prompt.focus-negative", "<Control><Shift>p", N_ ("Write the negative prompt"), N_ ("Prompt") },
  { "prompt.weight-up", "<Control>Up", N_ ("More weight to the words at the cursor"),
    N_ ("Prompt") },
  { "prompt.weight-down", "<Control>Down", N_ ("Less weight to the words at the cursor"),
    N_ ("Prompt") },
  { "prompt.edit-style", NULL, N_ ("Edit the style"), N_ ("Prompt") },
  { "prompt.random-seed", "<Control>d", N_ ("Draw a new seed"), N_ ("Prompt") },
  { "prompt.lock-seed", "<Control><Shift>d", N_ ("Keep the seed"), N_ ("Prompt") },
  { "prompt.swap-size", NULL, N_ ("Swap width and height of the picture"), N_ ("Prompt") },
  { "prompt.canvas-size", NULL, N_ ("A picture of the canvas's size"), N_ ("Prompt") },
  { "prompt.open-model", "<Control>m", N_ ("Open a model's file"), N_ ("Prompt") },
  { "prompt.open-model-folder", "<Control><Shift>m", N_ ("Open a model's folder"), N_ ("Prompt") },
  { "prompt.save-preset", NULL, N_ ("Save the settings as a preset"), N_ ("Prompt") },
  { "prompt.update-preset", NULL, N_ ("Update the preset"), N_ ("Prompt") },
  { "prompt.rename-preset", NULL, N_ ("Rename the preset"), N_ ("Prompt") },
  { "prompt.delete-preset", NULL, N_ ("Delete the preset"), N_ ("Prompt") },
  { "prompt.reset-settings", NULL, N_ ("Reset the settings to their defaults"), N_ ("Prompt") },
  { NULL },
};

/* What the group holds: the panel may be gone before it. */
struct group {
  LimnPromptPanel *panel; /* a weak pointer */
  GSimpleActionGroup *actions;
  LimnStudio *studio;     /* owned, as the next */
  LimnDocument *document; /* whose changes are followed */
};

static void
focus_prompt (LimnPromptPanel *panel)
{
  gtk_widget_grab_focus (GTK_WIDGET (panel->prompt));
}

static void
focus_negative (LimnPromptPanel *panel)
{
  gtk_widget_grab_focus (GTK_WIDGET (panel->negative));
}

static void
weight_up (LimnPromptPanel *panel)
{
  limn_prompt_view_change_weight (limn_prompt_panel_get_active (panel), 0.1);
}

static void
weight_down (LimnPromptPanel *panel)
{
  limn_prompt_view_change_weight (limn_prompt_panel_get_active (panel), -0.1);
}

static void
edit_style (LimnPromptPanel *panel)
{
  limn_style_row_edit (panel->style);
}

/* 32 bits, as PyTorch's generator takes them. */
static void
random_seed (LimnPromptPanel *panel)
{
  limn_document_set_value (limn_studio_get_document (panel->studio), LIMN_SETTING_SEED,
                           g_variant_new_uint64 (g_random_int ()), 0);
}

static void
swap_size (LimnPromptPanel *panel)
{
  limn_size_row_swap (limn_studio_get_document (panel->studio));
}

static void
canvas_size (LimnPromptPanel *panel)
{
  limn_size_row_set_canvas (limn_studio_get_document (panel->studio));
}

static void
open_model (LimnPromptPanel *panel)
{
  limn_model_row_choose (panel->model, false);
}

static void
open_model_folder (LimnPromptPanel *panel)
{
  limn_model_row_choose (panel->model, true);
}

static void
save_preset (LimnPromptPanel *panel)
{
  limn_preset_row_save (panel->preset);
}

static void
update_preset (LimnPromptPanel *panel)
{
  limn_preset_row_overwrite (panel->preset);
}

static void
rename_preset (LimnPromptPanel *panel)
{
  limn_preset_row_rename (panel->preset);
}

static void
delete_preset (LimnPromptPanel *panel)
{
  limn_preset_row_delete (panel->preset);
}

static void
reset_settings (LimnPromptPanel *panel)
{
  limn_preset_row_reset (panel->preset);
}

static const struct {
  const char *name;
  void (*run) (LimnPromptPanel *panel);
} simple_actions[] = {
  { "focus-prompt", focus_prompt },     { "focus-negative", focus_negative },
  { "weight-up", weight_up },           { "weight-down", weight_down },
  { "edit-style", edit_style },         { "random-seed", random_seed },
  { "swap-size", swap_size },           { "canvas-size", canvas_size },
  { "open-model", open_model },         { "open-model-folder", open_model_folder },
  { "save-preset", save_preset },       { "update-preset", update_preset },
  { "rename-preset", rename_preset },   { "delete-preset", delete_preset },
  { "reset-settings", reset_settings },
};

static void
on_activate (GAction *action, GVariant *parameter, struct group *group)
{
  const char *name = g_action_get_name (action);

  for (gsize i = 0; group->panel != NULL && i < G_N_ELEMENTS (simple_actions); i++)
    if (g_str_equal (simple_actions[i].name, name))
      simple_actions[i].run (group->panel);
}

/* --- the lock, which has a state --- */

static void
on_lock (GSimpleAction *action, GVariant *value, struct group *group)
{
  if (group->panel != NULL)
    limn_document_set_value (limn_studio_get_document (group->panel->studio),
                             LIMN_SETTING_SEED_LOCKED, value, 0);
}

static void
set_enabled (struct group *group, const char *name, bool enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (group->actions), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
on_preset_chosen (struct group *group)
{
  bool own = group->panel != NULL && limn_preset_row_is_own (group->panel->preset);

  set_enabled (group, "update-preset", own);
  set_enabled (group, "rename-preset", own);
  set_enabled (group, "delete-preset", own);
}

static void
on_setting_changed (struct group *group, int setting)
{
  GAction *lock = g_action_map_lookup_action (G_ACTION_MAP (group->actions), "lock-seed");

  if (setting == LIMN_SETTING_SEED_LOCKED || setting == LIMN_ALL_SETTINGS)
    g_simple_action_set_state (G_SIMPLE_ACTION (lock),
                               limn_document_get_value (group->document, LIMN_SETTING_SEED_LOCKED));
}

static void
drop_document (struct group *group)
{
  if (group->document != NULL)
    g_signal_handlers_disconnect_by_data (group->document, group);
  g_clear_object (&group->document);
}

static void
on_document_changed (struct group *group)
{
  drop_document (group);
  group->document = g_object_ref (limn_studio_get_document (group->studio));
  g_signal_connect_swapped (group->document, "setting-changed", G_CALLBACK (on_setting_changed),
                            group);
  on_setting_changed (group, LIMN_ALL_SETTINGS);
}

/* --- the group --- */

static void
drop_studio (struct group *group)
{
  drop_document (group);
  if (group->studio != NULL)
    g_signal_handlers_disconnect_by_data (group->studio, group);
  g_clear_object (&group->studio);
}

static void
on_panel_gone (gpointer data, GObject *panel)
{
  struct group *group = data;

  group->panel = NULL;
  drop_studio (group);
}

static void
group_free (gpointer data)
{
  struct group *group = data;

  if (group->panel != NULL) {
    g_object_weak_unref (G_OBJECT (group->panel), on_panel_gone, group);
    g_signal_handlers_disconnect_by_data (group->panel->preset, group);
  }
  drop_studio (group);
  g_free (group);
}

GActionGroup *
limn_prompt_actions_new (LimnPromptPanel *panel)
{
  struct group *group = g_new0 (struct group, 1);
  GSimpleActionGroup *actions = g_simple_action_group_new ();
  g_autoptr (GSimpleAction) lock =
      g_simple_action_new_stateful ("lock-seed", NULL, g_variant_new_boolean (FALSE));

  group->panel = panel;
  group->studio = g_object_ref (panel->studio);
  group->actions = actions;
  g_object_weak_ref (G_OBJECT (panel), on_panel_gone, group);
  g_object_set_data_full (G_OBJECT (actions), "limn-group", group, group_free);
  for (gsize i = 0; i < G_N_ELEMENTS (simple_actions); i++) {
    g_autoptr (GSimpleAction) action = g_simple_action_new (simple_actions[i].name, NULL);

    g_signal_connect (action, "activate", G_CALLBACK (on_activate), group);
    g_action_map_add_action (G_ACTION_MAP (actions), G_ACTION (action));
  }
  g_signal_connect (lock, "change-state", G_CALLBACK (on_lock), group);
  g_action_map_add_action (G_ACTION_MAP (actions), G_ACTION (lock));
  g_signal_connect_swapped (group->studio, "notify::document", G_CALLBACK (on_document_changed),
                            group);
  g_signal_connect_swapped (panel->preset, "notify::chosen", G_CALLBACK (on_preset_chosen), group);
  on_document_changed (group);
  on_preset_chosen (group);
  return G_ACTION_GROUP (actions);
}
