/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

struct embedding_case {
  int rows, c;
  int n, tokens;
  int positions; /* 0: without a position table */
  gsize max_range;
};

static const struct embedding_case cases[] = {
  { 1, 1, 1, 1 },
  { 13, 5, 1, 7 },
  { 127, 64, 2, 77, .positions = 77 },
  { 300, 320, 1, 77, .positions = 100 },
  { 50, 3, 3, 13, .positions = 13 },
  { 13, 127, 2, 1, .positions = 4 },
  { 13, 4, 1, 70001 },

  /* the table is larger than a binding; texts never are */
  { 1000, 64, 2, 77, .positions = 77, .max_range = 65536 },
  { 700, 127, 1, 77, .positions = 100, .max_range = 65536 },
  { 7001, 13, 2, 77, .max_range = 65536 },
  { 300, 320, 3, 13, .positions = 13, .max_range = 65536 },
};

struct embedding_inputs {
  harness_input table, position;
  limn_tensor ids;
};

static limn_tensor
embedding (limn_pass *pass, gpointer data)
{
  struct embedding_inputs *inputs = data;
  return limn_embedding (pass, inputs->table.tensor, inputs->position.tensor, inputs->ids);
}

/* From everywhere in the table, its first and last row included, and every fifth one outside. */
static gint32 *
make_ids (int rows, int count)
{
  const gint32 outside[] = { -1, rows, G_MAXINT32, G_MININT32, rows + 1, -rows };
  gint32 *ids = g_new (gint32, count);
  for (int i = 0; i < count; i++) {
    ids[i] = (gint32) ((gint64) i * 7919 % rows);
    if (i % 5 == 4)
      ids[i] = outside[i / 5 % (int) G_N_ELEMENTS (outside)];
  }
  ids[count / 2] = rows - 1;
  return ids;
}

static void
run (harness *h, gsize index)
{
  const struct embedding_case *one = &cases[index];
  g_autofree gint32 *ids = make_ids (one->rows, one->n * one->tokens);
  struct embedding_inputs in = {
    .table =
        harness_weight (h, LIMN_WEIGHT_EMBEDDING, LIMN_DTYPE_F32, one->rows, 1, 1, one->c, NULL),
    .ids = harness_ids (h, ids, one->n, one->tokens),
  };
  if (one->positions > 0)
    in.position = harness_weight (h, LIMN_WEIGHT_EMBEDDING, LIMN_DTYPE_F16, one->positions, 1, 1,
                                  one->c, NULL);
  if (one->max_range > 0)
    harness_limit_range (h, one->max_range);
  harness_check (h, embedding, &in,
                 reference_embedding (in.table.array, in.position.array, ids, one->n, one->tokens),
                 0);
}

static void
describe (gsize index, GString *name)
{
  const struct embedding_case *one = &cases[index];
  g_string_append_printf (name, "%d rows of %d, %dx%d tokens", one->rows, one->c, one->n,
                          one->tokens);
  if (one->positions > 0)
    g_string_append_printf (name, ", %d positions", one->positions);
  if (one->max_range > 0)
    g_string_append (name, ", sliced");
}

int
main (int argc, char **argv)
{
  static const struct harness_table table = {
    .name = "embedding",
    .n_cases = G_N_ELEMENTS (cases),
    .describe = describe,
    .run = run,
  };
  harness_init (&argc, &argv);
  harness_add (&table);
  return harness_run ();
}
