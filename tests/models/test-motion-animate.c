/* SPDX-License-Identifier: GPL-3.0-or-later */

/* limn_animate(): windows against tests/golden/make_motion.py's plain loop, drawing a part again,
 * without motion modules, memory against the forecast, refusals. */

#include <math.h>
#include <string.h>

#include "motion-golden.h"
#include "pipeline/animate-windows.h"

#define SIZE 32
#define FRAMES 24
#define LATENTS (SIZE / 8 * SIZE / 8 * 4)

static char *folder, *starter_path;

/* --- windows alone --- */

static void
check_line (const char *line)
{
  g_auto (GStrv) halves = g_strsplit (line, ": ", 2);
  g_auto (GStrv) head = g_strsplit (halves[0], " ", -1);
  int step = atoi (head[1]), frames = atoi (head[2]);
  const struct limn_windows windows = {
    .kind = g_str_equal (head[0], "looped") ? LIMN_WINDOWS_LOOPED : LIMN_WINDOWS_UNIFORM,
    .length = atoi (head[3]),
    .stride = atoi (head[4]),
    .overlap = atoi (head[5]),
  };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree bool *seen = g_new0 (bool, frames);
  struct limn_window_list list;

  limn_window_list_init (&list, &windows, frames, step);
  for (int i = 0; i < list.n * list.length; i++) {
    g_assert_cmpint (list.frames[i], <, frames);
    seen[list.frames[i]] = true;
    g_string_append_printf (text, "%s%d", i == 0 ? "" : (i % list.length == 0 ? "; " : " "),
                            list.frames[i]);
  }
  g_assert_cmpstr (text->str, ==, halves[1]);
  for (int i = 0; i < frames; i++)
    g_assert_true (seen[i]);
  limn_window_list_clear (&list);
}

static void
test_windows (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("tests/golden/motion/windows.txt");
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 14);
  for (gsize i = 0; lines[i]; i++)
    check_line (lines[i]);
  for (int i = 0; i < 5; i++)
    g_assert_cmpfloat (limn_window_weight (i, 5), ==, (float) (i < 3 ? i + 1 : 5 - i));
}

/* All frames are in some window, whatever the numbers. */
static void
test_coverage (void)
{
  for (int kind = 0; kind < LIMN_N_WINDOWS_KINDS; kind++)
    for (int i = 0; i < 4000; i++) {
      int frames = 1 + i % 37, length = 1 + i / 37 % 20;
      const struct limn_windows windows = { (limn_windows_kind) kind, length, 1 + i % 4,
                                            i % length };
      struct limn_window_list list;
      g_autofree bool *seen = g_new0 (bool, frames);
      int missing = frames;

      limn_window_list_init (&list, &windows, frames, i % 50);
      g_assert_cmpint (list.length, ==, MIN (length, frames));
      for (int j = 0; j < list.n * list.length; j++) {
        missing -= !seen[list.frames[j]];
        seen[list.frames[j]] = true;
      }
      g_assert_cmpint (missing, ==, 0);
      limn_window_list_clear (&list);
    }
}

/* --- the starter model, with random motion modules --- */

static const struct limn_prompt_key keys[] = {
  { 0, "red balloon", NULL },
  { 10, "a green hill BREAK white snow", NULL },
  { 23, "red balloon on sky", NULL },
};

static struct limn_generate_params
base_params (void)
{
  return (struct limn_generate_params){
    .negative = "blurry",
    .sampler = LIMN_SAMPLER_DDIM,
    .steps = 3,
    .cfg = 3,
    .seed = 11,
    .width = SIZE,
    .height = SIZE,
  };
}

static struct limn_animate_params
animate_params (const struct limn_generate_params *base)
{
  return (struct limn_animate_params){
    .base = base,
    .frames = FRAMES,
    .prompts = keys,
    .n_prompts = G_N_ELEMENTS (keys),
    .windows = { LIMN_WINDOWS_LOOPED, 8, 2, 3 },
  };
}

