/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The prompt panel: what is typed and set becomes the document's, what happens to the document is
 * shown, and all of it can be undone. */

#include <adwaita.h>
#include <string.h>

#include "prompt/panel-private.h"
#include "prompt/records.h"
#include "prompt/style-dialog.h"
#include "shortcuts.h"

typedef struct {
  LimnDocument *document;
  LimnStudio *studio;
  GtkWidget *window;
  LimnPromptPanel *panel;
  GActionGroup *actions;
} fixture;

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
set_up (fixture *f, gconstpointer data)
{
  f->document = limn_document_new (512, 384);
  f->studio = limn_studio_new (f->document);
  f->window = g_object_ref_sink (gtk_window_new ());
  gtk_window_set_default_size (GTK_WINDOW (f->window), 340, 900);
  f->panel = LIMN_PROMPT_PANEL (limn_prompt_panel_new (f->studio));
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->panel));
  f->actions = limn_prompt_actions_new (f->panel);
  gtk_widget_insert_action_group (f->window, "prompt", f->actions);
  gtk_window_present (GTK_WINDOW (f->window));
  settle ();
}

static void
collect (GtkWidget *widget, GPtrArray *widgets)
{
  g_ptr_array_add (widgets, widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    collect (child, widgets);
}

/* Nothing is left behind. */
static void
tear_down (fixture *f, gconstpointer data)
{
  GtkWidget *panel = GTK_WIDGET (g_object_ref (f->panel));

  gtk_window_set_child (GTK_WINDOW (f->window), NULL);
  gtk_window_destroy (GTK_WINDOW (f->window));
  g_assert_finalize_object (f->window);
  settle ();
  g_assert_finalize_object (panel);
  /* The actions outlive the panel and do nothing then. */
  g_action_group_activate_action (f->actions, "random-seed", NULL);
  g_action_group_activate_action (f->actions, "lock-seed", NULL);
  g_assert_finalize_object (f->actions);
  g_assert_finalize_object (f->studio);
  g_assert_finalize_object (f->document);
}

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

/* --- settings --- */

/* The widget of a kind in the row of a setting, which may be in a closed expander. */
static GtkWidget *
find_below (GtkWidget *root, GType row_type, const char *title, GType type)
{
  g_autoptr (GPtrArray) widgets = g_ptr_array_new ();

  collect (root, widgets);
  for (guint i = 0; i < widgets->len; i++) {
    g_autoptr (GPtrArray) below = g_ptr_array_new ();
    bool right = title == NULL;

    if (G_OBJECT_TYPE (widgets->pdata[i]) != row_type)
      continue;
    collect (widgets->pdata[i], below);
    for (guint j = 0; j < below->len && !right; j++)
      right = GTK_IS_LABEL (below->pdata[j]) &&
              g_str_equal (gtk_label_get_label (below->pdata[j]), title);
    for (guint j = 0; j < below->len && right; j++)
      if (G_OBJECT_TYPE (below->pdata[j]) == type)
        return below->pdata[j];
  }
  return NULL;
}

static const char *
selected_text (GtkDropDown *drop_down)
{
  return gtk_string_object_get_string (gtk_drop_down_get_selected_item (drop_down));
}

static GtkExpander *
find_expander (GtkWidget *root, GtkWidget *content)
{
  g_autoptr (GPtrArray) widgets = g_ptr_array_new ();

  collect (root, widgets);
  for (guint i = 0; i < widgets->len; i++)
    if (GTK_IS_EXPANDER (widgets->pdata[i]) &&
        gtk_expander_get_child (widgets->pdata[i]) == content)
      return widgets->pdata[i];
  return NULL;
}

static int
get_int (fixture *f, limn_setting setting)
{
  return g_variant_get_int32 (limn_document_get_value (f->document, setting));
}

static void
test_numbers (fixture *f, gconstpointer data)
{
  GtkWidget *panel = GTK_WIDGET (f->panel);
  GtkRange *scale = GTK_RANGE (find_below (panel, LIMN_TYPE_NUMBER_ROW, "Steps", GTK_TYPE_SCALE));
  GtkSpinButton *spin =
      GTK_SPIN_BUTTON (find_below (panel, LIMN_TYPE_NUMBER_ROW, "Steps", GTK_TYPE_SPIN_BUTTON));
  GtkRange *cfg = GTK_RANGE (find_below (panel, LIMN_TYPE_NUMBER_ROW, "Guidance", GTK_TYPE_SCALE));

  /* A drag is one step. */
  for (int i = 20; i < 40; i++)
    gtk_range_set_value (scale, i + 0.4);
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 39);
  g_assert_cmpfloat (gtk_spin_button_get_value (spin), ==, 39);
  g_assert_true (limn_document_undo (f->document));
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 20);
  g_assert_cmpfloat (gtk_range_get_value (scale), ==, 20);
  g_assert_false (limn_document_undo (f->document));
  /* The entry goes beyond the slider. */
  gtk_spin_button_set_value (spin, 250);
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 250);
  g_assert_cmpfloat (gtk_range_get_value (scale), ==, 60);
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 250);
  gtk_range_set_value (cfg, 3.3);
  g_assert_cmpfloat (g_variant_get_double (limn_document_get_value (f->document, LIMN_SETTING_CFG)),
                     ==, 3.5);
  /* What a slider has no place for stays as it is. */
  limn_document_set_value (f->document, LIMN_SETTING_CFG, g_variant_new_double (3.14159), 0);
  g_assert_cmpfloat (g_variant_get_double (limn_document_get_value (f->document, LIMN_SETTING_CFG)),
                     ==, 3.14159);
}

