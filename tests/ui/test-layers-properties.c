/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers-fixture.h"

/* What the panel shows of a layer and sets of it: opacity, blending, control, small pictures. */

/* --- properties --- */

static void
test_opacity (struct fixture *fixture, gconstpointer data)
{
  GtkRange *scale = GTK_RANGE (fixture_get (fixture->panel, "opacity_scale"));
  GtkLabel *label = GTK_LABEL (fixture_get (fixture->panel, "opacity_label"));
  guint steps = fixture_undo_steps (fixture->document);

  g_assert_cmpstr (gtk_label_get_text (label), ==, "100%");
  for (int pull = 1; pull <= 2; pull++) {
    fixture_press (GTK_WIDGET (scale));
    for (int i = 1; i <= 20; i++)
      gtk_range_set_value (scale, 100 - 30 * (pull - 1) - i);
    g_assert_cmpfloat_with_epsilon (
        limn_layer_get_double (fixture_layer (fixture, fixture->high), LIMN_LAYER_OPACITY),
        pull == 1 ? 0.8 : 0.5, 1e-9);
    g_assert_cmpuint (fixture_undo_steps (fixture->document), ==, steps + (guint) pull);
  }
  g_assert_cmpstr (gtk_label_get_text (label), ==, "50%");
  limn_document_undo (fixture->document);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (scale), 80, 1e-9);
  limn_document_undo (fixture->document);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (scale), 100, 1e-9);

  /* Another layer, another step, even without a press in between. */
  gtk_range_set_value (scale, 90);
  limn_studio_set_layer (fixture->studio, fixture->low);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (scale), 100, 1e-9);
  gtk_range_set_value (scale, 40);
  limn_studio_set_layer (fixture->studio, fixture->high);
  gtk_range_set_value (scale, 70);
  g_assert_cmpuint (fixture_undo_steps (fixture->document), ==, steps + 3);
  g_assert_cmpfloat_with_epsilon (
      limn_layer_get_double (fixture_layer (fixture, fixture->low), LIMN_LAYER_OPACITY), 0.4, 1e-9);
}

static void
test_blend (struct fixture *fixture, gconstpointer data)
{
  GtkDropDown *blend = GTK_DROP_DOWN (fixture_get (fixture->panel, "blend"));

  for (guint i = LIMN_N_BLENDS; i-- > 0;) {
    gtk_drop_down_set_selected (blend, i);
    g_assert_cmpstr (limn_layer_get_text (fixture_layer (fixture, fixture->high), LIMN_LAYER_BLEND),
                     ==, limn_blend_names[i]);
  }
  limn_document_set_layer (fixture->document, fixture->high, LIMN_LAYER_BLEND,
                           g_variant_new_string ("screen"), 0);
  g_assert_cmpuint (gtk_drop_down_get_selected (blend), ==, 2);
}

static void
test_control (struct fixture *fixture, gconstpointer data)
{
  GtkSpinButton *weight = GTK_SPIN_BUTTON (fixture_get (fixture->panel, "weight_spin"));
  GtkRange *slider = GTK_RANGE (fixture_get (fixture->panel, "weight_scale"));
  GtkSpinButton *start = GTK_SPIN_BUTTON (fixture_get (fixture->panel, "start_spin"));
  GtkSpinButton *end = GTK_SPIN_BUTTON (fixture_get (fixture->panel, "end_spin"));
  GtkDropDown *mode = GTK_DROP_DOWN (fixture_get (fixture->panel, "mode"));
  guint steps = fixture_undo_steps (fixture->document);
  double low, high;

#define VALUE(key) limn_layer_get_double (fixture_layer (fixture, fixture->high), key)
  fixture_press (GTK_WIDGET (slider));
  for (int i = 1; i <= 10; i++)
    gtk_range_set_value (slider, 1.0 + i * 0.05);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_WEIGHT), 1.5, 1e-9);
  g_assert_cmpfloat_with_epsilon (gtk_spin_button_get_value (weight), 1.5, 1e-9);
  g_assert_cmpuint (fixture_undo_steps (fixture->document), ==, ++steps);
  fixture_press (GTK_WIDGET (weight));
  gtk_spin_button_set_value (weight, 7.25);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_WEIGHT), 7.25, 1e-9);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (slider), 2, 1e-9);
  g_assert_cmpuint (fixture_undo_steps (fixture->document), ==, ++steps);
  gtk_spin_button_set_value (start, 20);
  gtk_spin_button_set_value (end, 60);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_START), 0.2, 1e-9);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_END), 0.6, 1e-9);
  gtk_spin_button_get_range (start, &low, &high);
  g_assert_cmpfloat_with_epsilon (high, 59, 1e-6);
  gtk_spin_button_get_range (end, &low, &high);
  g_assert_cmpfloat_with_epsilon (low, 21, 1e-6);
  gtk_spin_button_set_value (end, 0);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_END), 0.21, 1e-9);
  gtk_drop_down_set_selected (mode, LIMN_CONTROL_PROMPT);
  g_assert_cmpstr (limn_layer_get_text (fixture_layer (fixture, fixture->high), LIMN_LAYER_MODE),
                   ==, "prompt");
  limn_document_undo (fixture->document);
  g_assert_cmpuint (gtk_drop_down_get_selected (mode), ==, LIMN_CONTROL_BALANCED);
