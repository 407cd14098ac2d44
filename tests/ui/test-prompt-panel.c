/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt-fixture.h"

#include <string.h>

#include "shortcuts.h"

/* The prompt panel: what is typed becomes the document's, what happens to the document is shown,
 * and all of it can be undone. */

static GtkTextBuffer *
buffer_of (LimnPromptView *view)
{
  return gtk_text_view_get_buffer (limn_prompt_view_get_text_view (view));
}

static char *
text_of (LimnPromptView *view)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer_of (view), &start, &end);
  return gtk_text_buffer_get_text (buffer_of (view), &start, &end, TRUE);
}

static void
assert_text (fixture *f, const char *wanted)
{
  g_autofree char *text = text_of (f->panel->prompt);

  g_assert_cmpstr (text, ==, wanted);
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_PROMPT), ==, wanted);
}

/* One key after the other, at the cursor. */
static void
type (LimnPromptView *view, const char *text)
{
  for (; *text != '\0'; text = g_utf8_next_char (text))
    gtk_text_buffer_insert_interactive_at_cursor (buffer_of (view), text,
                                                  (int) (g_utf8_next_char (text) - text), TRUE);
}

static void
backspace (LimnPromptView *view, int count)
{
  GtkTextIter iter;

  for (int i = 0; i < count; i++) {
    gtk_text_buffer_get_iter_at_mark (buffer_of (view), &iter,
                                      gtk_text_buffer_get_insert (buffer_of (view)));
    gtk_text_buffer_backspace (buffer_of (view), &iter, TRUE, TRUE);
  }
}

static int
cursor_of (LimnPromptView *view)
{
  int offset;

  g_object_get (buffer_of (view), "cursor-position", &offset, NULL);
  return offset;
}

static void
place_cursor (LimnPromptView *view, int offset)
{
  GtkTextIter iter;

  gtk_text_buffer_get_iter_at_offset (buffer_of (view), &iter, offset);
  gtk_text_buffer_place_cursor (buffer_of (view), &iter);
}

/* --- typing --- */

static void
test_typing (fixture *f, gconstpointer data)
{
  type (f->panel->prompt, "red balloon, sky");
  assert_text (f, "red balloon, sky");
  /* A word is a step. */
  g_assert_true (limn_document_undo (f->document));
  assert_text (f, "red balloon, ");
  g_assert_true (limn_document_undo (f->document));
  assert_text (f, "red ");
  g_assert_true (limn_document_redo (f->document));
  assert_text (f, "red balloon, ");
  /* What is deleted in one go is one. */
  backspace (f->panel->prompt, 6);
  assert_text (f, "red bal");
  g_assert_true (limn_document_undo (f->document));
  assert_text (f, "red balloon, ");
  /* Elsewhere is another. */
  place_cursor (f->panel->prompt, 0);
  type (f->panel->prompt, "a");
  place_cursor (f->panel->prompt, 5);
  type (f->panel->prompt, "b");
  assert_text (f, "ared bballoon, ");
  g_assert_true (limn_document_undo (f->document));
  assert_text (f, "ared balloon, ");
  while (limn_document_undo (f->document))
    ;
  assert_text (f, "");
  while (limn_document_redo (f->document))
    ;
  assert_text (f, "ared bballoon, ");
}

/* The cursor stays with what it was at. */
static void
test_following (fixture *f, gconstpointer data)
{
  type (f->panel->prompt, "one two three");
  place_cursor (f->panel->prompt, 5);
  limn_document_set_value (f->document, LIMN_SETTING_PROMPT,
                           g_variant_new_string ("one two and three"), 0);
  assert_text (f, "one two and three");
  g_assert_cmpint (cursor_of (f->panel->negative), ==, 0);
  limn_document_set_value (f->document, LIMN_SETTING_NEGATIVE, g_variant_new_string ("\303\244"),
                           0);
  limn_document_set_value (f->document, LIMN_SETTING_NEGATIVE, g_variant_new_string ("\303\266"),
                           0);
  {
    g_autofree char *negative = text_of (f->panel->negative);

    g_assert_cmpstr (negative, ==, "\303\266");
  }
  limn_document_set_value (f->document, LIMN_SETTING_STEPS, g_variant_new_int32 (7), 0);
  assert_text (f, "one two and three");
}

