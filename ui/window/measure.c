/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/measure.h"

#include <stdio.h>

#include "generate/queue.h"

bool
limn_measure_wanted (void)
{
  return g_getenv ("LIMN_MEASURE_START") != NULL;
}

static void
print_moment (const char *name)
{
  printf ("%s %" G_GINT64_FORMAT "\n", name, g_get_monotonic_time ());
  fflush (stdout);
}

static void
on_ready (LimnQueue *queue, GParamSpec *pspec, GtkWindow *window)
{
  if (!limn_queue_get_ready (queue))
    return;
  g_signal_handlers_disconnect_by_func (queue, on_ready, window);
  print_moment ("ready");
  gtk_window_close (window);
}

static void
on_after_paint (GdkFrameClock *clock, GtkWidget *window)
{
  g_signal_handlers_disconnect_by_func (clock, on_after_paint, window);
  print_moment ("frame");
  g_signal_connect (limn_queue_get_default (), "notify::ready", G_CALLBACK (on_ready), window);
  on_ready (limn_queue_get_default (), NULL, GTK_WINDOW (window));
}

void
limn_measure_window (GtkWidget *window)
{
  if (limn_measure_wanted ())
    g_signal_connect (gtk_widget_get_frame_clock (window), "after-paint",
                      G_CALLBACK (on_after_paint), window);
}
