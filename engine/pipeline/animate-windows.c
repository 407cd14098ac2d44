/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/animate-windows.h"

#include <math.h>

const char *const limn_windows_names[] = {
  [LIMN_WINDOWS_UNIFORM] = "uniform",
  [LIMN_WINDOWS_LOOPED] = "looped",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_windows_names) == LIMN_N_WINDOWS_KINDS + 1);

/* The bits of @step mirrored behind the point: 0, 1/2, 1/4, 3/4, 1/8, ... spread evenly whatever
 * the number of steps. */
static double
halving (int step)
{
  double value = 0;

  for (double bit = 0.5; step > 0; step >>= 1, bit /= 2)
    value += step & 1 ? bit : 0;
  return value;
}

/* @length frames from @first on, @apart from each other, round the end of the clip. */
static void
add_window (GArray *all, int first, int length, int apart, int frames)
{
  for (int i = 0; i < length; i++) {
    int frame = (first + i * apart) % frames;

    g_array_append_val (all, frame);
  }
}

/* As AnimateDiff-CLI has them with a closed loop. */
static void
add_looped (GArray *all, const struct limn_windows *windows, int frames, int step, int apart)
{
  int shift = (int) rint (frames * halving (step)),
      hop = windows->length * apart - windows->overlap;

  for (int first = shift + (int) (halving (step) * apart); first < frames + shift; first += hop)
    add_window (all, first, windows->length, apart, frames);
}

/* Those that would begin before the clip or end behind it are moved inside. */
static void
add_uniform (GArray *all, const struct limn_windows *windows, int frames, int step, int apart)
{
  int span = (windows->length - 1) * apart + 1, hop = windows->length * apart - windows->overlap;
  int first = -(int) (hop * halving (step)), last = -1;

  for (; last < frames - span; first += hop) {
    int begin = CLAMP (first, 0, frames - span);

    if (begin != last)
      add_window (all, begin, windows->length, apart, frames);
    last = begin;
  }
}

void
limn_window_list_init (struct limn_window_list *list,
                       const struct limn_windows *windows,
                       int frames,
                       int step)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (int));

  g_assert (windows->length >= 1 && windows->overlap >= 0 && windows->overlap < windows->length);
  list->length = MIN (windows->length, frames);
  if (frames <= windows->length)
    add_window (all, 0, frames, 1, frames);
  for (int i = 0; frames > windows->length && i < MAX (windows->stride, 1); i++) {
    if ((windows->length - 1) * ((gint64) 1 << i) + 1 > frames)
      break;
    (windows->kind == LIMN_WINDOWS_LOOPED ? add_looped : add_uniform) (all, windows, frames, step,
                                                                       1 << i);
  }
  list->n = (int) all->len / list->length;
  list->frames = (int *) (void *) g_array_free (all, FALSE);
}

void
limn_window_list_clear (struct limn_window_list *list)
{
  g_clear_pointer (&list->frames, g_free);
}

float
limn_window_weight (int i, int length)
{
  return (float) MIN (i + 1, length - i);
}