static limn_model *
open_model (limn_device *device, bool motion)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/models/starter");
  limn_model *model = limn_model_open (device, path, &error);

  g_assert_no_error (error);
  if (motion)
    limn_model_set_motion (model, &(struct limn_motion_params){ .path = starter_path }, &error);
  g_assert_no_error (error);
  return model;
}

struct clip {
  int frames; /* that were told of */
  int next;
  float latents[FRAMES * LATENTS];
  guint64 pictures[FRAMES]; /* a number that stands for the pixels: FNV-1a */
};

static guint64
hash_pixels (const limn_image *image)
{
  gsize count = (gsize) image->width * (gsize) image->height * (gsize) image->channels;
  guint64 hash = 0xcbf29ce484222325;

  for (gsize i = 0; i < count; i++)
    hash = (hash ^ image->pixels[i]) * 0x100000001b3;
  return hash;
}

static bool
keep_frame (int frame,
            const limn_image *image,
            const float *latents,
            gsize n_latents,
            gpointer data,
            GError **error)
{
  struct clip *clip = data;

  g_assert_cmpuint (n_latents, ==, LATENTS);
  g_assert_cmpint (frame, ==, clip->next);
  g_assert_true (image->width == SIZE && image->height == SIZE && image->channels == 3);
  clip->next++;
  clip->frames++;
  clip->pictures[frame] = hash_pixels (image);
  memcpy (clip->latents + frame * LATENTS, latents, LATENTS * sizeof (float));
  return true;
}

static struct clip *
run (limn_model *model, struct limn_animate_params params)
{
  g_autoptr (GError) error = NULL;
  struct clip *clip = g_new0 (struct clip, 1);

  params.frame = keep_frame;
  params.frame_data = clip;
  limn_animate (model, &params, NULL, &error);
  g_assert_no_error (error);
  return clip;
}

struct run_case {
  const char *name;
  limn_windows_kind kind;
};

static const struct run_case run_cases[] = {
  { "windows.looped", LIMN_WINDOWS_LOOPED },
  { "windows.uniform", LIMN_WINDOWS_UNIFORM },
};

static void
test_run (limn_device *device, gconstpointer data)
{
  const struct run_case *test = data;
  g_autoptr (limn_safetensors) file = golden_open ("motion/io.safetensors");
  const struct limn_generate_params base = base_params ();
  struct limn_animate_params params = animate_params (&base);
  limn_model *model = open_model (device, true);
  g_autofree struct clip *clip = NULL;

  g_assert_cmpint (limn_model_motion_frames (model), ==, 32);
  params.windows.kind = test->kind;
  clip = run (model, params);
  g_assert_cmpint (clip->frames, ==, FRAMES);
  golden_check ("animate", clip->latents, file, test->name, golden_run_bound (device));
  limn_model_free (model);
}

/* What stays is not touched, what is drawn again comes out nearly as before, since its neighbours
 * were there; another seed makes another part. */
static void
test_part (void)
{
  limn_device *device = golden_device_of ("cpu", LIMN_PRECISION_F32);
  limn_model *model = open_model (device, true);
  struct limn_generate_params base = base_params ();
  struct limn_animate_params params = animate_params (&base);
  g_autofree struct clip *whole = NULL, *part = NULL, *other = NULL;
  gsize first = 5 * LATENTS, count = 3 * LATENTS;
  double same, differs;

  params.frames = 12;
  params.n_prompts = 2;
  params.windows.stride = 1;
  whole = run (model, params);
  params.latents = whole->latents;
  params.first = 5;
  params.count = 3;
  params.n_latents = LATENTS;
  part = run (model, params);
  g_assert_cmpint (part->frames, ==, 12);
  g_assert_true (memcmp (part->latents, whole->latents, first * sizeof (float)) == 0);
  g_assert_true (part->pictures[4] == whole->pictures[4]);
  g_assert_true (part->pictures[8] == whole->pictures[8]);
  g_assert_true (part->pictures[6] != whole->pictures[6]);
  same = golden_nmse (part->latents + first, whole->latents + first, count);
  base.seed = 12;
  other = run (model, params);
  differs = golden_nmse (other->latents + first, whole->latents + first, count);
  g_test_message ("part: NMSE %.3f with the same seed, %.3f with another", same, differs);
  g_assert_cmpfloat (same, <, 0.2);
  g_assert_cmpfloat (differs, >, 2 * same);
  limn_model_free (model);
  limn_device_free (device);
}

