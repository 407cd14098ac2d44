/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/variant.h"

/* Variances come from two passes over a block that lies in a cache, the second relative to the
 * block's own mean, so that neither a large mean nor one value far from all others costs digits.
 * Blocks are put together in double (Chan, Golub and LeVeque 1983), in an order that does not
 * depend on the number of threads. */

#define PARTS 64                     /* of a picture, at most; each belongs to one thread */
#define BLOCK_BYTES ((gsize) 131072) /* what a second cache keeps */
#define MIN_BLOCK_ROWS ((gsize) 16)  /* so that sums over channels stay a small part of the work */

/* Of @count values: their mean, and the sum of squares of what they differ from it. */
struct moments {
  double count, mean, squares;
};

static void
moments_join (struct moments *all, struct moments more)
{
  double count = all->count + more.count;
  double delta = more.mean - all->mean;

  if (all->count == 0) {
    *all = more;
    return;
  }
  all->mean += delta * more.count / count;
  all->squares += more.squares + delta * delta * all->count * more.count / count;
  all->count = count;
}

/* From the sums, over @count values, of what they differ from @centre and of its square. */
static struct moments
moments_about (float centre, double sum, double squares, gsize count)
{
  double n = (double) count;

  return (struct moments){ n, centre + sum / n, squares - sum * sum / n };
}

static float
inverse_deviation (struct moments moments, float epsilon)
{
  return (float) (1 / sqrt (moments.squares / moments.count + (double) epsilon));
}

/* --- group norm --- */

/* The vectors of a block: [c] each. */
struct columns {
  float *sums, *differences, *squares;
};

LIMN_INLINE float
sum_of (const float *values, gsize count)
{
  float sum = 0;

#pragma omp simd reduction(+ : sum)
  for (gsize i = 0; i < count; i++)
    sum += values[i];
  return sum;
}

LIMN_INLINE void
add_columns (limn_dtype dtype, float *restrict sums, const void *row, gsize c)
{
#pragma omp simd
  for (gsize i = 0; i < c; i++)
    sums[i] += limn_load (dtype, row, i);
}

LIMN_INLINE void
add_differences (limn_dtype dtype, const struct columns *columns, const void *row, gsize c)
{
  const float *restrict means = columns->sums;
  float *restrict differences = columns->differences, *restrict squares = columns->squares;

#pragma omp simd
  for (gsize i = 0; i < c; i++) {
    float difference = limn_load (dtype, row, i) - means[i];

    differences[i] += difference;
    squares[i] += difference * difference;
  }
}

/* Rows [begin, end) of picture @x join the moments of all groups. */
LIMN_INLINE void
add_block (limn_dtype dtype,
           const struct limn_cpu_group_norm *norm,
           const void *x,
           gsize begin,
           gsize end,
           const struct columns *columns,
           struct moments *moments)
{
  gsize c = (gsize) norm->c, groups = (gsize) norm->groups, width = c / groups;
  gsize count = (end - begin) * width;

  memset (columns->sums, 0, c * sizeof (float));
  memset (columns->differences, 0, c * sizeof (float));
  memset (columns->squares, 0, c * sizeof (float));
  for (gsize row = begin; row < end; row++)
    add_columns (dtype, columns->sums, limn_at (dtype, x, row * c), c);
  for (gsize group = 0; group < groups; group++) {
    float *sums = columns->sums + group * width;
    float mean = sum_of (sums, width) / (float) count;

    for (gsize i = 0; i < width; i++)
      sums[i] = mean;
  }
  for (gsize row = begin; row < end; row++)
    add_differences (dtype, columns, limn_at (dtype, x, row * c), c);
  for (gsize group = 0; group < groups; group++) {
    double sum = (double) sum_of (columns->differences + group * width, width);
    double squares = (double) sum_of (columns->squares + group * width, width);

    moments_join (&moments[group],
                  moments_about (columns->sums[group * width], sum, squares, count));
  }
}

/* Group norm of one picture at a time, while it is still in a cache for the second reading. */
struct group_norm {
  const struct limn_cpu_group_norm *in;
  gsize parts, block_rows;
  struct moments *moments; /* [parts][groups] */
  float *means, *factors;  /* [c] of this picture: out = (x - mean) factor + shift */
};

static gsize
part_begin (const struct group_norm *norm, gsize part)
{
  return norm->in->positions * part / norm->parts;
}

LIMN_INLINE void
part_moments (limn_dtype dtype,
              const struct group_norm *norm,
              gsize picture,
              gsize part,
              const struct columns *columns)
{
  const struct limn_cpu_group_norm *in = norm->in;
  const void *x = limn_at (dtype, in->x, picture * in->positions * (gsize) in->c);
  struct moments *moments = norm->moments + part * (gsize) in->groups;
  gsize end = part_begin (norm, part + 1);

  memset (moments, 0, (gsize) in->groups * sizeof *moments);
  for (gsize row = part_begin (norm, part); row < end; row += norm->block_rows)
    add_block (dtype, in, x, row, MIN (row + norm->block_rows, end), columns, moments);
}

/* Mean and 1 / deviation of a group: those that were given, or what its parts come to. */
static void
group_statistics (const struct group_norm *norm, gsize group, float *mean, float *inverse)
{
  const struct limn_cpu_group_norm *in = norm->in;
  struct moments all = { 0 };

  if (in->statistics != NULL) {
    *mean = in->statistics[group * LIMN_GROUP_NORM_PARTS * 2];
    *inverse = in->statistics[group * LIMN_GROUP_NORM_PARTS * 2 + 1];
    return;
  }
  for (gsize part = 0; part < norm->parts; part++)
    moments_join (&all, norm->moments[part * (gsize) in->groups + group]);
  *mean = (float) all.mean;
  *inverse = inverse_deviation (all, in->epsilon);
}

