/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>

#include "limn.h"
#include "pipeline/model.h"

/* The times of one generation's events. */
struct clock {
  const limn_device *device;
  gint64 start, decode;
  double first, last; /* device->flops when the first and the last step were done */
  GArray *steps;      /* of gint64, when each step was done */
};

static void
mark_step (struct clock *clock, gint64 now)
{
  g_array_append_val (clock->steps, now);
  clock->last = clock->device->flops;
  if (clock->steps->len == 1)
    clock->first = clock->last;
}

static void
on_event (const struct limn_event *event, gpointer data)
{
  struct clock *clock = data;
  gint64 now = g_get_monotonic_time ();

  if (event->kind == LIMN_EVENT_STEP)
    mark_step (clock, now);
  else if (event->kind == LIMN_EVENT_DECODE)
    clock->decode = now;
}

static double
seconds_between (gint64 from, gint64 to)
{
  return (double) (to - from) / G_USEC_PER_SEC;
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

static double
median_step (const struct clock *clock)
{
  guint count = clock->steps->len - 1;
  g_autofree double *steps = g_new (double, count);

  for (guint i = 0; i < count; i++)
    steps[i] = seconds_between (g_array_index (clock->steps, gint64, i),
                                g_array_index (clock->steps, gint64, i + 1));
  qsort (steps, count, sizeof *steps, compare_doubles);
  return steps[count / 2];
}

static bool
draw (limn_model *model,
      const struct limn_generate_params *params,
      struct clock *clock,
      GCancellable *cancellable,
      GError **error)
{
  struct limn_generate_params own = *params;
  g_autoptr (limn_image) image = NULL;

  own.event = on_event;
  own.event_data = clock;
  own.preview = LIMN_PREVIEW_NONE;
  g_array_set_size (clock->steps, 0);
  clock->device = model->device;
  clock->start = g_get_monotonic_time ();
  image = limn_generate (model, &own, cancellable, error);
  return image != NULL;
}

/* --- operators of a step --- */

struct profile {
  GArray *parts; /* of struct limn_bench_part */
  bool done;
};

static void
on_operator (const char *op, double seconds, gpointer data)
{
  struct profile *profile = data;
  GArray *parts = profile->parts;
  struct limn_bench_part part = { op, seconds, 1 };

  if (profile->done)
    return;
  for (guint i = 0; i < parts->len; i++) {
    struct limn_bench_part *known = &g_array_index (parts, struct limn_bench_part, i);
    if (strcmp (known->op, op) == 0) {
      known->seconds += seconds;
      known->calls++;
      return;
    }
  }
  g_array_append_val (parts, part);
}

static int
compare_parts (gconstpointer a, gconstpointer b)
{
  const struct limn_bench_part *first = a, *second = b;

  return (first->seconds < second->seconds) - (first->seconds > second->seconds);
}

/* Keeps the operators of the second step: the first one records, the decoder comes after. */
static void
on_profile_event (const struct limn_event *event, gpointer data)
{
  struct profile *profile = data;

  if (event->kind == LIMN_EVENT_STEP && event->step == 1)
    g_array_set_size (profile->parts, 0);
  else if (event->kind == LIMN_EVENT_STEP)
    profile->done = true;
}

static bool
profile_step (limn_model *model,
              const struct limn_generate_params *params,
              GArray *parts,
              GCancellable *cancellable,
              GError **error)
{
  struct profile profile = { .parts = parts };
  struct limn_generate_params own = *params;
  g_autoptr (limn_image) image = NULL;

  own.steps = 2;
  own.event = on_profile_event;
  own.event_data = &profile;
  own.preview = LIMN_PREVIEW_NONE;
  limn_device_set_profile (model->device, on_operator, &profile);
  image = limn_generate (model, &own, cancellable, error);
  limn_device_set_profile (model->device, NULL, NULL);
  g_array_sort (parts, compare_parts);
  return image != NULL;
}

struct limn_bench_model *
limn_bench_model (limn_model *model,
                  const struct limn_generate_params *params,
                  GCancellable *cancellable,
                  GError **error)
{
  struct clock clock = { .steps = g_array_new (FALSE, FALSE, sizeof (gint64)) };
  struct limn_bench_model *result = g_new0 (struct limn_bench_model, 1);

  result->parts = g_array_new (FALSE, FALSE, sizeof (struct limn_bench_part));
  if (!draw (model, params, &clock, cancellable, error))
    goto fail;
  if (!draw (model, params, &clock, cancellable, error))
    goto fail;
  result->total = seconds_between (clock.start, g_get_monotonic_time ());
  result->step = median_step (&clock);
  result->flops = (clock.last - clock.first) / (clock.steps->len - 1);
  result->decode = result->total - seconds_between (clock.start, clock.decode);
  result->text = seconds_between (clock.start, g_array_index (clock.steps, gint64, 0));
  result->text = MAX (result->text - result->step, 0);
  if (!profile_step (model, params, result->parts, cancellable, error))
    goto fail;
  g_array_unref (clock.steps);
  return result;

fail:
  g_array_unref (clock.steps);
  limn_bench_model_free (result);
  return NULL;
}

void
limn_bench_model_free (struct limn_bench_model *result)
{
  if (!result)
    return;
  g_array_unref (result->parts);
  g_free (result);
}

bool
limn_bench_memory (limn_model *model,
                   const struct limn_generate_params *params,
                   guint64 *peak,
                   guint64 *second,
                   GCancellable *cancellable,
                   GError **error)
{
  struct clock clock = { .steps = g_array_new (FALSE, FALSE, sizeof (gint64)) };
  guint64 current, current_then = 0, peak_then = 0;
  bool good = true;

  for (int i = 0; good && i < 2; i++) {
    peak_then = i > 0 ? *peak : 0;
    current_then = i > 0 ? current : 0;
    good = draw (model, params, &clock, cancellable, error);
    limn_device_memory_use (model->device, &current, peak);
  }
  *second = (current > current_then ? current - current_then : 0) + (*peak - peak_then);
  g_array_unref (clock.steps);
  return good;
}