static void
test_choices (fixture *f, gconstpointer data)
{
  GtkDropDown *sampler = GTK_DROP_DOWN (
      find_below (f->panel->sampling, LIMN_TYPE_CHOICE_ROW, "Sampler", GTK_TYPE_DROP_DOWN));
  GtkSwitch *toggle =
      GTK_SWITCH (find_below (GTK_WIDGET (f->panel), LIMN_TYPE_TOGGLE_ROW, NULL, GTK_TYPE_SWITCH));

  g_assert_cmpuint (gtk_drop_down_get_selected (sampler), ==, 0);
  for (guint i = 0; limn_sampler_names[i] != NULL; i++) {
    gtk_drop_down_set_selected (sampler, i);
    g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_SAMPLER), ==,
                     limn_sampler_names[i]);
  }
  limn_document_set_value (f->document, LIMN_SETTING_SAMPLER, g_variant_new_string ("heun"), 0);
  g_assert_cmpuint (gtk_drop_down_get_selected (sampler), ==, LIMN_SAMPLER_HEUN);
  gtk_switch_set_active (toggle, TRUE);
  g_assert_true (
      g_variant_get_boolean (limn_document_get_value (f->document, LIMN_SETTING_IMAGE_TO_IMAGE)));
  g_assert_true (limn_document_undo (f->document));
  g_assert_false (gtk_switch_get_active (toggle));
}

/* They are looked for when the row is seen. */
static void
test_devices (fixture *f, gconstpointer data)
{
  GtkDropDown *drop_down =
      GTK_DROP_DOWN (find_below (f->panel->more, LIMN_TYPE_DEVICE_ROW, NULL, GTK_TYPE_DROP_DOWN));
  GtkWidget *expander;
  guint count;

  limn_document_set_value (f->document, LIMN_SETTING_DEVICE, g_variant_new_string ("other:7"), 0);
  g_assert_nonnull (strstr (selected_text (drop_down), "other:7"));
  /* The one whose child it is; a closed one is no ancestor. */
  expander = GTK_WIDGET (find_expander (GTK_WIDGET (f->panel), f->panel->more));
  gtk_expander_set_expanded (GTK_EXPANDER (expander), TRUE);
  while (strstr (selected_text (drop_down), "not here") == NULL)
    g_main_context_iteration (NULL, TRUE);
  /* Automatic, the processor at least, and the one that is not here. */
  count = g_list_model_get_n_items (gtk_drop_down_get_model (drop_down));
  g_assert_cmpuint (count, >=, 3);
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_DEVICE), ==, "other:7");
  gtk_drop_down_set_selected (drop_down, 1);
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_DEVICE), !=, "other:7");
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_DEVICE), !=, "");
}

