/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signals.h"

#include <signal.h>

#include <glib-unix.h>

static const int watched[] = { SIGINT, SIGTERM };

struct limn_signals {
  GCancellable *cancellable;
  guint sources[G_N_ELEMENTS (watched)];
};

/* GLib restores a signal's default action when its last source goes. */
static void
unwatch (limn_signals *signals)
{
  for (gsize i = 0; i < G_N_ELEMENTS (watched); i++)
    g_clear_handle_id (&signals->sources[i], g_source_remove);
}

static gboolean
on_signal (gpointer data)
{
  limn_signals *signals = data;

  unwatch (signals);
  g_cancellable_cancel (signals->cancellable);
  return G_SOURCE_REMOVE;
}

limn_signals *
limn_signals_watch (GCancellable *cancellable)
{
  limn_signals *signals = g_new0 (limn_signals, 1);

  signals->cancellable = g_object_ref (cancellable);
  for (gsize i = 0; i < G_N_ELEMENTS (watched); i++)
    signals->sources[i] = g_unix_signal_add (watched[i], on_signal, signals);
  return signals;
}

void
limn_signals_free (limn_signals *signals)
{
  if (signals == NULL)
    return;
  unwatch (signals);
  g_object_unref (signals->cancellable);
  g_free (signals);
}