/* Without motion modules all frames with the same prompt and noise are the same picture, and that
 * is what limn_generate() draws. */
static void
test_alone (void)
{
  g_autoptr (GError) error = NULL;
  limn_device *device = golden_device_of ("cpu", LIMN_PRECISION_F32);
  limn_model *model = open_model (device, false);
  struct limn_generate_params base = base_params (), single;
  struct limn_animate_params params = animate_params (&base);
  g_autofree struct clip *shared = NULL, *independent = NULL;

  params.frames = 3;
  params.n_prompts = 0;
  params.windows = (struct limn_windows){ 0 };
  base.prompt = "red balloon";
  shared = run (model, params);
  for (int i = 1; i < 3; i++)
    g_assert_cmpfloat (golden_nmse (shared->latents + i * LATENTS, shared->latents, LATENTS), <,
                       1e-12);
  params.noise = LIMN_ANIMATE_NOISE_INDEPENDENT;
  independent = run (model, params);
  g_assert_cmpfloat (golden_nmse (independent->latents + LATENTS, independent->latents, LATENTS), >,
                     0.1);

  single = base;
  {
    g_autoptr (limn_image) picture = limn_generate (model, &single, NULL, &error);
    g_assert_no_error (error);
    g_assert_nonnull (picture);
  }
  limn_model_free (model);
  limn_device_free (device);
}

/* A limn_animate_source_func; @data is the number of pictures so far. */
static limn_image *
next_picture (int frame, gpointer data, GError **error)
{
  g_autofree char *name = g_strdup_printf ("source.%d", frame);
  int *next = data;

  g_assert_cmpint (frame, ==, (*next)++);
  return motion_image (name, SIZE);
}

/* The device needs the same for any number of frames above a window, and what was forecast. */
static void
test_memory (limn_device *device, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/models/starter");
  struct limn_generate_params base = base_params ();
  struct limn_animate_params params = animate_params (&base);
  const struct limn_motion_params motion = { .path = starter_path };
  static const int frames[] = { 9, 20, 24 };
  guint64 first = 0, latents = 0;
  int read = 0;

  base.steps = 1;
  params.windows.stride = 1;
  params.n_prompts = 1;
  params.source = data ? next_picture : NULL;
  params.source_data = &read;
  params.strength = 1;
  for (gsize i = 0; i < G_N_ELEMENTS (frames); i++) {
    struct limn_animate_need need;
    guint64 peak;

    read = 0;
    params.frames = frames[i];
    limn_animate_forecast (device, path, &motion, &params, &need, &error);
    g_assert_no_error (error);
    first = i == 0 ? need.device : first;
    g_assert_cmpuint (need.device, ==, first);
    if (i > 0)
      g_assert_cmpuint (need.latents * (guint64) frames[i - 1], ==, latents * (guint64) frames[i]);
    latents = need.latents;
    g_assert_cmpuint (need.frames, ==, (guint64) frames[i] * SIZE * SIZE * 3);
    g_assert_cmpint (need.windows, >, 1);
    if (i == 1)
      continue;
    {
      limn_model *model = open_model (device, true);
      g_autofree struct clip *clip = run (model, params);

      limn_device_memory_use (device, NULL, &peak);
      limn_model_free (model);
      g_test_message ("%d frames: %.2f MiB, forecast %.2f MiB", frames[i], (double) peak / 1048576,
                      (double) need.device / 1048576);
      g_assert_cmpfloat (fabs ((double) peak / (double) need.device - 1), <=, 0.05);
    }
  }
}

/* --- pictures to begin with --- */

#define SOURCE_FRAMES 10