static void
test_seed (fixture *f, gconstpointer data)
{
  GtkEditable *entry =
      GTK_EDITABLE (find_below (GTK_WIDGET (f->panel), LIMN_TYPE_SEED_ROW, NULL, GTK_TYPE_ENTRY));
  guint64 seed;

  gtk_editable_set_text (entry, "18446744073709551615");
  g_signal_emit_by_name (entry, "activate");
  seed = g_variant_get_uint64 (limn_document_get_value (f->document, LIMN_SETTING_SEED));
  g_assert_cmpuint (seed, ==, G_MAXUINT64);
  gtk_editable_set_text (entry, "twelve");
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (entry), "error"));
  g_signal_emit_by_name (entry, "activate");
  g_assert_cmpstr (gtk_editable_get_text (entry), ==, "18446744073709551615");
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (entry), "error"));
  g_action_group_activate_action (f->actions, "random-seed", NULL);
  seed = g_variant_get_uint64 (limn_document_get_value (f->document, LIMN_SETTING_SEED));
  g_assert_cmpuint (seed, <=, G_MAXUINT32);
  g_assert_true (limn_document_undo (f->document));
  g_assert_cmpstr (gtk_editable_get_text (entry), ==, "18446744073709551615");
  g_action_group_activate_action (f->actions, "lock-seed", NULL);
  g_assert_true (
      g_variant_get_boolean (limn_document_get_value (f->document, LIMN_SETTING_SEED_LOCKED)));
}

static void
assert_size (fixture *f, int width, int height)
{
  g_assert_cmpint (get_int (f, LIMN_SETTING_WIDTH), ==, width);
  g_assert_cmpint (get_int (f, LIMN_SETTING_HEIGHT), ==, height);
}

static void
test_size (fixture *f, gconstpointer data)
{
  GtkWidget *panel = GTK_WIDGET (f->panel);
  GtkDropDown *sizes =
      GTK_DROP_DOWN (find_below (panel, LIMN_TYPE_SIZE_ROW, NULL, GTK_TYPE_DROP_DOWN));
  GtkSpinButton *width =
      GTK_SPIN_BUTTON (find_below (panel, LIMN_TYPE_SIZE_ROW, NULL, GTK_TYPE_SPIN_BUTTON));
  guint count = g_list_model_get_n_items (gtk_drop_down_get_model (sizes));

  g_assert_cmpuint (gtk_drop_down_get_selected (sizes), ==, 0);
  gtk_drop_down_set_selected (sizes, count - 1);
  settle ();
  assert_size (f, 512, 384);
  g_assert_cmpuint (gtk_drop_down_get_selected (sizes), ==, count - 1);
  gtk_spin_button_set_value (width, 645);
  assert_size (f, 648, 384);
  g_assert_cmpfloat (gtk_spin_button_get_value (width), ==, 648);
  g_action_group_activate_action (f->actions, "swap-size", NULL);
  assert_size (f, 384, 648);
  g_assert_true (limn_document_undo (f->document));
  assert_size (f, 648, 384);
  g_assert_cmpfloat (gtk_spin_button_get_value (width), ==, 648);
  gtk_drop_down_set_selected (sizes, 1);
  settle ();
  assert_size (f, 256, 256);
  g_action_group_activate_action (f->actions, "canvas-size", NULL);
  assert_size (f, 0, 0);
  g_assert_cmpuint (gtk_drop_down_get_selected (sizes), ==, 0);
  /* From the canvas's. */
  g_action_group_activate_action (f->actions, "swap-size", NULL);
  assert_size (f, 384, 512);
  /* The canvas's own size is named. */
  g_assert_true (limn_document_resize (f->document, 640, 480, 0, 0));
  {
    GListModel *list = gtk_drop_down_get_model (sizes);
    g_autoptr (GtkStringObject) first = g_list_model_get_item (list, 0);

    g_assert_nonnull (strstr (gtk_string_object_get_string (first), "640"));
  }
  assert_size (f, 384, 512);
}