/* A document that takes the place of another. */
static void
test_replaced (fixture *f, gconstpointer data)
{
  g_autoptr (LimnDocument) other = limn_document_new (64, 64);
  g_autofree char *text = NULL;

  type (f->panel->prompt, "old");
  limn_document_set_value (other, LIMN_SETTING_PROMPT, g_variant_new_string ("new"), 0);
  limn_document_set_value (other, LIMN_SETTING_SEED_LOCKED, g_variant_new_boolean (TRUE), 0);
  limn_studio_set_document (f->studio, other);
  text = text_of (f->panel->prompt);
  g_assert_cmpstr (text, ==, "new");
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_PROMPT), ==, "old");
  place_cursor (f->panel->prompt, 3);
  type (f->panel->prompt, "er");
  g_assert_cmpstr (limn_document_get_text (other, LIMN_SETTING_PROMPT), ==, "newer");
  {
    g_autoptr (GVariant) state = g_action_group_get_action_state (f->actions, "lock-seed");

    g_assert_true (g_variant_get_boolean (state));
  }
}

/* --- keys --- */

static gboolean
press (GtkWidget *widget, const char *trigger)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    for (guint j = 0; GTK_IS_SHORTCUT_CONTROLLER (controller) &&
                      j < g_list_model_get_n_items (G_LIST_MODEL (controller));
         j++) {
      g_autoptr (GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (controller), j);
      g_autofree char *name = gtk_shortcut_trigger_to_string (gtk_shortcut_get_trigger (shortcut));

      if (g_str_equal (name, trigger) &&
          gtk_event_controller_get_propagation_phase (controller) == GTK_PHASE_CAPTURE)
        return gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), 0, widget, NULL);
    }
  }
  return FALSE;
}

static void
test_keys (fixture *f, gconstpointer data)
{
  GtkWidget *text = GTK_WIDGET (limn_prompt_view_get_text_view (f->panel->prompt));

  g_assert_false (gtk_text_buffer_get_enable_undo (buffer_of (f->panel->prompt)));
  type (f->panel->prompt, "red");
  g_assert_true (press (text, "<Control>z"));
  assert_text (f, "");
  g_assert_true (press (text, "<Shift><Control>z|<Control>y"));
  assert_text (f, "red");
  g_assert_true (press (text, "<Control>Up|<Control>KP_Up"));
  assert_text (f, "(red:1.1)");
  g_assert_true (press (text, "<Control>Up|<Control>KP_Up"));
  assert_text (f, "(red:1.2)");
  g_assert_true (press (text, "<Control>z"));
  assert_text (f, "(red:1.1)");
  g_assert_true (press (text, "<Control>Down|<Control>KP_Down"));
  assert_text (f, "red");
}

static void
test_weight (fixture *f, gconstpointer data)
{
  GtkTextIter start, end;

  type (f->panel->prompt, "a red balloon");
  place_cursor (f->panel->prompt, 4);
  g_action_group_activate_action (f->actions, "weight-up", NULL);
  assert_text (f, "a (red:1.1) balloon");
  /* Still within the word. */
  g_assert_cmpint (cursor_of (f->panel->prompt), ==, 5);
  g_action_group_activate_action (f->actions, "weight-down", NULL);
  assert_text (f, "a red balloon");
  g_assert_cmpint (cursor_of (f->panel->prompt), ==, 4);
  gtk_text_buffer_get_iter_at_offset (buffer_of (f->panel->prompt), &start, 2);
  gtk_text_buffer_get_iter_at_offset (buffer_of (f->panel->prompt), &end, 13);
  gtk_text_buffer_select_range (buffer_of (f->panel->prompt), &start, &end);
  g_action_group_activate_action (f->actions, "weight-down", NULL);
  g_action_group_activate_action (f->actions, "weight-down", NULL);
  assert_text (f, "a (red balloon:0.8)");
  gtk_text_buffer_get_selection_bounds (buffer_of (f->panel->prompt), &start, &end);
  g_assert_cmpint (gtk_text_iter_get_offset (&start), ==, 3);
  g_assert_cmpint (gtk_text_iter_get_offset (&end), ==, 14);
}

