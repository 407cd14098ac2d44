/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/bench.h"

#include <math.h>
#include <stdio.h>

#include <adwaita.h>

#include "canvas/canvas-private.h"
#include "json-writer.h"

#define SIDE 2048
#define LAYERS 6
#define WARM_FRAMES 30
#define FRAMES 300
#define POINTS 4 /* in a frame: a pen that reports 240 times a second */
#define WINDOW_WIDTH 1280
#define WINDOW_HEIGHT 960

enum what {
  WHAT_INTERVAL,
  WHAT_POINT,
  WHAT_UPDATE,
  WHAT_SHOWN,
  N_WHATS,
};

static const struct {
  const char *name, *title;
} whats[] = {
  [WHAT_INTERVAL] = { "frame-interval", "from frame to frame" },
  [WHAT_POINT] = { "stroke-point", "a point of a stroke, drawn on its layer" },
  [WHAT_UPDATE] = { "upload-and-compose", "the layers' changes uploaded and composed" },
  [WHAT_SHOWN] = { "stroke-to-frame", "from a frame's first point to its frame's end" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (whats) == N_WHATS);

struct run {
  LimnDocument *document;
  LimnCanvas *canvas;
  guint32 layer;
  int frame;
  gint64 last, begun;     /* monotonic, in microseconds */
  GArray *times[N_WHATS]; /* of double, in milliseconds */
};

/* --- the document --- */

static guint32
add_picture (LimnDocument *document, int width, int height, guint8 alpha)
{
  g_autoptr (limn_image) image = limn_image_new (width, height, 4);
  guint8 *pixel = image->pixels;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++, pixel += 4) {
      pixel[0] = (guint8) (x * 255 / width);
      pixel[1] = (guint8) (y * 255 / height);
      pixel[2] = (guint8) (x ^ y);
      pixel[3] = alpha;
    }
  return limn_document_add_picture (document, image, "picture", 0, 0,
                                    limn_document_n_layers (document));
}

/* Two pictures, one of them half transparent, and four drawings. */
static LimnDocument *
make_document (guint32 *layer)
{
  LimnDocument *document = limn_document_new (SIDE, SIDE);

  add_picture (document, SIDE, SIDE, 255);
  add_picture (document, SIDE, SIDE, 128);
  for (int i = 2; i < LAYERS; i++) {
    guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "drawing", (guint) i);

    if (i == 3)
      *layer = id;
  }
  return document;
}

/* --- frames --- */

static void
take_time (struct run *run, enum what what, gint64 since)
{
  double milliseconds = (double) (g_get_monotonic_time () - since) / 1000.0;

  if (run->frame >= WARM_FRAMES)
    g_array_append_val (run->times[what], milliseconds);
}

static void
add_point (struct run *run, double t)
{
  gint64 start = g_get_monotonic_time ();

  limn_document_stroke_add (run->document, SIDE * (0.5 + 0.4 * sin (0.050 * t)),
                            SIDE * (0.5 + 0.4 * sin (0.033 * t)), 0.5 + 0.5 * sin (0.1 * t),
                            (guint32) (t * 1000 / 240));
  take_time (run, WHAT_POINT, start);
}

static gboolean
on_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  struct run *run = data;

  if (run->last != 0)
    take_time (run, WHAT_INTERVAL, run->last);
  run->last = run->begun = g_get_monotonic_time ();
  for (int i = 0; i < POINTS; i++)
    add_point (run, run->frame * POINTS + i);
  return G_SOURCE_CONTINUE;
}

static void
on_after_paint (GdkFrameClock *clock, struct run *run)
{
  double update = (double) run->canvas->update_time / 1000.0;

  if (run->begun == 0)
    return;
  take_time (run, WHAT_SHOWN, run->begun);
  if (run->frame >= WARM_FRAMES)
    g_array_append_val (run->times[WHAT_UPDATE], update);
  run->begun = 0;
  run->frame++;
}