/* --- styles and presets --- */

static void
wait_records (LimnRecords *records)
{
  while (!limn_records_is_idle (records))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_styles (fixture *f, gconstpointer data)
{
  GtkDropDown *styles = GTK_DROP_DOWN (
      find_below (GTK_WIDGET (f->panel), LIMN_TYPE_STYLE_ROW, NULL, GTK_TYPE_DROP_DOWN));
  LimnRecord *first = limn_records_get (limn_styles (), 0);
  GVariant *values[LIMN_N_SETTINGS] = { NULL };
  g_autoptr (GVariant) template = g_variant_ref_sink (g_variant_new_string ("my {prompt}"));

  wait_records (limn_styles ());
  g_assert_cmpuint (gtk_drop_down_get_selected (styles), ==, 0);
  gtk_drop_down_set_selected (styles, 1);
  settle ();
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE), ==,
                   limn_record_get_name (first));
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE_PROMPT), ==,
                   limn_record_get_text (first, LIMN_SETTING_STYLE_PROMPT));
  g_assert_true (limn_document_undo (f->document));
  g_assert_cmpuint (gtk_drop_down_get_selected (styles), ==, 0);
  g_assert_false (limn_document_undo (f->document));

  values[LIMN_SETTING_STYLE_PROMPT] = template;
  g_assert_true (limn_records_save (limn_styles (), "Mine", values));
  gtk_drop_down_set_selected (styles, g_list_model_get_n_items (G_LIST_MODEL (limn_styles ())));
  settle ();
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE), ==, "Mine");
  /* The drawing keeps its style when the list loses it. */
  g_assert_true (limn_records_remove (limn_styles (), "Mine"));
  g_assert_nonnull (strstr (selected_text (styles), "Mine"));
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE_PROMPT), ==,
                   "my {prompt}");
  wait_records (limn_styles ());
}

/* The first of a kind below @root. */
static GtkWidget *
find_kind (GtkWidget *root, GType kind, const char *label)
{
  g_autoptr (GPtrArray) widgets = g_ptr_array_new ();

  collect (root, widgets);
  for (guint i = 0; i < widgets->len; i++)
    if (G_OBJECT_TYPE (widgets->pdata[i]) == kind &&
        (label == NULL ||
         g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widgets->pdata[i])), label) == 0))
      return widgets->pdata[i];
  return NULL;
}

static void
test_style_dialog (fixture *f, gconstpointer data)
{
  LimnStyleDialog *dialog;
  GtkWidget *name, *save;

  wait_records (limn_styles ());
  limn_style_set (f->document, "Pixel art", "pixel art of {prompt}", "blurry");
  dialog = limn_style_dialog_show (f->studio, GTK_WINDOW (f->window));
  name = find_kind (GTK_WIDGET (dialog), ADW_TYPE_ENTRY_ROW, NULL);
  save = find_kind (GTK_WIDGET (dialog), GTK_TYPE_BUTTON, "_Save");
  /* One that comes with Limn stays as it is. */
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (name)), !=, "Pixel art");
  gtk_editable_set_text (GTK_EDITABLE (name), "Pixel art");
  g_assert_false (gtk_widget_get_sensitive (save));
  gtk_editable_set_text (GTK_EDITABLE (name), "  ");
  g_assert_false (gtk_widget_get_sensitive (save));
  gtk_editable_set_text (GTK_EDITABLE (name), "Mosaic");
  g_assert_true (gtk_widget_get_sensitive (save));
  g_signal_emit_by_name (save, "clicked");
  settle ();
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE), ==, "Mosaic");
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE_PROMPT), ==,
                   "pixel art of {prompt}");
  g_assert_cmpstr (limn_record_get_text (limn_records_find (limn_styles (), "Mosaic"),
                                         LIMN_SETTING_STYLE_NEGATIVE),
                   ==, "blurry");

  dialog = limn_style_dialog_show (f->studio, GTK_WINDOW (f->window));
  g_signal_emit_by_name (find_kind (GTK_WIDGET (dialog), GTK_TYPE_BUTTON, "_Delete This Style"),
                         "clicked");
  settle ();
  g_assert_null (limn_records_find (limn_styles (), "Mosaic"));
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE), ==, "");
  wait_records (limn_styles ());
}

