/* SPDX-License-Identifier: GPL-3.0-or-later */

/* `limn animate` with a project: a drawing whose settings, prompts and layers become a film. */

#include <string.h>

#include "document/document.h"
#include "document/file.h"
#include "document/zip.h"
#include "prompt-expand.h"
#include "run.h"

#define SIDE 64

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
set (LimnDocument *document, limn_setting setting, GVariant *value)
{
  g_assert_true (limn_document_set_value (document, setting, value, 0));
}

static LimnDocument *
make_document (void)
{
  LimnDocument *document = limn_document_new (SIDE, SIDE);

  set (document, LIMN_SETTING_PROMPT, g_variant_new_string ("{red|blue} balloon # a note"));
  set (document, LIMN_SETTING_WIDTH, g_variant_new_int32 (SIDE));
  set (document, LIMN_SETTING_STEPS, g_variant_new_int32 (2));
  set (document, LIMN_SETTING_SEED, g_variant_new_uint64 (7));
  set (document, LIMN_SETTING_SEED_LOCKED, g_variant_new_boolean (TRUE));
  return document;
}

/* A scribble layer with one line at the height @y. */
static guint32
add_line (LimnDocument *document, const char *name, int y)
{
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, name,
                                        limn_document_n_layers (document));
  const struct limn_point ends[] = { limn_point_new (8, y, 1, 0), limn_point_new (56, y, 1, 0) };

  g_assert_true (limn_document_paint (
      document, id, limn_op_shape (LIMN_SHAPE_LINE, false, &limn_brush_default, ends, 2)));
  limn_document_set_layer (document, id, LIMN_LAYER_CONTROL, g_variant_new_string ("scribble"), 0);
  return id;
}

static void
save (LimnDocument *document, const char *name)
{
  g_autofree char *path = in_folder (name);
  g_autoptr (GError) error = NULL;

  limn_document_save (document, path, &error);
  g_assert_no_error (error);
}

static void
save_text (const char *name, const char *text)
{
  g_autofree char *path = in_folder (name);

  replace_file (path, text, strlen (text));
}

/* Runs `limn animate` with @name, a file of the folder, to NAME-0001.png and so on. */
static run *
animate (const char *name, const char *frames)
{
  g_autofree char *path = in_folder (name);
  const char *const arguments[] = { "animate",  path,       "--device", "cpu", "-o",
                                    "film.png", "--frames", frames,     NULL };

  return run_limn (arguments, NULL);
}

static limn_image *
load_frame (const run *result, int frame)
{
  g_autofree char *path = g_strdup_printf ("%s/film-%04d.png", result->folder, frame);
  g_autoptr (GError) error = NULL;
  limn_image *image = limn_png_load (path, &error);

  g_assert_no_error (error);
  return image;
}

static bool
same_frames (const run *a, int frame, const run *b, int other)
{
  g_autoptr (limn_image) x = load_frame (a, frame), y = load_frame (b, other);

  g_assert_cmpint (x->width, ==, SIDE);
  g_assert_cmpint (y->height, ==, SIDE);
  return memcmp (x->pixels, y->pixels, SIDE * SIDE * 3) == 0;
}

/* What the first frame says of itself; the caller frees it. */
static char *
recipe_of (const run *result)
{
  g_autofree char *path = g_build_filename (result->folder, "film-0001.png", NULL);
  g_autoptr (GPtrArray) texts = limn_png_texts_load (path, NULL);

  g_assert_nonnull (texts);
  return g_strdup (limn_png_texts_find (texts, "parameters"));
}

/* The film has the drawing's prompts with their style and choices, its settings and its layer. */
static void
test_alone (void)
{
  g_autoptr (LimnDocument) document = make_document ();
  g_autofree char *prompt = limn_prompt_expand ("a {red|blue} balloon, paper", 7);
  g_autofree char *recipe = NULL;
  g_autoptr (run) result = NULL, again = NULL, hidden = NULL;
  guint32 id = add_line (document, "line", 20);

  set (document, LIMN_SETTING_STYLE_PROMPT, g_variant_new_string ("a {prompt}, paper"));
  set (document, LIMN_SETTING_NEGATIVE, g_variant_new_string ("grey"));
  set (document, LIMN_SETTING_SAMPLER, g_variant_new_string ("euler"));
  set (document, LIMN_SETTING_CFG, g_variant_new_double (5));
  limn_document_set_layer (document, id, LIMN_LAYER_WEIGHT, g_variant_new_double (0.75), 0);
  limn_document_set_layer (document, id, LIMN_LAYER_END, g_variant_new_double (0.5), 0);
  save (document, "alone.limn");
  result = animate ("alone.limn", "2");
  run_assert_done (result);
  run_assert_files (result, (const char *const[]){ "film-0001.png", "film-0002.png", NULL });
  recipe = recipe_of (result);
  g_assert_true (g_str_has_prefix (recipe, prompt));
  g_assert_nonnull (strstr (recipe, "\nNegative prompt: grey\nSteps: 2, Sampler: Euler,"));
  g_assert_nonnull (strstr (recipe, "CFG scale: 5, Seed: 7, Size: 64x64, Model: starter"));
  g_assert_nonnull (strstr (recipe, "Model: scribble, Weight: 0.75"));
  g_assert_nonnull (strstr (recipe, "Guidance End: 0.5"));

  /* A scene that says nothing but its project is the same. */
  save_text ("alone.json", "{\"project\": \"alone.limn\"}");
  again = animate ("alone.json", "2");
  run_assert_done (again);
  g_assert_true (same_frames (result, 1, again, 1));
  g_assert_true (same_frames (result, 2, again, 2));

  /* A layer that is hidden feeds nothing. */
  limn_document_set_layer (document, id, LIMN_LAYER_VISIBLE, g_variant_new_boolean (FALSE), 0);
  save (document, "hidden.limn");
  hidden = animate ("hidden.limn", "1");
  run_assert_done (hidden);
  g_assert_false (same_frames (result, 1, hidden, 1));
}