/* With motion modules in windows, and without any. */
static void
test_restyled (limn_device *device, gconstpointer data)
{
  bool motion = GPOINTER_TO_INT (data);
  g_autoptr (limn_safetensors) file = golden_open ("motion/io.safetensors");
  struct limn_generate_params base = base_params ();
  struct limn_animate_params params = animate_params (&base);
  limn_model *model = open_model (device, motion);
  const char *name = motion ? "restyled.motion" : "restyled.plain";
  g_autofree struct clip *clip = NULL;
  double nmse;
  int read = 0;

  base.steps = 4;
  params.frames = SOURCE_FRAMES;
  params.n_prompts = 1;
  params.noise = LIMN_ANIMATE_NOISE_INDEPENDENT;
  params.windows = (struct limn_windows){ LIMN_WINDOWS_UNIFORM, 6, 1, 2 };
  if (!motion)
    params.windows = (struct limn_windows){ 0 };
  params.source = next_picture;
  params.source_data = &read;
  params.strength = 0.6f;
  clip = run (model, params);
  g_assert_cmpint (read, ==, SOURCE_FRAMES);
  g_assert_cmpuint (golden_count (file, name), ==, SOURCE_FRAMES * LATENTS);
  nmse = golden_nmse (clip->latents, golden_tensor (file, name), golden_count (file, name));
  g_test_message ("%s: NMSE %.2e, at most %.0e", name, nmse, golden_run_bound (device));
  g_assert_true (nmse <= golden_run_bound (device));
  limn_model_free (model);
}

/* A part of it reads the pictures of its frames alone. */
static void
test_restyled_part (void)
{
  limn_device *device = golden_device_of ("cpu", LIMN_PRECISION_F32);
  limn_model *model = open_model (device, false);
  struct limn_generate_params base = base_params ();
  struct limn_animate_params params = animate_params (&base);
  g_autofree struct clip *whole = NULL, *part = NULL;
  int read = 0;

  params.frames = 6;
  params.n_prompts = 0;
  params.windows = (struct limn_windows){ 0 };
  params.source = next_picture;
  params.source_data = &read;
  params.strength = 0.7f;
  whole = run (model, params);
  read = params.first = 3;
  params.count = 2;
  params.latents = whole->latents;
  params.n_latents = LATENTS;
  part = run (model, params);
  g_assert_cmpint (read, ==, 5);
  g_assert_true (memcmp (part->pictures, whole->pictures, sizeof part->pictures) == 0);
  limn_model_free (model);
  limn_device_free (device);
}

/* --- controls, events, cancelling --- */

/* The pictures of one control at two frames at most. */
struct pictures {
  const char *name;
  int frames[2], n;
  float weights[2];
};

static const struct pictures pictures[] = {
  { "scribble", { 3, 4 }, 2, { 0.5f, 1 } },
  { "starter-scribble", { 0, 8 }, 2, { 0.7f, 0.7f } },
  { "starter-rgb", { 2 }, 1, { 0.6f } },
};

#define CONTROL_FRAMES 10

/* A ControlNet by frame and both kinds of SparseCtrl at once, in windows. */
static void
test_controlled (limn_device *device, gconstpointer data)
{
  g_autoptr (limn_safetensors) file = golden_open ("motion/io.safetensors");
  struct limn_generate_params base = base_params ();
  struct limn_animate_params params = animate_params (&base);
  struct limn_animate_control controls[G_N_ELEMENTS (pictures)];
  const limn_image *images[G_N_ELEMENTS (pictures)][CONTROL_FRAMES] = { 0 };
  float weights[G_N_ELEMENTS (pictures)][CONTROL_FRAMES];
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  limn_model *model = open_model (device, true);
  g_autofree struct clip *clip = NULL;
  double nmse;

  for (gsize i = 0; i < G_N_ELEMENTS (pictures); i++) {
    char *path = g_build_filename (folder, pictures[i].name, NULL);

    g_ptr_array_add (paths, path);
    for (int j = 0; j < CONTROL_FRAMES; j++)
      weights[i][j] = pictures[i].weights[0];
    for (int j = 0; j < pictures[i].n; j++) {
      g_autofree char *name = g_strdup_printf ("%s.%d", pictures[i].name, pictures[i].frames[j]);

      g_ptr_array_add (made, motion_image (name, SIZE));
      images[i][pictures[i].frames[j]] = g_ptr_array_index (made, made->len - 1);
      weights[i][pictures[i].frames[j]] = pictures[i].weights[j];
    }
    controls[i] = (struct limn_animate_control){
      .type = pictures[i].name,
      .path = i > 0 ? path : NULL,
      .images = images[i],
      .weights = weights[i],
      .end = 1,
    };
  }
  base.steps = 2;
  params.frames = CONTROL_FRAMES;
  params.n_prompts = 1;
  params.windows = (struct limn_windows){ LIMN_WINDOWS_UNIFORM, 6, 1, 2 };
  params.controls = controls;
  params.n_controls = G_N_ELEMENTS (controls);
  clip = run (model, params);
  nmse = golden_nmse (clip->latents, golden_tensor (file, "controlled"),
                      golden_count (file, "controlled"));
  g_assert_cmpuint (golden_count (file, "controlled"), ==, CONTROL_FRAMES * LATENTS);
  g_test_message ("controlled: NMSE %.2e, at most %.0e", nmse, golden_run_bound (device));
  g_assert_true (nmse <= golden_run_bound (device));
  limn_model_free (model);
}