static void
prepare_factors (const struct group_norm *norm)
{
  gsize groups = (gsize) norm->in->groups, width = (gsize) norm->in->c / groups;

  for (gsize group = 0; group < groups; group++) {
    float mean, inverse;

    group_statistics (norm, group, &mean, &inverse);
    for (gsize c = group * width; c < (group + 1) * width; c++) {
      norm->means[c] = mean;
      norm->factors[c] = inverse * norm->in->scale[c];
    }
  }
}

LIMN_INLINE void
apply_rows (limn_dtype dtype,
            limn_activation activation,
            const struct group_norm *norm,
            gsize begin, /* rows, over all pictures */
            gsize end)
{
  gsize c = (gsize) norm->in->c;
  const float *means = norm->means, *factors = norm->factors, *shift = norm->in->shift;

  for (gsize row = begin; row < end; row++) {
    const void *x = limn_at (dtype, norm->in->x, row * c);
    void *out = limn_at_out (dtype, norm->in->out, row * c);

#pragma omp simd
    for (gsize i = 0; i < c; i++) {
      float value = (limn_load (dtype, x, i) - means[i]) * factors[i] + shift[i];

      limn_store (dtype, out, i, limn_activation_of (activation, value));
    }
  }
}

LIMN_INLINE void
apply_part (limn_dtype dtype, const struct group_norm *norm, gsize picture, gsize part)
{
  gsize first = picture * norm->in->positions;
  gsize begin = first + part_begin (norm, part), end = first + part_begin (norm, part + 1);

  switch (norm->in->activation) {
  case LIMN_ACTIVATION_NONE:
    apply_rows (dtype, LIMN_ACTIVATION_NONE, norm, begin, end);
    break;
  case LIMN_ACTIVATION_SILU:
    apply_rows (dtype, LIMN_ACTIVATION_SILU, norm, begin, end);
    break;
  default: /* no model has these: not worth a loop of their own */
    apply_rows (dtype, norm->in->activation, norm, begin, end);
  }
}

/* The part of one thread; all threads come here and meet at the end of each loop. */
static void
normalise_picture (const struct group_norm *norm, gsize picture, const struct columns *columns)
{
  limn_dtype dtype = norm->in->dtype;
  gsize unknown = norm->in->statistics != NULL ? 0 : norm->parts;

#pragma omp for schedule(static)
  for (gsize part = 0; part < unknown; part++)
    LIMN_FOR_DTYPE (dtype, part_moments, norm, picture, part, columns);
#pragma omp single
  prepare_factors (norm);
#pragma omp for schedule(static)
  for (gsize part = 0; part < norm->parts; part++)
    LIMN_FOR_DTYPE (dtype, apply_part, norm, picture, part);
}

void
LIMN_CPU_NAME (group_norm) (const struct limn_cpu_group_norm *in)
{
  gsize c = (gsize) in->c, row_bytes = c * limn_dtype_size (in->dtype);
  struct group_norm norm = {
    .in = in,
    .block_rows = MAX (BLOCK_BYTES / row_bytes, MIN_BLOCK_ROWS),
    .parts = CLAMP (in->positions / MIN_BLOCK_ROWS, 1, PARTS),
  };
  g_autofree struct moments *moments = g_new (struct moments, norm.parts * (gsize) in->groups);
  g_autofree float *vectors = g_new (float, 2 * c);

  norm.moments = moments;
  norm.means = vectors;
  norm.factors = vectors + c;
#pragma omp parallel if ((gsize) in->n * in->positions * c > LIMN_CPU_SERIAL)
  {
    float *own = g_new (float, 3 * c);
    struct columns columns = { own, own + c, own + 2 * c };

    for (gsize picture = 0; picture < (gsize) in->n; picture++)
      normalise_picture (&norm, picture, &columns);
    g_free (own);
  }
}

/* --- layer norm --- */

LIMN_INLINE void
normalise_row (limn_dtype dtype, const struct limn_cpu_layer_norm *norm, void *out, const void *x)
{
  gsize c = (gsize) norm->c;
  float sum = 0, differences = 0, squares = 0, centre, mean, inverse;
  const float *scale = norm->scale, *shift = norm->shift;
  struct moments moments;

#pragma omp simd reduction(+ : sum)
  for (gsize i = 0; i < c; i++)
    sum += limn_load (dtype, x, i);
  centre = sum / (float) c;
#pragma omp simd reduction(+ : differences, squares)
  for (gsize i = 0; i < c; i++) {
    float difference = limn_load (dtype, x, i) - centre;

    differences += difference;
    squares += difference * difference;
  }

  moments = moments_about (centre, (double) differences, (double) squares, c);
  mean = (float) moments.mean;
  inverse = inverse_deviation (moments, norm->epsilon);
#pragma omp simd
  for (gsize i = 0; i < c; i++)
    limn_store (dtype, out, i, (limn_load (dtype, x, i) - mean) * (inverse * scale[i]) + shift[i]);
}

void
LIMN_CPU_NAME (layer_norm) (const struct limn_cpu_layer_norm *norm)
{
  gsize c = (gsize) norm->c;

#pragma omp parallel for if (norm->rows * c > LIMN_CPU_SERIAL)
  for (gsize row = 0; row < norm->rows; row++)
    LIMN_FOR_DTYPE (norm->dtype, normalise_row, norm, limn_at_out (norm->dtype, norm->out, row * c),
                    limn_at (norm->dtype, norm->x, row * c));
}