static void
draw (struct run *run)
{
  GtkWidget *canvas = GTK_WIDGET (run->canvas);
  GdkFrameClock *clock = gtk_widget_get_frame_clock (canvas);
  struct limn_brush brush = limn_brush_default;
  gulong handler = g_signal_connect (clock, "after-paint", G_CALLBACK (on_after_paint), run);
  guint tick;

  brush.size = 30;
  limn_document_stroke_begin (run->document, run->layer, &brush);
  tick = gtk_widget_add_tick_callback (canvas, on_tick, run, NULL);
  while (run->frame < WARM_FRAMES + FRAMES)
    g_main_context_iteration (NULL, TRUE);
  gtk_widget_remove_tick_callback (canvas, tick);
  g_signal_handler_disconnect (clock, handler);
  limn_document_stroke_end (run->document);
}

/* --- results --- */

static int
compare (gconstpointer a, gconstpointer b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

static void
print_times (const struct run *run, enum what what, bool as_json)
{
  const char *renderer = limn_canvas_get_renderer (run->canvas);
  GArray *times = run->times[what];
  double median, late;
  GString *json;

  g_array_sort (times, compare);
  median = g_array_index (times, double, times->len / 2);
  late = g_array_index (times, double, times->len * 95 / 100);
  if (!as_json) {
    printf ("%-6s %-46s %8.2f ms, 95 %% within %8.2f ms\n", renderer, whats[what].title, median,
            late);
    return;
  }
  json = limn_json_write_begin ();
  limn_json_write_string (json, "renderer", renderer);
  limn_json_write_string (json, "what", whats[what].name);
  limn_json_write_double (json, "median_milliseconds", median);
  limn_json_write_double (json, "p95_milliseconds", late);
  limn_json_write_end (json);
  printf ("%s\n", json->str);
  g_string_free (json, TRUE);
}

static void
on_message (LimnStudio *studio, const char *sentence)
{
  fprintf (stderr, "limn: %s\n", sentence);
}

static void
measure (bool with_gl, bool json)
{
  struct run run = { 0 };
  g_autoptr (LimnStudio) studio = NULL;
  GtkWidget *window = gtk_window_new ();

  run.document = make_document (&run.layer);
  studio = limn_studio_new (run.document);
  g_signal_connect (studio, "message", G_CALLBACK (on_message), NULL);
  run.canvas = LIMN_CANVAS (limn_canvas_new (studio));
  run.canvas->timed = true;
  for (int i = 0; i < N_WHATS; i++)
    run.times[i] = g_array_new (FALSE, FALSE, sizeof (double));
  gtk_window_set_default_size (GTK_WINDOW (window), WINDOW_WIDTH, WINDOW_HEIGHT);
  gtk_window_set_child (GTK_WINDOW (window), GTK_WIDGET (run.canvas));
  gtk_window_present (GTK_WINDOW (window));
  draw (&run);
  /* What has fallen back to Cairo is not measured as if it had not. */
  if (with_gl == g_str_equal (limn_canvas_get_renderer (run.canvas), "gl"))
    for (int i = 0; i < N_WHATS; i++)
      print_times (&run, (enum what) i, json);
  fflush (stdout);
  gtk_window_destroy (GTK_WINDOW (window));
  for (int i = 0; i < N_WHATS; i++)
    g_array_unref (run.times[i]);
  g_object_unref (run.document);
}

/* GTK chooses its renderer once in a process, so each measurement has one of its own. */
static bool
measure_apart (const char *renderer, bool json, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", error);
  g_autoptr (GSubprocess) process = NULL;

  g_subprocess_launcher_setenv (launcher, "LIMN_RENDERER", renderer, TRUE);
  if (program != NULL)
    process = g_subprocess_launcher_spawn (launcher, error, program, "bench", "canvas",
                                           json ? "--json" : NULL, NULL);
  return process != NULL && g_subprocess_wait_check (process, NULL, error);
}

bool
limn_canvas_bench (bool json, GError **error)
{
  const char *renderer = g_getenv ("LIMN_RENDERER");

  if (!gtk_init_check ()) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                 "bench canvas opens a window, and there is no display to open it on");
    return false;
  }
  if (renderer == NULL)
    return measure_apart ("gl", json, error) && measure_apart ("cairo", json, error);
  adw_init ();
  limn_canvas_choose_renderer ();
  measure (g_str_equal (renderer, "gl"), json);
  return true;
}