/* What the scene says itself goes before. */
static void
test_over (void)
{
  g_autoptr (LimnDocument) document = make_document ();
  g_autoptr (run) result = NULL;
  g_autofree char *recipe = NULL;

  save (document, "over.ora");
  save (document, "over.limn");
  save_text ("over.json", "{\"prompt\": \"a kite\", \"seed\": 9, \"cfg\": 3, \"project\":"
                          " \"over.limn\", \"width\": 64}");
  result = animate ("over.json", "1");
  run_assert_done (result);
  recipe = recipe_of (result);
  g_assert_true (g_str_has_prefix (recipe, "a kite\nSteps: 2,"));
  g_assert_nonnull (strstr (recipe, "CFG scale: 3, Seed: 9,"));
}

/* Layers are the frames of an animation: a frame is as if its layer were held for all of them, and
 * a layer that is named feeds nothing by itself. */
static void
test_layers (void)
{
  g_autoptr (LimnDocument) document = make_document ();
  g_autoptr (run) walk = NULL, first = NULL, second = NULL;
  guint32 one, two;

  one = add_line (document, "walk 1", 16);
  two = add_line (document, "walk 2", 44);
  save (document, "walk.limn");
  save_text ("walk.json",
             "{\"project\": \"walk.limn\", \"controls\": [{\"type\": \"scribble\", \"images\": ["
             "{\"frame\": 0, \"layer\": \"walk 1\"}, {\"frame\": 2, \"layer\": \"walk 2\"}]}]}");
  walk = animate ("walk.json", "3");
  run_assert_done (walk);

  limn_document_set_layer (document, two, LIMN_LAYER_VISIBLE, g_variant_new_boolean (FALSE), 0);
  save (document, "one.limn");
  first = animate ("one.limn", "3");
  run_assert_done (first);
  limn_document_set_layer (document, two, LIMN_LAYER_VISIBLE, g_variant_new_boolean (TRUE), 0);
  limn_document_set_layer (document, one, LIMN_LAYER_VISIBLE, g_variant_new_boolean (FALSE), 0);
  save (document, "two.limn");
  second = animate ("two.limn", "3");
  run_assert_done (second);

  g_assert_true (same_frames (walk, 1, first, 1));
  g_assert_true (same_frames (walk, 2, first, 2));
  g_assert_true (same_frames (walk, 3, second, 3));
  g_assert_false (same_frames (first, 3, second, 3));
}

/* --- what cannot be used is named, and the film is drawn --- */

/* @name with @from in its limn.json replaced by @to. */
static void
edit_json (const char *name, const char *from, const char *to)
{
  g_autofree char *path = in_folder (name), *bytes = NULL;
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (limn_zip_writer) writer = NULL;
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer member, data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  members = limn_zip_read (bytes, size, path, NULL, &error);
  g_assert_no_error (error);
  writer = limn_zip_writer_new (path, &error);
  g_assert_no_error (error);
  limn_zip_writer_add (writer, "mimetype", "image/openraster", 16, &error);
  g_hash_table_iter_init (&iter, members);
  while (g_hash_table_iter_next (&iter, &member, &data)) {
    gsize length;
    const char *text = g_bytes_get_data (data, &length);
    g_autoptr (GString) edited = g_string_new_len (text, (gssize) length);

    if (g_str_equal (member, "mimetype"))
      continue;
    if (g_str_equal (member, "limn.json"))
      g_assert_cmpuint (g_string_replace (edited, from, to, 1), ==, 1);
    limn_zip_writer_add (writer, member, edited->str, edited->len, &error);
    g_assert_no_error (error);
  }
  limn_zip_writer_finish (writer, &error);
  g_assert_no_error (error);
}

