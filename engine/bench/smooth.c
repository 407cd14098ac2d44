/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "limn.h"

#define BLOCK 8
#define REACH 7

/* The sum of the differences between a block of @now and that of @before which lies @dx, @dy
 * further; the search ends where it is more than @most. */
static guint
compare_blocks (
    const limn_image *before, const limn_image *now, int x, int y, int dx, int dy, guint most)
{
  guint sum = 0;

  for (int row = 0; row < BLOCK && sum <= most; row++) {
    const guint8 *a = now->pixels + ((gsize) (y + row) * (gsize) now->width + (gsize) x) * 3;
    const guint8 *b =
        before->pixels + ((gsize) (y + dy + row) * (gsize) now->width + (gsize) (x + dx)) * 3;

    for (int i = 0; i < BLOCK * 3; i++)
      sum += (guint) abs (a[i] - b[i]);
  }
  return sum;
}

struct move {
  int dx, dy, length; /* squared */
};

static int
compare_moves (gconstpointer a, gconstpointer b)
{
  return ((const struct move *) a)->length - ((const struct move *) b)->length;
}

/* The shortest come first, so that a move must be better to count. */
static GArray *
make_moves (void)
{
  GArray *moves = g_array_new (FALSE, FALSE, sizeof (struct move));

  for (int dy = -REACH; dy <= REACH; dy++)
    for (int dx = -REACH; dx <= REACH; dx++) {
      struct move move = { dx, dy, dx * dx + dy * dy };

      g_array_append_val (moves, move);
    }
  g_array_sort (moves, compare_moves);
  return moves;
}

/* Adds what one block has. */
static void
add_block (const limn_image *before,
           const limn_image *now,
           int x,
           int y,
           const GArray *moves,
           struct limn_bench_smoothness *sums)
{
  guint best = G_MAXUINT;
  int length = 0;

  for (guint i = 0; i < moves->len; i++) {
    const struct move *move = &g_array_index (moves, struct move, i);
    int left = x + move->dx, top = y + move->dy;
    guint sum;

    if (left < 0 || top < 0 || left + BLOCK > now->width || top + BLOCK > now->height)
      continue;
    sum = compare_blocks (before, now, x, y, move->dx, move->dy, best);
    if (i == 0)
      sums->plain += sum;
    if (sum < best) {
      best = sum;
      length = move->length;
    }
  }
  sums->registered += best;
  sums->flow += sqrt (length);
}

static void
add_pair (const limn_image *before,
          const limn_image *now,
          const GArray *moves,
          struct limn_bench_smoothness *smoothness)
{
  struct limn_bench_smoothness sums = { 0 };
  double blocks = (double) (now->width / BLOCK) * (now->height / BLOCK);

  for (int y = 0; y + BLOCK <= now->height; y += BLOCK)
    for (int x = 0; x + BLOCK <= now->width; x += BLOCK)
      add_block (before, now, x, y, moves, &sums);
  smoothness->plain += sums.plain / (blocks * BLOCK * BLOCK * 3);
  smoothness->registered += sums.registered / (blocks * BLOCK * BLOCK * 3);
  smoothness->flow += sums.flow / blocks;
}

static bool
add_frames (limn_film_reader *reader,
            const GArray *moves,
            struct limn_bench_smoothness *smoothness,
            GCancellable *cancellable,
            GError **error)
{
  g_autoptr (limn_image) before = NULL;

  for (;;) {
    g_autoptr (GError) problem = NULL;
    g_autoptr (limn_image) frame = NULL;

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return false;
    frame = limn_film_reader_next (reader, &problem);
    if (problem) {
      g_propagate_error (error, g_steal_pointer (&problem));
      return false;
    }
    if (!frame)
      return true;
    smoothness->frames++;
    if (before && before->width == frame->width && before->height == frame->height)
      add_pair (before, frame, moves, smoothness);
    limn_image_free (before);
    before = g_steal_pointer (&frame);
  }
}

bool
limn_bench_smooth (const char *path,
                   struct limn_bench_smoothness *smoothness,
                   GCancellable *cancellable,
                   GError **error)
{
  g_autoptr (limn_film_reader) reader = limn_film_reader_new (path, error);
  g_autoptr (GArray) moves = make_moves ();
  int width, height, pairs;
  double rate;

  *smoothness = (struct limn_bench_smoothness){ 0 };
  if (!reader)
    return false;
  limn_film_reader_info (reader, &width, &height, &rate);
  if (!add_frames (reader, moves, smoothness, cancellable, error))
    return false;
  pairs = smoothness->frames - 1;
  if (pairs < 1 || width < BLOCK || height < BLOCK) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                         "has %d frames of %d x %d pixels, wanted 2 and %d x %d at least",
                         smoothness->frames, width, height, BLOCK, BLOCK);
    return false;
  }
  smoothness->plain /= pairs;
  smoothness->registered /= pairs;
  smoothness->flow /= pairs;
  return true;
}
