/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-random.h"

#include <stdio.h>
#include <unistd.h>

#include "json-writer.h"
#include "limn.h"
#include "number.h"
#include "paths.h"
#include "signals.h"

/* Tenths that a line is printed for where there is no terminal. */
#define LINES 10

struct progress {
  GCancellable *cancellable;
  bool json, terminal;
  bool deaf; /* what is printed goes nowhere, as on a full disk */
  int shown; /* hundredths or tenths, by what is printed */
};

static void
print_progress (const struct progress *progress, guint64 done, guint64 total)
{
  g_autofree char *amount = limn_format_bytes (done);
  int percent = (int) (done * 100 / total);

  if (progress->json) {
    GString *json = limn_json_write_begin ();

    limn_json_write_uint (json, "bytes", done);
    limn_json_write_uint (json, "total", total);
    limn_json_write_end (json);
    printf ("%s\n", json->str);
    g_string_free (json, TRUE);
  } else if (progress->terminal) {
    printf ("\r%3d %%  %s\033[K%s", percent, amount, done == total ? "\n" : "");
  } else {
    printf ("%3d %%  %s\n", percent, amount);
  }
  fflush (stdout);
}

/* Writing blocks the main thread, so signals are looked for here. */
static void
on_progress (guint64 done, guint64 total, gpointer data)
{
  struct progress *progress = data;
  int parts = progress->terminal && !progress->json ? 100 : LINES;
  int part = (int) (done * (guint64) parts / total);

  while (g_main_context_iteration (NULL, FALSE))
    continue;
  if (part == progress->shown)
    return;
  progress->shown = part;
  print_progress (progress, done, total);
  if (ferror (stdout)) {
    progress->deaf = true;
    g_cancellable_cancel (progress->cancellable);
  }
}

bool
limn_bench_random (const char *path, bool f32, bool json, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  struct progress progress = {
    .cancellable = cancellable,
    .json = json,
    .terminal = isatty (STDOUT_FILENO),
    .shown = -1,
  };
  limn_signals *signals;
  bool good;

  if (!limn_check_output (path, error))
    return false;
  signals = limn_signals_watch (cancellable);
  good = limn_bench_make_random_sd15 (path, f32, on_progress, &progress, cancellable, error);
  limn_signals_free (signals);
  if (!good && progress.deaf) {
    g_clear_error (error);
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_FILE, "standard output cannot be written");
  }
  if (!good && progress.terminal && !json && progress.shown >= 0)
    printf ("\n");
  return good;
}
