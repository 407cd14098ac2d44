/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "json-writer.h"
#include "limn.h"
#include "number.h"

#define MAX_BAR 40
#define DEFAULT_COLUMNS 80

typedef void (*show_func) (limn_progress *progress, const struct limn_progress_message *message);

struct limn_progress {
  FILE *out;
  const show_func *show; /* by limn_progress_kind */
  bool json;
  bool line_is_open; /* on a terminal: a line without its end is on the screen */
  double first_step; /* seconds at the end of the first step */
};

void
limn_progress_message_free (struct limn_progress_message *message)
{
  if (message == NULL)
    return;
  g_free (message->path);
  g_free (message->name);
  g_free (message);
}

/* The first step also records the pass and makes its pipelines, so it says little of the others. */
static double
seconds_left (limn_progress *progress, const struct limn_progress_message *message)
{
  int left = message->steps - message->step;

  if (message->step <= 1) {
    progress->first_step = message->seconds;
    return message->seconds * left;
  }
  return (message->seconds - progress->first_step) / (message->step - 1) * left;
}

static char *
format_seconds (double seconds)
{
  if (seconds < 60)
    return g_strdup_printf ("%.1f s", seconds);
  return g_strdup_printf ("%d min %02d s", (int) seconds / 60, (int) seconds % 60);
}

/* --- plain lines --- */

static void
plain_load (limn_progress *progress, const struct limn_progress_message *message)
{
  fprintf (progress->out, "device: %s\n", message->name);
}

static void
plain_start (limn_progress *progress, const struct limn_progress_message *message)
{
  if (message->pictures > 1)
    fprintf (progress->out, "picture %d of %d: ", message->picture, message->pictures);
  fprintf (progress->out, "model %s, %dx%d, %d steps, seed %" G_GUINT64_FORMAT "\n", message->name,
           message->width, message->height, message->steps, message->seed);
}

static void
plain_text (limn_progress *progress, const struct limn_progress_message *message)
{
  fprintf (progress->out, "note: the prompt is read in %d chunks\n", message->chunks);
}

static void
plain_step (limn_progress *progress, const struct limn_progress_message *message)
{
  g_autofree char *passed = format_seconds (message->seconds);
  g_autofree char *left = format_seconds (seconds_left (progress, message));
  g_autofree char *memory = limn_format_bytes (message->memory);

  fprintf (progress->out, "step %d/%d, %s, %s left, %s\n", message->step, message->steps, passed,
           left, memory);
}

static void
plain_decode (limn_progress *progress, const struct limn_progress_message *message)
{
  fprintf (progress->out, "decoding\n");
}

static void
plain_result (limn_progress *progress, const struct limn_progress_message *message)
{
  g_autofree char *seconds = format_seconds (message->seconds);
  g_autofree char *memory = limn_format_bytes (message->memory);

  fprintf (progress->out, "%s: %dx%d, seed %" G_GUINT64_FORMAT ", %s, at most %s\n", message->path,
           message->width, message->height, message->seed, seconds, memory);
}

static const show_func plain_form[LIMN_N_PROGRESS] = {
  [LIMN_PROGRESS_LOAD] = plain_load,     [LIMN_PROGRESS_START] = plain_start,
  [LIMN_PROGRESS_TEXT] = plain_text,     [LIMN_PROGRESS_STEP] = plain_step,
  [LIMN_PROGRESS_DECODE] = plain_decode, [LIMN_PROGRESS_RESULT] = plain_result,
};

/* --- terminal --- */