static void
test_presets (fixture *f, gconstpointer data)
{
  GtkDropDown *presets = GTK_DROP_DOWN (
      find_below (GTK_WIDGET (f->panel), LIMN_TYPE_PRESET_ROW, NULL, GTK_TYPE_DROP_DOWN));

  wait_records (limn_presets ());
  g_assert_cmpuint (gtk_drop_down_get_selected (presets), ==, 0);
  g_assert_false (g_action_group_get_action_enabled (f->actions, "delete-preset"));
  gtk_drop_down_set_selected (presets, 1);
  g_assert_cmpstr (limn_preset_row_get_chosen (f->panel->preset), ==, "Starter, quick");
  settle ();
  g_assert_cmpstr (selected_text (presets), ==, "Starter, quick");
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 8);
  g_assert_false (g_action_group_get_action_enabled (f->actions, "delete-preset"));

  limn_document_set_value (f->document, LIMN_SETTING_STEPS, g_variant_new_int32 (11), 0);
  g_assert_cmpstr (selected_text (presets), ==, "Starter, quick, changed");
  /* Another, while the first line of the list says so. */
  gtk_drop_down_set_selected (presets, 2);
  settle ();
  g_assert_cmpstr (selected_text (presets), ==, "Starter, fine");
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 30);
  limn_document_set_value (f->document, LIMN_SETTING_STEPS, g_variant_new_int32 (11), 0);
  g_assert_true (limn_records_save_document (limn_presets (), "Mine", f->document));
  g_assert_cmpstr (selected_text (presets), ==, "Mine");
  g_assert_true (g_action_group_get_action_enabled (f->actions, "delete-preset"));

  limn_document_set_value (f->document, LIMN_SETTING_STEPS, g_variant_new_int32 (12), 0);
  g_action_group_activate_action (f->actions, "update-preset", NULL);
  g_assert_cmpstr (selected_text (presets), ==, "Mine");
  g_assert_cmpint (g_variant_get_int32 (limn_record_get_value (
                       limn_records_find (limn_presets (), "Mine"), LIMN_SETTING_STEPS)),
                   ==, 12);
  g_action_group_activate_action (f->actions, "delete-preset", NULL);
  g_assert_null (limn_records_find (limn_presets (), "Mine"));
  g_assert_false (g_action_group_get_action_enabled (f->actions, "delete-preset"));
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 12);
  g_action_group_activate_action (f->actions, "reset-settings", NULL);
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 20);
  g_assert_true (limn_document_undo (f->document));
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 12);
  wait_records (limn_presets ());
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

  collect (GTK_WIDGET (f->panel), widgets);
  collect (f->panel->sampling, widgets);
  collect (f->panel->more, widgets);
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

#define add(name, function)                                                                        \
  g_test_add ("/prompt-panel/" name, fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  adw_init ();
  add ("typing", test_typing);
  add ("following", test_following);
  add ("replaced", test_replaced);
  add ("keys", test_keys);
  add ("weight", test_weight);
  add ("tokens", test_tokens);
  add ("numbers", test_numbers);
  add ("choices", test_choices);
  add ("devices", test_devices);
  add ("seed", test_seed);
  add ("size", test_size);
  add ("styles", test_styles);
  add ("style-dialog", test_style_dialog);
  add ("presets", test_presets);
  add ("actions", test_actions);
  add ("tooltips", test_tooltips);
  return g_test_run ();
}
