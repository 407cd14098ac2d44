/* SPDX-License-Identifier: GPL-3.0-or-later */

/* limn_generate() beside its picture: refusals, events, cancelling, memory. Small pictures and few
 * steps of the starter model. */

#include "golden.h"

#include <math.h>
#include <string.h>

#define SIZE 64
#define STEPS 3

struct fixture {
  limn_device *device;
  limn_model *model;
  limn_image *image;
  struct limn_control control;
  struct limn_generate_params params;
};

static void
set_up (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/models/starter");

  fixture->device = golden_device (LIMN_PRECISION_F32);
  fixture->model = limn_model_open (fixture->device, path, &error);
  g_assert_no_error (error);
  fixture->image = limn_image_new (SIZE, SIZE, 1);
  memset (fixture->image->pixels + 20 * SIZE, 255, 4 * SIZE);
  fixture->control = (struct limn_control){ "scribble", fixture->image, 1, 0, 1 };
  fixture->params = (struct limn_generate_params){
    .prompt = "red balloon",
    .controls = &fixture->control,
    .n_controls = 1,
    .sampler = LIMN_SAMPLER_DDIM,
    .steps = STEPS,
    .seed = 7,
    .width = SIZE,
    .height = SIZE,
  };
}

static void
tear_down (struct fixture *fixture, gconstpointer data)
{
  limn_image_free (fixture->image);
  limn_model_free (fixture->model);
  g_assert_cmpuint (fixture->device->memory.weights, ==, 0);
  limn_device_free (fixture->device);
}

static void
assert_refused (struct fixture *fixture,
                const struct limn_generate_params *params,
                limn_error code,
                const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) image = limn_generate (fixture->model, params, NULL, &error);

  g_assert_null (image);
  g_assert_error (error, LIMN_ERROR, (int) code);
  if (!strstr (error->message, part))
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
}

static void
test_refusals (struct fixture *fixture, gconstpointer data)
{
  const struct limn_generate_params good = fixture->params;
  const struct limn_control good_control = fixture->control;
  struct limn_generate_params params;

  params = good, params.steps = -1;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "steps is -1, wanted 1 to 1000");
  params = good, params.steps = 1001;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "steps is 1001");
  params = good, params.cfg = NAN;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "guidance is nan");
  params = good, params.cfg = 100.5f;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "guidance is 100.5, wanted 0 to 100");
  params = good, params.width = 60;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "width is 60, wanted a multiple of 8");
  params = good, params.height = -8;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "height is -8");
  params = good, params.height = 1 << 20;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "height is 1048576");
  params = good, params.sampler = LIMN_N_SAMPLERS;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "no sampler");
  params = good, params.n_controls = 17;
  assert_refused (fixture, &params, LIMN_ERROR_ARGUMENT, "17 controls");

  fixture->control.weight = INFINITY;
  assert_refused (fixture, &good, LIMN_ERROR_ARGUMENT, "weight of control \"scribble\" is inf");
  fixture->control = good_control, fixture->control.start = 0.75f, fixture->control.end = 0.5f;
  assert_refused (fixture, &good, LIMN_ERROR_ARGUMENT, "from 0.75 to 0.5");
  fixture->control = good_control, fixture->control.type = "canny";
  assert_refused (fixture, &good, LIMN_ERROR_MODEL, "has no ControlNet \"canny\"");
  fixture->control = good_control, fixture->control.type = "/../unet";
  assert_refused (fixture, &good, LIMN_ERROR_MODEL, "has no ControlNet");
  fixture->control = good_control, fixture->control.image = NULL;
  assert_refused (fixture, &good, LIMN_ERROR_ARGUMENT, "an image");
}

struct seen {
  GString *order; /* one letter an event */
  int chunks;
  GCancellable *cancellable;
  int cancel_at;
};

static void
see (const struct limn_event *event, gpointer data)
{
  static const char letters[] = "tsd";
  struct seen *seen = data;

  g_string_append_c (seen->order, letters[event->kind]);
  seen->chunks += event->chunks;
  g_assert_cmpfloat (event->seconds, >=, 0);
  g_assert_cmpuint (event->memory, >, 0);
  if (event->kind == LIMN_EVENT_STEP && event->preview) {
    g_string_append_c (seen->order, 'p');
    g_assert_cmpint (event->preview->width, ==, SIZE);
    g_assert_cmpint (event->preview->channels, ==, 3);
  }
  if (seen->cancel_at > 0 && event->step == seen->cancel_at)
    g_cancellable_cancel (seen->cancellable);
}