/* --- tokens --- */

static void
wait_count (LimnPromptView *view, const char *wanted)
{
  while (g_strcmp0 (limn_prompt_view_get_count (view), wanted) != 0)
    g_main_context_iteration (NULL, TRUE);
}

/* Each of these waits until it is so. */
static void
test_tokens (fixture *f, gconstpointer data)
{
  wait_count (f->panel->prompt, "0/30");
  type (f->panel->prompt, "cat cat cat # cat");
  wait_count (f->panel->prompt, "3/30");
  limn_document_set_value (f->document, LIMN_SETTING_PROMPT,
                           g_variant_new_string ("{cat|cat} BREAK cat"), 0);
  wait_count (f->panel->prompt, "2/60");
  limn_document_set_value (f->document, LIMN_SETTING_STYLE_PROMPT,
                           g_variant_new_string ("{prompt} cat cat"), 0);
  wait_count (f->panel->prompt, "4/60");
  /* Without a model there is none. */
  limn_document_set_value (f->document, LIMN_SETTING_MODEL, g_variant_new_string ("/nowhere"), 0);
  wait_count (f->panel->prompt, NULL);
  limn_document_set_value (f->document, LIMN_SETTING_MODEL, g_variant_new_string (""), 0);
  wait_count (f->panel->prompt, "4/60");
}

/* --- actions --- */

static void
test_actions (fixture *f, gconstpointer data)
{
  for (const struct limn_shortcut *shortcut = limn_prompt_shortcuts; shortcut->action != NULL;
       shortcut++) {
    guint key;
    GdkModifierType modifiers;

    g_assert_true (g_str_has_prefix (shortcut->action, "prompt."));
    g_assert_true (g_action_group_has_action (f->actions, shortcut->action + strlen ("prompt.")));
    if (shortcut->accelerator != NULL)
      g_assert_true (gtk_accelerator_parse (shortcut->accelerator, &key, &modifiers));
    g_assert_nonnull (shortcut->title);
  }
  g_action_group_activate_action (f->actions, "focus-negative", NULL);
  g_assert_true (limn_prompt_view_has_focus (f->panel->negative));
  g_assert_true (limn_prompt_panel_get_active (f->panel) == f->panel->negative);
  g_action_group_activate_action (f->actions, "focus-prompt", NULL);
  g_assert_true (limn_prompt_view_has_focus (f->panel->prompt));
}

/* Buttons with nothing but an icon say what they are. */
static void
test_tooltips (fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) widgets = g_ptr_array_new ();
  guint buttons = 0;

  fixture_collect (GTK_WIDGET (f->panel), widgets);
  fixture_collect (f->panel->sampling, widgets);
  fixture_collect (f->panel->more, widgets);
  for (guint i = 0; i < widgets->len; i++) {
    GtkWidget *widget = widgets->pdata[i];
    bool ours = GTK_IS_BUTTON (widget) && gtk_button_get_icon_name (GTK_BUTTON (widget)) != NULL;

    if (!ours || GTK_IS_SPIN_BUTTON (gtk_widget_get_parent (widget)))
      continue;
    if (GTK_IS_MENU_BUTTON (gtk_widget_get_parent (widget)))
      widget = gtk_widget_get_parent (widget);
    g_assert_nonnull (gtk_widget_get_tooltip_text (widget));
    buttons++;
  }
  g_assert_cmpuint (buttons, >=, 4);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("typing", test_typing);
  ADD ("following", test_following);
  ADD ("replaced", test_replaced);
  ADD ("keys", test_keys);
  ADD ("weight", test_weight);
  ADD ("tokens", test_tokens);
  ADD ("actions", test_actions);
  ADD ("tooltips", test_tooltips);
  return g_test_run ();
}
