/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt-fixture.h"

#include <string.h>

#include "prompt/records.h"
#include "prompt/style-dialog.h"

/* The rows of the prompt panel: settings, styles and presets. */

/* --- settings --- */

/* The widget of a kind in the row of a setting, which may be in a closed expander. */
static GtkWidget *
find_below (GtkWidget *root, GType row_type, const char *title, GType type)
{
  g_autoptr (GPtrArray) widgets = g_ptr_array_new ();

  fixture_collect (root, widgets);
  for (guint i = 0; i < widgets->len; i++) {
    g_autoptr (GPtrArray) below = g_ptr_array_new ();
    bool right = title == NULL;

    if (G_OBJECT_TYPE (widgets->pdata[i]) != row_type)
      continue;
    fixture_collect (widgets->pdata[i], below);
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

  fixture_collect (root, widgets);
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
  fixture_settle ();
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
  fixture_settle ();
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
  fixture_settle ();
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
  fixture_settle ();
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

  fixture_collect (root, widgets);
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
  fixture_settle ();
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE), ==, "Mosaic");
  g_assert_cmpstr (limn_document_get_text (f->document, LIMN_SETTING_STYLE_PROMPT), ==,
                   "pixel art of {prompt}");
  g_assert_cmpstr (limn_record_get_text (limn_records_find (limn_styles (), "Mosaic"),
                                         LIMN_SETTING_STYLE_NEGATIVE),
                   ==, "blurry");

  dialog = limn_style_dialog_show (f->studio, GTK_WINDOW (f->window));
  g_signal_emit_by_name (find_kind (GTK_WIDGET (dialog), GTK_TYPE_BUTTON, "_Delete This Style"),
                         "clicked");
  fixture_settle ();
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
  fixture_settle ();
  g_assert_cmpstr (selected_text (presets), ==, "Starter, quick");
  g_assert_cmpint (get_int (f, LIMN_SETTING_STEPS), ==, 8);
  g_assert_false (g_action_group_get_action_enabled (f->actions, "delete-preset"));

  limn_document_set_value (f->document, LIMN_SETTING_STEPS, g_variant_new_int32 (11), 0);
  g_assert_cmpstr (selected_text (presets), ==, "Starter, quick, changed");
  /* Another, while the first line of the list says so. */
  gtk_drop_down_set_selected (presets, 2);
  fixture_settle ();
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

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("numbers", test_numbers);
  ADD ("choices", test_choices);
  ADD ("devices", test_devices);
  ADD ("seed", test_seed);
  ADD ("size", test_size);
  ADD ("styles", test_styles);
  ADD ("style-dialog", test_style_dialog);
  ADD ("presets", test_presets);
  return g_test_run ();
}