/* A prompt that is too long, and previews. */
static void
test_events (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) prompt = g_string_new (NULL);
  struct seen seen = { .order = g_string_new (NULL) };
  g_autoptr (limn_image) image = NULL;

  for (int i = 0; i < 40; i++)
    g_string_append (prompt, "red ");
  fixture->params.prompt = prompt->str;
  fixture->params.preview = LIMN_PREVIEW_DECODER;
  fixture->params.event = see;
  fixture->params.event_data = &seen;
  image = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (seen.order->str, ==, "tspspspd");
  /* The text encoder has 32 positions, two of which are begin and end. */
  g_assert_cmpint (seen.chunks, ==, 2);
  g_string_free (seen.order, TRUE);
}

struct sizes {
  int widths[STEPS];
};

static void
note_size (const struct limn_event *event, gpointer data)
{
  struct sizes *sizes = data;

  if (event->kind == LIMN_EVENT_STEP)
    sizes->widths[event->step - 1] = event->preview ? event->preview->width : 0;
}

/* Which preview there is, and that none of them changes the picture. */
static void
test_previews (struct fixture *fixture, gconstpointer data)
{
  /* What is fast on one machine is slow on another: of "auto" it is known only that it begins
   * without having seen the decoder. */
  static const int widths[] = {
    [LIMN_PREVIEW_NONE] = 0,
    [LIMN_PREVIEW_DECODER] = SIZE,
    [LIMN_PREVIEW_LATENT] = SIZE / 8,
    [LIMN_PREVIEW_AUTO] = SIZE / 8,
  };
  static const limn_preview order[] = { LIMN_PREVIEW_AUTO, LIMN_PREVIEW_NONE, LIMN_PREVIEW_LATENT,
                                        LIMN_PREVIEW_DECODER };
  g_autoptr (limn_image) first = NULL;

  G_STATIC_ASSERT (G_N_ELEMENTS (widths) == LIMN_N_PREVIEWS);
  for (gsize i = 0; i < G_N_ELEMENTS (order); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_image) image = NULL;
    struct sizes sizes = { 0 };

    fixture->params.preview = order[i];
    fixture->params.event = note_size;
    fixture->params.event_data = &sizes;
    image = limn_generate (fixture->model, &fixture->params, NULL, &error);
    g_assert_no_error (error);
    for (int step = 0; step < STEPS; step++)
      g_assert_cmpint (sizes.widths[step], ==, widths[order[i]]);
    if (!first)
      first = g_steal_pointer (&image);
    else
      g_assert_cmpmem (image->pixels, SIZE * SIZE * 3, first->pixels, SIZE * SIZE * 3);
  }
}

/* Sizes from wishes. The model is made for 256 x 256, in multiples of 8. */
static void
test_fit (struct fixture *fixture, gconstpointer data)
{
  static const struct {
    double aspect;
    int width, height, fit_width, fit_height;
  } cases[] = {
    { 1, 0, 0, 256, 256 },           { 2, 0, 0, 360, 184 },  { 0.5, 0, 0, 184, 360 },
    { 2, 100, 0, 96, 48 },           { 2, 0, 100, 200, 96 }, { 2, 100, 300, 96, 304 },
    { 1000, 0, 0, 728, 88 },         { 1, 1, 1, 8, 8 },      { 1, 99999, 20, 16384, 16 },
    { 1.5, 16384, 0, 16384, 10920 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    int width = cases[i].width, height = cases[i].height;

    limn_model_fit (fixture->model, cases[i].aspect, &width, &height);
    g_assert_cmpint (width, ==, cases[i].fit_width);
    g_assert_cmpint (height, ==, cases[i].fit_height);
  }
}

/* A ControlNet by its path is the one of the model's folder by its type. */
static void
test_control_path (struct fixture *fixture, gconstpointer data)
{
  g_autofree char *path = golden_path ("data/models/starter/controlnet-scribble");
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) own = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_autoptr (limn_image) other = NULL;

  g_assert_no_error (error);
  fixture->control.type = "lines";
  fixture->control.path = path;
  other = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (own->pixels, SIZE * SIZE * 3, other->pixels, SIZE * SIZE * 3);
  fixture->control.path = "/no/such/controlnet";
  assert_refused (fixture, &fixture->params, LIMN_ERROR_FILE, "/no/such/controlnet");
}