static int
terminal_columns (FILE *out)
{
  struct winsize size;

  if (ioctl (fileno (out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return DEFAULT_COLUMNS;
}

static void
close_line (limn_progress *progress)
{
  if (progress->line_is_open)
    fputs ("\r\033[K", progress->out);
  progress->line_is_open = false;
}

/* The bar gives way where the terminal is narrow; a line that wraps could not be redrawn. */
static void
draw_line (limn_progress *progress, double done, const char *words)
{
  int columns = terminal_columns (progress->out);
  int bar = MIN (columns - (int) strlen (words) - 4, MAX_BAR);
  int filled = (int) (done * bar + 0.5);

  fputs ("\r\033[K", progress->out);
  if (bar >= 8) {
    fputc ('[', progress->out);
    for (int i = 0; i < bar; i++)
      fputc (i < filled ? '#' : '.', progress->out);
    fputs ("] ", progress->out);
  }
  fprintf (progress->out, "%.*s", MAX (columns - 1, 1), words);
  progress->line_is_open = true;
}

static void
terminal_load (limn_progress *progress, const struct limn_progress_message *message)
{
  plain_load (progress, message);
  draw_line (progress, 0, "loading");
}

static void
terminal_start (limn_progress *progress, const struct limn_progress_message *message)
{
  close_line (progress);
  plain_start (progress, message);
  draw_line (progress, 0, "starting");
}

static void
terminal_text (limn_progress *progress, const struct limn_progress_message *message)
{
  close_line (progress);
  plain_text (progress, message);
}

static void
terminal_step (limn_progress *progress, const struct limn_progress_message *message)
{
  g_autofree char *left = format_seconds (seconds_left (progress, message));
  g_autofree char *memory = limn_format_bytes (message->memory);
  g_autofree char *words =
      g_strdup_printf ("step %d/%d, %s left, %s", message->step, message->steps, left, memory);

  draw_line (progress, (double) message->step / message->steps, words);
}

static void
terminal_decode (limn_progress *progress, const struct limn_progress_message *message)
{
  draw_line (progress, 1, "decoding");
}

static void
terminal_result (limn_progress *progress, const struct limn_progress_message *message)
{
  close_line (progress);
  plain_result (progress, message);
}

static const show_func terminal_form[LIMN_N_PROGRESS] = {
  [LIMN_PROGRESS_LOAD] = terminal_load,     [LIMN_PROGRESS_START] = terminal_start,
  [LIMN_PROGRESS_TEXT] = terminal_text,     [LIMN_PROGRESS_STEP] = terminal_step,
  [LIMN_PROGRESS_DECODE] = terminal_decode, [LIMN_PROGRESS_RESULT] = terminal_result,
};

/* --- JSON --- */

static GString *
json_event (const char *event)
{
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "event", event);
  return json;
}

static void
json_write (limn_progress *progress, GString *json)
{
  limn_json_write_end (json);
  fprintf (progress->out, "%s\n", json->str);
  g_string_free (json, TRUE);
}

static void
json_load (limn_progress *progress, const struct limn_progress_message *message)
{
  GString *json = json_event ("load");

  limn_json_write_string (json, "device", message->name);
  json_write (progress, json);
}

static void
json_start (limn_progress *progress, const struct limn_progress_message *message)
{
  GString *json = json_event ("start");

  limn_json_write_string (json, "model", message->name);
  limn_json_write_uint (json, "width", (guint64) message->width);
  limn_json_write_uint (json, "height", (guint64) message->height);
  limn_json_write_uint (json, "steps", (guint64) message->steps);
  limn_json_write_uint (json, "seed", message->seed);
  if (message->pictures > 1) {
    limn_json_write_uint (json, "picture", (guint64) message->picture);
    limn_json_write_uint (json, "pictures", (guint64) message->pictures);
  }
  json_write (progress, json);
}

static void
json_text (limn_progress *progress, const struct limn_progress_message *message)
{
  GString *json = json_event ("text");

  limn_json_write_uint (json, "chunks", (guint64) message->chunks);
  json_write (progress, json);
}

static void
json_step (limn_progress *progress, const struct limn_progress_message *message)
{
  GString *json = json_event ("step");

  limn_json_write_uint (json, "step", (guint64) message->step);
  limn_json_write_uint (json, "steps", (guint64) message->steps);
  limn_json_write_double (json, "seconds", message->seconds);
  limn_json_write_double (json, "left", seconds_left (progress, message));
  limn_json_write_uint (json, "memory", message->memory);
  if (message->path != NULL)
    limn_json_write_string (json, "preview", message->path);
  json_write (progress, json);
}

static void
json_decode (limn_progress *progress, const struct limn_progress_message *message)
{
  GString *json = json_event ("decode");

  limn_json_write_double (json, "seconds", message->seconds);
  limn_json_write_uint (json, "memory", message->memory);
  json_write (progress, json);
}

static void
json_result (limn_progress *progress, const struct limn_progress_message *message)
{
  GString *json = json_event ("result");

  limn_json_write_string (json, "path", message->path);
  limn_json_write_uint (json, "seed", message->seed);
  limn_json_write_uint (json, "width", (guint64) message->width);
  limn_json_write_uint (json, "height", (guint64) message->height);
  limn_json_write_double (json, "seconds", message->seconds);
  limn_json_write_uint (json, "memory", message->memory);
  json_write (progress, json);
}

static const show_func json_form[LIMN_N_PROGRESS] = {
  [LIMN_PROGRESS_LOAD] = json_load,     [LIMN_PROGRESS_START] = json_start,
  [LIMN_PROGRESS_TEXT] = json_text,     [LIMN_PROGRESS_STEP] = json_step,
  [LIMN_PROGRESS_DECODE] = json_decode, [LIMN_PROGRESS_RESULT] = json_result,
};

/* --- all forms --- */

static const show_func *
pick_form (FILE *out, bool json)
{
  if (json)
    return json_form;
  if (isatty (fileno (out)) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0)
    return terminal_form;
  return plain_form;
}

limn_progress *
limn_progress_new (FILE *out, bool json)
{
  limn_progress *progress = g_new0 (limn_progress, 1);

  progress->out = out;
  progress->json = json;
  progress->show = pick_form (out, json);
  return progress;
}

void
limn_progress_free (limn_progress *progress)
{
  g_free (progress);
}

bool
limn_progress_show (limn_progress *progress,
                    const struct limn_progress_message *message,
                    GError **error)
{
  int code;

  progress->show[message->kind](progress, message);
  if (fflush (progress->out) == 0 && !ferror (progress->out))
    return true;
  code = errno;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "standard output cannot be written: %s",
               g_strerror (code));
  return false;
}

void
limn_progress_fail (limn_progress *progress, const GError *failure)
{
  if (progress->json) {
    bool cancelled = g_error_matches (failure, LIMN_ERROR, LIMN_ERROR_CANCELLED);
    GString *json = json_event (cancelled ? "cancelled" : "error");

    if (!cancelled)
      limn_json_write_string (json, "message", failure->message);
    json_write (progress, json);
  }
  close_line (progress);
  fflush (progress->out);
}