static char *
lora_name (const char *name)
{
  bool down = g_str_has_suffix (name, ".down");
  g_autofree char *module = g_strndup (name, strlen (name) - strlen (down ? ".down" : ".up"));

  return g_strconcat (module, down ? ".lora_A.weight" : ".lora_B.weight", NULL);
}

static char *
write_lora (const char *list)
{
  char *path = g_strconcat (folder, "/", list, ".safetensors", NULL);

  motion_write_lora (path, list, lora_name);
  return path;
}

/* LoRAs change what is drawn, and without them everything is as before: the UNet, too. */
static void
test_loras (void)
{
  g_autoptr (GError) error = NULL;
  limn_device *device = golden_device_of ("cpu", LIMN_PRECISION_F32);
  limn_model *model = open_model (device, true);
  struct limn_generate_params base = base_params ();
  struct limn_animate_params params = animate_params (&base);
  g_autofree char *domain = write_lora ("starter-lora.txt");
  g_autofree char *motion = write_lora ("starter-motion-lora.txt");
  const struct limn_lora_file camera = { motion, 1 };
  const struct limn_motion_params sets[] = {
    { .path = starter_path },
    { .path = starter_path, .loras = &camera, .n_loras = 1 },
    { .path = starter_path, .adapter = { domain, 10 } },
    { .path = starter_path, .adapter = { domain, 0 } },
    { .path = starter_path },
  };
  struct clip *clips[G_N_ELEMENTS (sets)];
  const struct limn_motion_params bad = { .path = starter_path, .adapter = { motion, 1 } };

  params.frames = 2;
  params.n_prompts = 1;
  base.steps = 1;
  for (gsize i = 0; i < G_N_ELEMENTS (sets); i++) {
    limn_model_set_motion (model, &sets[i], &error);
    g_assert_no_error (error);
    clips[i] = run (model, params);
  }
  g_assert_cmpfloat (golden_nmse (clips[1]->latents, clips[0]->latents, 2 * LATENTS), >, 1e-8);
  g_assert_cmpfloat (golden_nmse (clips[2]->latents, clips[0]->latents, 2 * LATENTS), >, 1e-9);
  g_assert_cmpfloat (golden_nmse (clips[3]->latents, clips[0]->latents, 2 * LATENTS), <, 1e-12);
  g_assert_cmpfloat (golden_nmse (clips[4]->latents, clips[0]->latents, 2 * LATENTS), <, 1e-12);
  for (gsize i = 0; i < G_N_ELEMENTS (sets); i++)
    g_free (clips[i]);

  /* One for motion modules is none for the UNet, and the model goes on without either. */
  g_assert_false (limn_model_set_motion (model, &bad, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "is no LoRA for"));
  g_assert_cmpint (limn_model_motion_frames (model), ==, 0);
  g_free (run (model, params));
  limn_model_free (model);
  limn_device_free (device);
}

struct seen {
  GString *order; /* a letter an event */
  GCancellable *cancellable;
  int cancel_at;
};