#undef VALUE
}

static void
test_presets (struct fixture *fixture, gconstpointer data)
{
  static const double wanted[][2] = { { 0.7, 0.5 }, { 1, 0.8 }, { 1, 1 } };
  GtkWidget *presets = fixture_get (fixture->panel, "presets");
  GtkWidget *button = gtk_widget_get_first_child (presets);
  guint steps = fixture_undo_steps (fixture->document);

  for (int i = 0; i < 3; i++, button = gtk_widget_get_next_sibling (button)) {
    const limn_layer *active = fixture_layer (fixture, fixture->high);

    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), TRUE);
    g_assert_cmpfloat_with_epsilon (limn_layer_get_double (active, LIMN_LAYER_WEIGHT), wanted[i][0],
                                    1e-9);
    g_assert_cmpfloat_with_epsilon (limn_layer_get_double (active, LIMN_LAYER_START), 0, 1e-9);
    g_assert_cmpfloat_with_epsilon (limn_layer_get_double (active, LIMN_LAYER_END), wanted[i][1],
                                    1e-9);
    g_assert_cmpuint (fixture_undo_steps (fixture->document), ==, ++steps);
    for (GtkWidget *other = gtk_widget_get_first_child (presets); other != NULL;
         other = gtk_widget_get_next_sibling (other))
      g_assert_true (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (other)) == (other == button));
  }
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (fixture_get (fixture->panel, "weight_spin")), 1.3);
  for (GtkWidget *other = gtk_widget_get_first_child (presets); other != NULL;
       other = gtk_widget_get_next_sibling (other))
    g_assert_false (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (other)));
}

/* A ControlNet that the model lacks. */
static void
test_missing (struct fixture *fixture, gconstpointer data)
{
  GtkWidget *row = fixture_row_of (fixture, fixture->high);
  GtkDropDown *types = GTK_DROP_DOWN (fixture_get (fixture->panel, "type"));

  g_assert_false (gtk_widget_get_visible (fixture_get (row, "warning")));
  g_assert_true (gtk_widget_get_visible (fixture_get (row, "badge")));
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (fixture_get (row, "badge"))), ==, "Scribble 1");
  g_assert_false (gtk_widget_get_visible (fixture_get (fixture->panel, "missing")));
  fixture_set_control (fixture, fixture->high, "telepathy");
  g_assert_true (gtk_widget_get_visible (fixture_get (row, "warning")));
  g_assert_true (gtk_widget_get_visible (fixture_get (fixture->panel, "missing")));
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (fixture_get (row, "badge"))), ==, "telepathy 1");
  gtk_drop_down_set_selected (types, 0);
  g_assert_cmpstr (limn_layer_get_text (fixture_layer (fixture, fixture->high), LIMN_LAYER_CONTROL),
                   ==, "");
  g_assert_false (gtk_widget_get_visible (fixture_get (row, "warning")));
  g_assert_false (gtk_widget_get_visible (fixture_get (row, "badge")));
  g_assert_false (gtk_widget_get_sensitive (fixture_get (fixture->panel, "weight_scale")));

  /* A picture can feed one too. */
  limn_studio_set_layer (fixture->studio, fixture->low);
  g_assert_cmpuint (gtk_drop_down_get_selected (types), ==, 0);
  gtk_drop_down_set_selected (types, 3);
  g_assert_cmpstr (limn_layer_get_text (fixture_layer (fixture, fixture->low), LIMN_LAYER_CONTROL),
                   ==, "scribble");
  g_assert_true (gtk_widget_get_sensitive (fixture_get (fixture->panel, "weight_scale")));
}

static void
test_model_view (struct fixture *fixture, gconstpointer data)
{
  GtkCheckButton *check = GTK_CHECK_BUTTON (fixture_get (fixture->panel, "model_view"));

  gtk_check_button_set_active (check, TRUE);
  g_assert_true (limn_studio_get_model_view (fixture->studio));
  limn_studio_set_model_view (fixture->studio, false);
  g_assert_false (gtk_check_button_get_active (check));
}

/* --- small pictures --- */

