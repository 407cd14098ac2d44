/* SPDX-License-Identifier: GPL-3.0-or-later */

/* limn_animate(): windows against tests/golden/make_motion.py's plain loop, drawing a part again,
 * without motion modules, pictures to begin with, memory against the forecast. */

#include <math.h>
#include <string.h>

#include "motion-clip.h"
#include "pipeline/animate-windows.h"

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

/* --- the starter model --- */

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
  const struct limn_generate_params base = clip_base ();
  struct limn_animate_params params = clip_params (&base);
  limn_model *model = clip_open (device, true);
  g_autofree struct clip *clip = NULL;

  g_assert_cmpint (limn_model_motion_frames (model), ==, 32);
  params.windows.kind = test->kind;
  clip = clip_run (model, params);
  g_assert_cmpint (clip->frames, ==, CLIP_FRAMES);
  golden_check ("animate", clip->latents, file, test->name, golden_run_bound (device));
  limn_model_free (model);
}

/* What stays is not touched, what is drawn again comes out nearly as before, since its neighbours
 * were there; another seed makes another part. */
static void
test_part (void)
{
  limn_device *device = golden_device_of ("cpu", LIMN_PRECISION_F32);
  limn_model *model = clip_open (device, true);
  struct limn_generate_params base = clip_base ();
  struct limn_animate_params params = clip_params (&base);
  g_autofree struct clip *whole = NULL, *part = NULL, *other = NULL;
  gsize first = 5 * CLIP_LATENTS, count = 3 * CLIP_LATENTS;
  double same, differs;

  params.frames = 12;
  params.n_prompts = 2;
  params.windows.stride = 1;
  whole = clip_run (model, params);
  params.latents = whole->latents;
  params.first = 5;
  params.count = 3;
  params.n_latents = CLIP_LATENTS;
  part = clip_run (model, params);
  g_assert_cmpint (part->frames, ==, 12);
  g_assert_true (memcmp (part->latents, whole->latents, first * sizeof (float)) == 0);
  g_assert_true (part->pictures[4] == whole->pictures[4]);
  g_assert_true (part->pictures[8] == whole->pictures[8]);
  g_assert_true (part->pictures[6] != whole->pictures[6]);
  same = golden_nmse (part->latents + first, whole->latents + first, count);
  base.seed = 12;
  other = clip_run (model, params);
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
  limn_model *model = clip_open (device, false);
  struct limn_generate_params base = clip_base (), single;
  struct limn_animate_params params = clip_params (&base);
  g_autofree struct clip *shared = NULL, *independent = NULL;

  params.frames = 3;
  params.n_prompts = 0;
  params.windows = (struct limn_windows){ 0 };
  base.prompt = "red balloon";
  shared = clip_run (model, params);
  for (int i = 1; i < 3; i++)
    g_assert_cmpfloat (
        golden_nmse (shared->latents + i * CLIP_LATENTS, shared->latents, CLIP_LATENTS), <, 1e-12);
  params.noise = LIMN_ANIMATE_NOISE_INDEPENDENT;
  independent = clip_run (model, params);
  g_assert_cmpfloat (
      golden_nmse (independent->latents + CLIP_LATENTS, independent->latents, CLIP_LATENTS), >,
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
  return motion_image (name, CLIP_SIZE);
}

/* The device needs the same for any number of frames above a window, and what was forecast; @data:
 * with pictures to begin with and a LoRA by frame. */
static void
test_memory (limn_device *device, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/models/starter");
  struct limn_generate_params base = clip_base ();
  struct limn_animate_params params = clip_params (&base);
  g_autofree char *lora_path = clip_frame_lora ();
  const struct limn_lora_file lora = { lora_path, 1, true };
  const struct limn_motion_params motion = { .path = clip_modules,
                                             .loras = &lora,
                                             .n_loras = data ? 1 : 0 };
  static const float strengths[CLIP_FRAMES] = { 1, 0.5f };
  const float *const all[] = { strengths };
  static const int frames[] = { 9, 20, 24 };
  guint64 first = 0, latents = 0;
  int read = 0;

  base.steps = 1;
  params.windows.stride = 1;
  params.n_prompts = 1;
  params.source = data ? next_picture : NULL;
  params.source_data = &read;
  params.strength = 1;
  params.strengths = data ? all : NULL;
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
    g_assert_cmpuint (need.frames, ==, (guint64) frames[i] * CLIP_SIZE * CLIP_SIZE * 3);
    g_assert_cmpint (need.windows, >, 1);
    if (i == 1)
      continue;
    {
      limn_model *model = clip_open_with (device, &motion);
      g_autofree struct clip *clip = clip_run (model, params);

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
  struct limn_generate_params base = clip_base ();
  struct limn_animate_params params = clip_params (&base);
  limn_model *model = clip_open (device, motion);
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
  clip = clip_run (model, params);
  g_assert_cmpint (read, ==, SOURCE_FRAMES);
  g_assert_cmpuint (golden_count (file, name), ==, SOURCE_FRAMES * CLIP_LATENTS);
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
  limn_model *model = clip_open (device, false);
  struct limn_generate_params base = clip_base ();
  struct limn_animate_params params = clip_params (&base);
  g_autofree struct clip *whole = NULL, *part = NULL;
  int read = 0;

  params.frames = 6;
  params.n_prompts = 0;
  params.windows = (struct limn_windows){ 0 };
  params.source = next_picture;
  params.source_data = &read;
  params.strength = 0.7f;
  whole = clip_run (model, params);
  read = params.first = 3;
  params.count = 2;
  params.latents = whole->latents;
  params.n_latents = CLIP_LATENTS;
  part = clip_run (model, params);
  g_assert_cmpint (read, ==, 5);
  g_assert_true (memcmp (part->pictures, whole->pictures, sizeof part->pictures) == 0);
  limn_model_free (model);
  limn_device_free (device);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  clip_begin ();
  g_test_add_func ("/animate/windows", test_windows);
  g_test_add_func ("/animate/coverage", test_coverage);
  for (gsize i = 0; i < G_N_ELEMENTS (run_cases); i++) {
    g_autofree char *name = g_strconcat ("animate/", run_cases[i].name, NULL);
    golden_add_long (name, test_run, &run_cases[i]);
  }
  g_test_add_func ("/animate/part", test_part);
  g_test_add_func ("/animate/alone", test_alone);
  golden_add_long ("animate/restyled", test_restyled, GINT_TO_POINTER (true));
  golden_add_long ("animate/restyled-alone", test_restyled, GINT_TO_POINTER (false));
  g_test_add_func ("/animate/restyled-part", test_restyled_part);
  golden_add_long ("animate/memory", test_memory, NULL);
  golden_add_long ("animate/memory-restyled", test_memory, GINT_TO_POINTER (true));
  result = g_test_run ();
  clip_end ();
  return result;
}