static void
test_cancel (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  struct seen seen = { .order = g_string_new (NULL), .cancellable = cancellable, .cancel_at = 2 };
  g_autoptr (GError) error = NULL;
  limn_image *image;

  fixture->params.event = see;
  fixture->params.event_data = &seen;
  image = limn_generate (fixture->model, &fixture->params, cancellable, &error);
  g_assert_null (image);
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_CANCELLED);
  g_assert_cmpstr (seen.order->str, ==, "ss");
  g_clear_error (&error);

  /* Cancelled before it began, and usable afterwards. */
  g_string_truncate (seen.order, 0);
  image = limn_generate (fixture->model, &fixture->params, cancellable, &error);
  g_assert_null (image);
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_CANCELLED);
  g_assert_cmpstr (seen.order->str, ==, "");
  g_clear_error (&error);
  seen.cancel_at = 0;
  image = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (seen.order->str, ==, "sssd");
  limn_image_free (image);
  g_string_free (seen.order, TRUE);
}

static bool
same_pixels (const limn_image *a, const limn_image *b)
{
  return memcmp (a->pixels, b->pixels, (gsize) SIZE * SIZE * 3) == 0;
}

/* The same settings give the same bytes and need no new memory; others give others. */
static void
test_again (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) first = NULL;
  g_autoptr (limn_image) second = NULL;
  g_autoptr (limn_image) uncontrolled = NULL;
  g_autoptr (limn_image) unguided = NULL;
  guint64 before, after, peak_before, peak_after;

  first = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_assert_no_error (error);
  limn_device_memory_use (fixture->device, &before, &peak_before);
  second = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_assert_no_error (error);
  limn_device_memory_use (fixture->device, &after, &peak_after);
  g_assert_true (same_pixels (first, second));
  g_assert_cmpuint (after, ==, before);
  g_assert_cmpuint (peak_after, ==, peak_before);

  /* A branch of weight 0 is none at all. */
  fixture->control.weight = 0;
  uncontrolled = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (same_pixels (first, uncontrolled));
  fixture->params.n_controls = 0;
  g_clear_pointer (&second, limn_image_free);
  second = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (same_pixels (second, uncontrolled));

  fixture->params.cfg = 1;
  unguided = limn_generate (fixture->model, &fixture->params, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (same_pixels (unguided, uncontrolled));
}

static void
test_size (struct fixture *fixture, gconstpointer data)
{
  int width, height, multiple;

  limn_model_size (fixture->model, &width, &height, &multiple);
  g_assert_cmpint (width, ==, 256);
  g_assert_cmpint (height, ==, 256);
  g_assert_cmpint (multiple, ==, 8);
}

static void
test_other_control (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("tests/golden/controlnet-a");
  gsize weights = fixture->device->memory.weights;

  g_assert_false (limn_model_add_control (fixture->model, "scribble", path, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_true (
      g_str_has_suffix (error->message, "is made for cross_attention_dim 32, the UNet has 128"));
  g_assert_cmpuint (fixture->device->memory.weights, ==, weights);
}

static void
test_missing_parts (void)
{
  static const struct {
    const char *path;
    limn_error code;
    const char *message;
  } cases[] = {
    { "tests/golden/no-such-model", LIMN_ERROR_FILE, "does not exist" },
    { "tests/golden/README.md", LIMN_ERROR_FILE,
      "is not a folder, and no .safetensors or .gguf file either" },
    { "tests/golden", LIMN_ERROR_MODEL, "has no unet/config.json" },
  };
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F16);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *path = golden_path (cases[i].path);
    g_autofree char *wanted = g_strdup_printf ("%s: %s", path, cases[i].message);
    g_assert_null (limn_model_open (device, path, &error));
    g_assert_error (error, LIMN_ERROR, (int) cases[i].code);
    g_assert_cmpstr (error->message, ==, wanted);
  }
  limn_device_free (device);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*func) (struct fixture *, gconstpointer);
  } tests[] = {
    { "/generate/refusals", test_refusals },
    { "/generate/events", test_events },
    { "/generate/previews", test_previews },
    { "/generate/fit", test_fit },
    { "/generate/control-path", test_control_path },
    { "/generate/cancel", test_cancel },
    { "/generate/again", test_again },
    { "/generate/size", test_size },
    { "/generate/other-control", test_other_control },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, struct fixture, NULL, set_up, tests[i].func, tear_down);
  g_test_add_func ("/generate/missing-parts", test_missing_parts);
  return g_test_run ();
}