static void
test_notes (void)
{
  static const struct {
    const char *from, *to;
    const char *recipe; /* words in it; or NULL */
    const char *note;   /* words on stdout; or NULL */
  } cases[] = {
    { "\"eta\":0", "\"eta\":1e9", "Eta DDIM: 1,", NULL },
    { "\"cfg\":5", "\"cfg\":-3", "CFG scale: 1,", NULL },
    { "\"weight\":0.5", "\"weight\":99", "Weight: 10,", NULL },
    { "\"sampler\":\"ddim\"", "\"sampler\":\"magic\"", "Sampler: DDIM,",
      "\"sampler\" has a value" },
    { "\"kind\":\"scribble\"", "\"kind\":\"vector\"", "Model: scribble", "\"vector\"" },
    { "\"control\":\"scribble\"", "\"control\":\"canny\"", "Version: Limn", "ControlNet “canny”" },
    { "\"limn\":1", "\"limn\":1,\"later\":[1,{}]", "Version: Limn", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (LimnDocument) document = make_document ();
    g_autoptr (run) result = NULL;
    g_autofree char *recipe = NULL;
    guint32 id = add_line (document, "line", 20);

    set (document, LIMN_SETTING_CFG, g_variant_new_double (5));
    limn_document_set_layer (document, id, LIMN_LAYER_WEIGHT, g_variant_new_double (0.5), 0);
    save (document, "notes.limn");
    edit_json ("notes.limn", cases[i].from, cases[i].to);
    result = animate ("notes.limn", "1");
    run_assert_done (result);
    recipe = recipe_of (result);
    g_test_message ("%s", result->out);
    g_assert_nonnull (strstr (recipe, cases[i].recipe));
    if (cases[i].note != NULL)
      g_assert_nonnull (strstr (result->out, cases[i].note));
  }
}

static void
test_without_layers (void)
{
  g_autoptr (LimnDocument) document = make_document ();
  g_autoptr (run) result = NULL;

  save (document, "empty-canvas.limn");
  result = animate ("empty-canvas.limn", "1");
  run_assert_done (result);
}

/* --- what is refused --- */

#define SCENE(images)                                                                              \
  "{\"project\": \"twice.limn\", \"controls\": [{\"type\": \"scribble\", \"images\": [" images     \
  "]}]}"

static void
test_refused (void)
{
  static const struct {
    const char *name, *text, *words;
  } cases[] = {
    { "hello.limn", "hello", "is no drawing" },
    { "nothing.limn", "", "is empty" },
    { "nothing.ora", "", "is empty" },
    { "half.limn", NULL, "half.limn" },
    { "a.json", "{\"project\": \"nowhere.limn\"}", "nowhere.limn" },
    { "b.json", "{\"project\": \"half.limn\"}", "half.limn" },
    { "c.json", "{\"project\": 3}", "c.json" },
    { "d.json", SCENE ("{\"frame\": 0, \"layer\": \"line\"}"), "twice.limn has no layer \"line\"" },
    { "e.json", SCENE ("{\"frame\": 0, \"layer\": \"walk\"}"),
      "twice.limn has 2 layers of the name \"walk\", wanted one" },
    { "f.json", SCENE ("{\"frame\": 3}"), "needs one of \"file\" and \"layer\" for frame 3" },
    { "g.json", SCENE ("{\"frame\": 0, \"layer\": \"walk\", \"file\": \"a.png\"}"),
      "needs one of \"file\" and \"layer\" for frame 0" },
    { "h.json",
      "{\"controls\": [{\"type\": \"scribble\", \"images\": [{\"frame\": 0, \"layer\": \"x\"}]}]}",
      "names the layer \"x\", and no \"project\" that has it" },
  };
  g_autoptr (LimnDocument) document = make_document ();
  g_autofree char *twice = in_folder ("twice.limn"), *half = in_folder ("half.limn"), *bytes = NULL;
  gsize size;

  add_line (document, "walk", 20);
  add_line (document, "walk", 40);
  save (document, "twice.limn");
  g_assert_true (g_file_get_contents (twice, &bytes, &size, NULL));
  replace_file (half, bytes, size / 2);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (run) result = NULL;

    if (cases[i].text != NULL)
      save_text (cases[i].name, cases[i].text);
    result = animate (cases[i].name, "1");
    g_test_message ("%s", result->err);
    run_assert_failed (result, cases[i].words);
    run_assert_files (result, (const char *const[]){ NULL });
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = make_folder ();
  g_test_add_func ("/project/alone", test_alone);
  g_test_add_func ("/project/over", test_over);
  g_test_add_func ("/project/layers", test_layers);
  g_test_add_func ("/project/notes", test_notes);
  g_test_add_func ("/project/without-layers", test_without_layers);
  g_test_add_func ("/project/refused", test_refused);
  status = g_test_run ();
  clean_up ();
  g_free (folder);
  return status;
}