static void
on_event (const struct limn_event *event, gpointer data)
{
  static const char letters[] = {
    [LIMN_EVENT_TEXT] = 't',   [LIMN_EVENT_STEP] = 's',  [LIMN_EVENT_DECODE] = 'd',
    [LIMN_EVENT_WINDOW] = 'w', [LIMN_EVENT_FRAME] = 'f',
  };
  struct seen *seen = data;

  g_string_append_c (seen->order, letters[event->kind]);
  if (event->kind == LIMN_EVENT_WINDOW)
    g_assert_true (event->window >= 1 && event->window <= event->windows);
  if (event->kind == LIMN_EVENT_STEP)
    g_assert_nonnull (event->preview);
  if ((int) seen->order->len == seen->cancel_at)
    g_cancellable_cancel (seen->cancellable);
}

static void
test_events (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  limn_device *device = golden_device_of ("cpu", LIMN_PRECISION_F32);
  limn_model *model = open_model (device, true);
  struct seen seen = { .order = g_string_new (NULL), .cancellable = cancellable };
  struct limn_generate_params base = base_params ();
  struct limn_animate_params params = animate_params (&base);
  g_autoptr (limn_image) line = limn_image_new (SIZE, SIZE, 1);
  const limn_image *images[6] = { NULL, line, line, NULL, line, NULL };
  const float weights[6] = { 1, 0.5f, 1, 1, 0, 1 };
  const struct limn_animate_control control = {
    .type = "scribble", .images = images, .weights = weights, .end = 1
  };
  g_autofree struct clip *plain = NULL, *controlled = NULL;

  memset (line->pixels + 12 * SIZE, 255, 4 * SIZE);
  params.frames = 6;
  params.n_prompts = 2;
  params.prompts = (const struct limn_prompt_key[]){ keys[0], { 5, "white snow", "dark" } };
  params.windows = (struct limn_windows){ LIMN_WINDOWS_UNIFORM, 4, 1, 2 };
  base.steps = 2;
  plain = run (model, params);
  base.preview = LIMN_PREVIEW_LATENT;
  base.event = on_event;
  base.event_data = &seen;
  params.controls = &control;
  params.n_controls = 1;
  controlled = run (model, params);
  g_assert_cmpstr (seen.order->str, ==, "wwswwwsdffffff");
  /* The network is shown something, and the frames that it sees follow it the most. */
  g_assert_cmpfloat (golden_nmse (controlled->latents, plain->latents, 6 * LATENTS), >, 1e-4);

  g_string_truncate (seen.order, 0);
  seen.cancel_at = 4;
  g_assert_false (limn_animate (model, &params, cancellable, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_CANCELLED);
  g_assert_cmpstr (seen.order->str, ==, "wwsw");
  g_string_free (seen.order, TRUE);
  limn_model_free (model);
  limn_device_free (device);
}

/* --- refusals --- */

static void
assert_refused (limn_model *model, const struct limn_animate_params *params, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (limn_animate (model, params, NULL, &error));
  g_assert_nonnull (error);
  if (!strstr (error->message, part))
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
  g_assert_null (strchr (error->message, '\n'));
}

/* A limn_animate_source_func. */
static limn_image *
no_picture (int frame, gpointer data, GError **error)
{
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "there is no picture of frame %d", frame);
  return NULL;
}

