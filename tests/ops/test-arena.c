/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arena.h"

#define A LIMN_ARENA_ALIGNMENT

static gsize
padded (gsize size)
{
  return (MAX (size, 1) + A - 1) / A * A;
}

static void
test_alignment (void)
{
  static const gsize sizes[] = { 1, 0, A, A + 1, 3, 2 * A - 1, 2 };
  g_autoptr (limn_arena) arena = limn_arena_new ();
  gsize end = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_assert_cmpuint (limn_arena_alloc (arena, sizes[i]), ==, end);
    end += padded (sizes[i]);
    g_assert_cmpuint (limn_arena_used (arena), ==, end);
    g_assert_cmpuint (limn_arena_peak (arena), ==, end);
  }
}

static void
test_best_fit (void)
{
  g_autoptr (limn_arena) arena = limn_arena_new ();
  gsize large = limn_arena_alloc (arena, 4 * A), wall1 = limn_arena_alloc (arena, A);
  gsize small = limn_arena_alloc (arena, 2 * A), wall2 = limn_arena_alloc (arena, A);
  limn_arena_release (arena, large);
  limn_arena_release (arena, small);
  g_assert_cmpuint (limn_arena_used (arena), ==, 2 * A);

  g_assert_cmpuint (limn_arena_alloc (arena, 2 * A), ==, small);
  g_assert_cmpuint (limn_arena_alloc (arena, 3 * A), ==, large);
  g_assert_cmpuint (limn_arena_alloc (arena, A), ==, large + 3 * A);
  g_assert_cmpuint (limn_arena_alloc (arena, A), ==, wall2 + A);
  g_assert_cmpuint (limn_arena_peak (arena), ==, 9 * A);
  g_assert_cmpuint (wall1, ==, large + 4 * A);
}

/* Three neighbours given back in every order make one range again. */
static void
test_join (void)
{
  static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                   { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++) {
    g_autoptr (limn_arena) arena = limn_arena_new ();
    gsize offsets[3];
    for (int j = 0; j < 3; j++)
      offsets[j] = limn_arena_alloc (arena, A);
    gsize wall = limn_arena_alloc (arena, A);
    for (int j = 0; j < 3; j++)
      limn_arena_release (arena, offsets[orders[i][j]]);
    g_assert_cmpuint (limn_arena_alloc (arena, 3 * A), ==, offsets[0]);
    g_assert_cmpuint (limn_arena_used (arena), ==, 4 * A);
    g_assert_cmpuint (limn_arena_peak (arena), ==, wall + A);
  }
}

/* A free range at the end is lengthened, not skipped. */
static void
test_grow (void)
{
  g_autoptr (limn_arena) arena = limn_arena_new ();
  limn_arena_alloc (arena, A);
  gsize last = limn_arena_alloc (arena, A);
  limn_arena_release (arena, last);
  g_assert_cmpuint (limn_arena_alloc (arena, 5 * A), ==, last);
  g_assert_cmpuint (limn_arena_peak (arena), ==, 6 * A);
}

static void
test_reset (void)
{
  g_autoptr (limn_arena) arena = limn_arena_new ();
  limn_arena_alloc (arena, 7 * A);
  limn_arena_alloc (arena, A);
  limn_arena_reset (arena);
  g_assert_cmpuint (limn_arena_used (arena), ==, 0);
  g_assert_cmpuint (limn_arena_peak (arena), ==, 8 * A);
  g_assert_cmpuint (limn_arena_alloc (arena, A), ==, 0);
  g_assert_cmpuint (limn_arena_peak (arena), ==, 8 * A);
}

/* --- random sequences against a plain list of what is allocated --- */

struct range {
  gsize offset, size;
};

static gboolean
range_is_free (const GArray *ranges, struct range wanted)
{
  for (guint i = 0; i < ranges->len; i++) {
    struct range other = g_array_index (ranges, struct range, i);
    if (wanted.offset < other.offset + other.size && other.offset < wanted.offset + wanted.size)
      return FALSE;
  }
  return TRUE;
}

static gsize
total (const GArray *ranges)
{
  gsize sum = 0;
  for (guint i = 0; i < ranges->len; i++)
    sum += g_array_index (ranges, struct range, i).size;
  return sum;
}

static void
random_step (GRand *rand, limn_arena *arena, GArray *ranges, gsize *end)
{
  if (ranges->len > 0 && g_rand_int_range (rand, 0, 100) < 45) {
    guint i = (guint) g_rand_int_range (rand, 0, (gint32) ranges->len);
    limn_arena_release (arena, g_array_index (ranges, struct range, i).offset);
    g_array_remove_index_fast (ranges, i);
  } else {
    gsize size = (gsize) g_rand_int_range (rand, 0, g_rand_boolean (rand) ? 10 * A : 400);
    struct range added = { limn_arena_alloc (arena, size), padded (size) };
    g_assert_cmpuint (added.offset % A, ==, 0);
    g_assert_true (range_is_free (ranges, added));
    g_array_append_val (ranges, added);
    *end = MAX (*end, added.offset + added.size);
  }
  g_assert_cmpuint (limn_arena_used (arena), ==, total (ranges));
  g_assert_cmpuint (limn_arena_peak (arena), ==, *end);
}

static void
test_random (void)
{
  for (guint32 seed = 1; seed <= 20; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autoptr (limn_arena) arena = limn_arena_new ();
    g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (struct range));
    gsize end = 0;
    for (int step = 0; step < 600; step++)
      random_step (rand, arena, ranges, &end);
    for (guint i = 0; i < ranges->len; i++)
      limn_arena_release (arena, g_array_index (ranges, struct range, i).offset);
    g_assert_cmpuint (limn_arena_used (arena), ==, 0);

    /* Empty again: one allocation takes all that there ever was. */
    g_assert_cmpuint (limn_arena_alloc (arena, end), ==, 0);
    g_assert_cmpuint (limn_arena_peak (arena), ==, end);
  }
}

/* Measuring and recording call the same sequence and must get the same offsets. */
static void
test_repeatable (void)
{
  g_autoptr (limn_arena) arena = limn_arena_new ();
  gsize first[2] = { 0 };
  for (gsize round = 0; round < 3; round++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (42);
    g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (struct range));
    gsize end = 0, sum = 0;
    for (int step = 0; step < 300; step++) {
      random_step (rand, arena, ranges, round == 0 ? &end : &first[1]);
      if (ranges->len > 0)
        sum = sum * 31 + g_array_index (ranges, struct range, ranges->len - 1).offset;
    }
    if (round == 0)
      first[0] = sum, first[1] = end;
    g_assert_cmpuint (sum, ==, first[0]);
    limn_arena_reset (arena);
  }
}

static void
test_release_of_nothing (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (limn_arena) arena = limn_arena_new ();
    limn_arena_alloc (arena, 2 * A);
    limn_arena_release (arena, A);
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/arena/alignment", test_alignment);
  g_test_add_func ("/arena/best-fit", test_best_fit);
  g_test_add_func ("/arena/join", test_join);
  g_test_add_func ("/arena/grow", test_grow);
  g_test_add_func ("/arena/reset", test_reset);
  g_test_add_func ("/arena/random", test_random);
  g_test_add_func ("/arena/repeatable", test_repeatable);
  g_test_add_func ("/arena/release-of-nothing", test_release_of_nothing);
  limn_arena_free (NULL);
  return g_test_run ();
}