/* RGB of one pixel. */
static guint32
pixel (GdkTexture *texture, int x, int y)
{
  int width = gdk_texture_get_width (texture);
  g_autofree guint32 *pixels = g_new (guint32, width * gdk_texture_get_height (texture));

  gdk_texture_download (texture, (guchar *) pixels, (gsize) width * 4);
  return pixels[y * width + x] & 0xffffff;
}

static void
test_thumbnail_pixels (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (400, 200);
  guint32 lines = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "Lines", 0);
  guint32 sky = limn_document_add_layer (document, LIMN_LAYER_PICTURE, "Sky", 1);
  g_autoptr (GdkTexture) scribble = NULL;
  g_autoptr (GdkTexture) picture = NULL;

  g_assert_true (fixture_fill (document, lines, 100, 50, 100, 50, 0xff000000u));
  g_assert_true (fixture_fill (document, sky, 200, 0, 200, 200, 0xff2040c0u));
  scribble = limn_layers_thumbnail (document, limn_document_find_layer (document, lines), 40);
  g_assert_cmpint (gdk_texture_get_width (scribble), ==, 40);
  g_assert_cmpint (gdk_texture_get_height (scribble), ==, 20);
  for (int y = 0; y < 20; y++)
    for (int x = 0; x < 40; x++)
      if (x != 9 && x != 20 && y != 4 && y != 10) /* the outline's soft edge */
        g_assert_cmphex (pixel (scribble, x, y), ==,
                         x > 9 && x < 20 && y > 4 && y < 10 ? 0xffffff : 0);
  picture = limn_layers_thumbnail (document, limn_document_find_layer (document, sky), 40);
  g_assert_cmphex (pixel (picture, 30, 10), ==, 0x2040c0);
  g_assert_cmphex (pixel (picture, 0, 0), ==, 0xffffff);
  g_assert_cmphex (pixel (picture, 4, 0), ==, 0xcccccc);
  g_assert_cmphex (pixel (picture, 4, 4), ==, 0xffffff);

  /* It shows what is on the canvas: moved away, there is nothing. */
  limn_document_set_layer (document, sky, LIMN_LAYER_X, g_variant_new_int32 (-400), 0);
  g_clear_object (&picture);
  picture = limn_layers_thumbnail (document, limn_document_find_layer (document, sky), 40);
  g_assert_cmphex (pixel (picture, 30, 10), !=, 0x2040c0);
}

/* Not every pixel of a large layer is looked at, and yet no line of a few pixels is missed. */
static void
test_thumbnail_large (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (4000, 4000);
  guint32 lines = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "Lines", 0);

  g_assert_true (fixture_fill (document, lines, 2011, 0, 16, 4000, 0xff000000u));
  for (int size = 40; size <= 80; size += 40) {
    g_autoptr (GdkTexture) texture =
        limn_layers_thumbnail (document, limn_document_find_layer (document, lines), size);
    int x = 2018 * size / 4000;

    for (int y = 0; y < size; y++)
      g_assert_cmphex (pixel (texture, x, y), >, 0x101010);
    g_assert_cmphex (pixel (texture, x - 2, 7), ==, 0);
  }
}

/* They are drawn after a pause, and never while the pen is down. */
static void
test_thumbnail_later (struct fixture *fixture, gconstpointer data)
{
  gpointer before;

  while (fixture_shown (fixture, fixture->low) == NULL ||
         fixture_shown (fixture, fixture->middle) == NULL ||
         fixture_shown (fixture, fixture->high) == NULL)
    g_main_context_iteration (NULL, TRUE);
  before = fixture_shown (fixture, fixture->high);
  g_assert_cmphex (pixel (before, 20, 13), ==, 0);
  limn_studio_set_drawing (fixture->studio, true);
  g_assert_true (fixture_fill (fixture->document, fixture->high, 30, 20, 40, 24, 0xff000000u));
  g_assert_true (fixture_shown (fixture, fixture->high) == before);
  for (int i = 0; i < 5; i++)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (fixture_shown (fixture, fixture->high) == before);
  limn_studio_set_drawing (fixture->studio, false);
  while (fixture_shown (fixture, fixture->high) == before)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmphex (pixel (fixture_shown (fixture, fixture->high), 20, 13), ==, 0xffffff);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("opacity", test_opacity);
  ADD ("blend", test_blend);
  ADD ("control", test_control);
  ADD ("presets", test_presets);
  ADD ("missing", test_missing);
  ADD ("model-view", test_model_view);
  g_test_add_func ("/layers/thumbnail/pixels", test_thumbnail_pixels);
  g_test_add_func ("/layers/thumbnail/large", test_thumbnail_large);
  ADD ("thumbnail/later", test_thumbnail_later);
  return g_test_run ();
}