static void
test_refusals (void)
{
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F32);
  limn_model *model = open_model (device, true);
  struct limn_generate_params base = base_params ();
  const struct limn_animate_params good = animate_params (&base);
  g_autofree float *broken = g_new0 (float, FRAMES *LATENTS);
  const limn_image *images[FRAMES] = { NULL };
  float weights[FRAMES] = { 0, 0, NAN };
  struct limn_animate_control control = { .type = "scribble", .images = images, .end = 1 };
  struct limn_prompt_key bad_keys[] = { { 3, "a", NULL }, { 3, "b", NULL } };
  struct limn_animate_params params;

  params = good, params.frames = 0;
  assert_refused (model, &params, "the animation has 0 frames, wanted 1 to 100000");
  params = good, params.frames = 1000000;
  assert_refused (model, &params, "the animation has 1000000 frames");
  params = good, params.prompts = bad_keys, params.n_prompts = 2;
  assert_refused (model, &params, "prompt 2 is at frame 3, wanted 4 to 23");
  bad_keys[1].frame = FRAMES;
  assert_refused (model, &params, "prompt 2 is at frame 24");
  params = good, params.windows.length = 40, params.frames = 100;
  assert_refused (model, &params, "a window has 40 frames, and the network can see at most 32");
  params = good, params.windows.length = -1;
  assert_refused (model, &params, "a window has -1 frames");
  params = good, params.windows.overlap = 8;
  assert_refused (model, &params, "windows of 8 frames overlap by 8, wanted 0 to 7");
  params = good, params.windows.stride = 17;
  assert_refused (model, &params, "the stride of windows is 17");
  params = good, params.noise = LIMN_N_ANIMATE_NOISES;
  assert_refused (model, &params, "there is no kind of noise 3");
  params = good, params.preview_frame = FRAMES;
  assert_refused (model, &params, "the preview is of frame 24");
  params = good, params.count = 3;
  assert_refused (model, &params, "there are no latents of the rest");
  params = good, params.latents = broken, params.n_latents = LATENTS;
  params.first = 20, params.count = 5;
  assert_refused (model, &params, "frames 20 to 24 are drawn again, and there are 0 to 23");
  broken[7 * LATENTS] = INFINITY, params.count = 4;
  assert_refused (model, &params, "the latents of frame 7 have a value that is no number");
  params.n_latents = LATENTS + 1;
  assert_refused (model, &params, "the latents of a frame are 65 numbers, wanted 64 for 32 x 32");
  params = good, params.source = no_picture;
  assert_refused (model, &params, "the strength is 0, wanted more than 0 and at most 1");
  params.strength = NAN;
  assert_refused (model, &params, "the strength is nan");
  params.strength = 0.5f;
  assert_refused (model, &params, "there is no picture of frame 0");
  params = good, params.controls = &control, params.n_controls = 1;
  control.weights = weights;
  assert_refused (model, &params, "the weight of control \"scribble\" is nan at frame 2");
  control.weights = NULL, control.type = "pose";
  assert_refused (model, &params, "has no ControlNet \"pose\"");
  base.hires_scale = 2;
  assert_refused (model, &good, "an animation knows no hires fix");
  base = base_params (), base.steps = -1;
  assert_refused (model, &good, "the number of steps is -1");
  base = base_params (), base.width = 16384, base.height = 16384;
  params = good, params.frames = 100000;
  assert_refused (model, &params, "the latents of 100000 frames take");
  limn_model_free (model);
  limn_device_free (device);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = motion_folder_new ();
  starter_path = motion_write_part (folder, "starter", "starter.txt", "starter.");
  g_free (
      motion_write_part (folder, "starter-scribble", "starter-scribble.txt", "starter.scribble."));
  g_free (motion_write_part (folder, "starter-rgb", "starter-rgb.txt", "starter.rgb."));
  g_test_add_func ("/animate/windows", test_windows);
  g_test_add_func ("/animate/coverage", test_coverage);
  for (gsize i = 0; i < G_N_ELEMENTS (run_cases); i++) {
    g_autofree char *name = g_strconcat ("animate/", run_cases[i].name, NULL);
    golden_add (name, test_run, &run_cases[i]);
  }
  golden_add ("animate/controlled", test_controlled, NULL);
  g_test_add_func ("/animate/loras", test_loras);
  g_test_add_func ("/animate/part", test_part);
  g_test_add_func ("/animate/alone", test_alone);
  golden_add ("animate/restyled", test_restyled, GINT_TO_POINTER (true));
  golden_add ("animate/restyled-alone", test_restyled, GINT_TO_POINTER (false));
  g_test_add_func ("/animate/restyled-part", test_restyled_part);
  golden_add ("animate/memory", test_memory, NULL);
  golden_add ("animate/memory-restyled", test_memory, GINT_TO_POINTER (true));
  g_test_add_func ("/animate/events", test_events);
  g_test_add_func ("/animate/refusals", test_refusals);
  result = g_test_run ();
  motion_folder_free (folder);
  return result;
}
