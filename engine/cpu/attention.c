/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/product.h"

/* Attention in tiles with an online softmax (arXiv:2112.05682, arXiv:2205.14135). K and V are
 * packed into panels first, for a few heads at a time; then a thread takes a tile of queries
 * through all tiles of keys, LIMN_ROWS queries at a time, so that their scores stay in the first
 * cache. */

#define QUERIES 64 /* of a tile; a multiple of LIMN_ROWS */
/* Of packed heads, which should stay in the last cache, unless one head alone is larger. */
#define PACKED_BYTES ((gsize) 4 << 20)
/* Of a tile of K, and as many of V: both stay in the second cache while all queries of a tile read
 * them. */
#define TILE_WORDS ((gsize) 32768)
#define TILE_KEYS 192 /* at most */
#define ALIGNMENT ((gsize) 64)

struct plan {
  const struct limn_cpu_attention *in;
  bool pairs;             /* bf16 multiplied as such */
  gsize row;              /* elements from one token to the next */
  gsize depth;            /* words of a query */
  gsize tile_keys;        /* of a tile, a multiple of LIMN_PANEL */
  gsize n_tiles;          /* of keys */
  gsize columns;          /* of the output, d rounded up to what panels hold */
  gsize k_words, v_words; /* of a packed tile */
  gsize group;            /* heads (of all pictures) that are packed at a time */
  gsize queries;          /* of a tile */
  gsize query_tiles;
  gsize thread_words;
  float scale; /* to the exponent of 2 */
};

/* What one thread works on. */
struct tile {
  const struct plan *plan;
  float *q;       /* [queries][depth] words */
  float *out;     /* [queries][columns] */
  float *scores;  /* [LIMN_ROWS][tile_keys] */
  float *sums;    /* [queries][LIMN_LANES]: of shares, by lanes */
  float *largest; /* [queries]: the largest score so far, scaled */
};

static gsize
round_up (gsize value, gsize unit)
{
  return (value + unit - 1) / unit * unit;
}

static gsize
plan_thread_words (const struct plan *plan)
{
  return round_up (QUERIES * (plan->depth + plan->columns + LIMN_LANES + 1) +
                       LIMN_ROWS * plan->tile_keys + LIMN_LANES,
                   ALIGNMENT / sizeof (float));
}

/* Fewer queries a tile where there would be too few tiles for all threads. */
static gsize
plan_queries (const struct limn_cpu_attention *in)
{
  gsize all = (gsize) in->n * (gsize) in->heads * (gsize) in->tokens;
  gsize wanted = 4 * (gsize) limn_cpu_threads (), queries = QUERIES;

  while (queries > 2 * LIMN_ROWS && all / queries < wanted)
    queries /= 2;
  return queries;
}

static struct plan
plan_new (const struct limn_cpu_attention *in)
{
  gsize d = (gsize) in->d, heads = (gsize) in->n * (gsize) in->heads;
  struct plan plan = {
    .in = in,
    .row = (gsize) in->heads * d,
    .columns = limn_panel_columns (d),
    .queries = plan_queries (in),
    .scale = (float) (M_LOG2E / sqrt ((double) in->d)),
  };

#ifdef __AVX512BF16__
  /* A hidden key that shares a word with a visible one would be multiplied, and may be NaN. */
  plan.pairs = in->dtype == LIMN_DTYPE_BF16 && !in->causal;
#endif
  plan.depth = plan.pairs ? (d + 1) / 2 : d;
  plan.tile_keys =
      CLAMP (TILE_WORDS / (plan.columns * LIMN_PANEL), 1, TILE_KEYS / LIMN_PANEL) * LIMN_PANEL;
  plan.tile_keys = MIN (plan.tile_keys, round_up ((gsize) in->keys, LIMN_PANEL));
  plan.n_tiles = ((gsize) in->keys + plan.tile_keys - 1) / plan.tile_keys;
  plan.k_words = plan.tile_keys * plan.depth;
  plan.v_words = plan.tile_keys / (plan.pairs ? 2 : 1) * plan.columns;
  plan.group = PACKED_BYTES / (plan.n_tiles * (plan.k_words + plan.v_words) * sizeof (float));
  plan.group = CLAMP (plan.group, 1, heads);
  plan.query_tiles = ((gsize) in->tokens + plan.queries - 1) / plan.queries;
  plan.thread_words = plan_thread_words (&plan);
  return plan;
}

gsize
LIMN_CPU_NAME (attention_scratch) (const struct limn_cpu_attention *attention)
{
  struct plan plan = plan_new (attention);
  gsize packed = plan.group * plan.n_tiles * (plan.k_words + plan.v_words);
  gsize words = packed + (gsize) limn_cpu_threads () * plan.thread_words;

  return words * sizeof (float);
}

/* --- packing --- */

/* Element (token, channel) of head @head (of all pictures) in an array of @tokens a picture. */
LIMN_INLINE gsize
element_at (const struct plan *plan, gsize tokens, gsize head, gsize token)
{
  gsize heads = (gsize) plan->in->heads, d = (gsize) plan->in->d;

  return (head / heads * tokens + token) * plan->row + head % heads * d;
}

/* Two bf16 as a word, the first in the lower half. */
LIMN_INLINE float
pair (guint16 first, guint16 second)
{
  return limn_float_from_bits ((guint32) first | (guint32) second << 16);
}

/* The words of a token's channels: word @i goes to to[i * stride]. */
LIMN_INLINE void
pack_token (const struct plan *plan, limn_dtype dtype, float *to, gsize stride, const void *from)
{
  gsize d = (gsize) plan->in->d;
  const guint16 *halves = from;

  if (!plan->pairs) {
    for (gsize i = 0; i < d; i++)
      to[i * stride] = limn_load (dtype, from, i);
    return;
  }
  for (gsize i = 0; i < d / 2; i++)
    to[i * stride] = pair (halves[2 * i], halves[2 * i + 1]);
  if (d % 2 != 0)
    to[d / 2 * stride] = pair (halves[d - 1], 0);
}

/* One tile of K, transposed: panels of [depth][columns] with a key a column, zero beyond the last.
 */
LIMN_INLINE void
pack_k_tile (limn_dtype dtype, const struct plan *plan, float *to, gsize head, gsize tile)
{
  gsize keys = (gsize) plan->in->keys, first = tile * plan->tile_keys;
  gsize count = MIN (keys - first, plan->tile_keys), columns = limn_panel_columns (count);

  for (gsize key = 0; key < columns; key++) {
    gsize panel = key / LIMN_PANEL * LIMN_PANEL, width = MIN (columns - panel, LIMN_PANEL);
    float *column = to + panel * plan->depth + (key - panel);

    if (key < count)
      pack_token (plan, dtype, column, width,
                  limn_at (dtype, plan->in->k, element_at (plan, keys, head, first + key)));
    else
      for (gsize i = 0; i < plan->depth; i++)
        column[i * width] = 0;
  }
}

/* The channels of one key, or with pairs of two of which @second may be missing, as row @k of every
 * panel; zero beyond d. */
LIMN_INLINE void
pack_v_row (limn_dtype dtype,
            const struct plan *plan,
            float *to,
            gsize depth,
            gsize k,
            const void *first,
            const void *second)
{
  gsize d = (gsize) plan->in->d;
  const guint16 *low = first, *high = second;

  for (gsize panel = 0; panel < plan->columns; panel += LIMN_PANEL) {
    gsize width = MIN (plan->columns - panel, LIMN_PANEL), count = MIN (d - panel, width);
    float *row = to + panel * depth + k * width;

    for (gsize i = 0; i < count; i++) {
      if (plan->pairs)
        row[i] = pair (low[panel + i], high != NULL ? high[panel + i] : 0);
      else
        row[i] = limn_load (dtype, first, panel + i);
    }
    for (gsize i = count; i < width; i++)
      row[i] = 0;
  }
}

/* One tile of V: panels of [keys][columns], or of half as many rows of pairs of keys. */
LIMN_INLINE void
pack_v_tile (limn_dtype dtype, const struct plan *plan, float *to, gsize head, gsize tile)
{
  gsize keys = (gsize) plan->in->keys, first = tile * plan->tile_keys;
  gsize count = MIN (keys - first, plan->tile_keys), step = plan->pairs ? 2 : 1;
  gsize depth = (count + step - 1) / step;
  const void *v = limn_at (dtype, plan->in->v, element_at (plan, keys, head, first));

  for (gsize k = 0; k < depth; k++) {
    const void *row = limn_at (dtype, v, k * step * plan->row);
    const void *next = k * step + 1 < count ? limn_at (dtype, row, plan->row) : NULL;

    pack_v_row (dtype, plan, to, depth, k, row, next);
  }
}

LIMN_INLINE void
pack_tile (limn_dtype dtype, const struct plan *plan, float *to, gsize head, gsize tile)
{
  pack_k_tile (dtype, plan, to, head, tile);
  pack_v_tile (dtype, plan, to + plan->k_words, head, tile);
}

/* Queries of a tile, with zero rows up to a multiple of LIMN_ROWS. */
LIMN_INLINE void
pack_queries (
    limn_dtype dtype, const struct plan *plan, float *to, gsize head, gsize first, gsize count)
{
  for (gsize i = 0; i < count; i++)
    pack_token (
        plan, dtype, to + i * plan->depth, 1,
        limn_at (dtype, plan->in->q, element_at (plan, (gsize) plan->in->tokens, head, first + i)));
  memset (to + count * plan->depth, 0,
          (round_up (count, LIMN_ROWS) - count) * plan->depth * sizeof *to);
}

/* --- softmax --- */

LIMN_INLINE limn_vector
vector_max (limn_vector a, limn_vector b)
{
  /* NaN in @a is passed over: it comes back by its own exponential. */
#if defined __AVX512F__
  return (limn_vector) _mm512_max_ps ((__m512) a, (__m512) b);
#elif defined __AVX2__
  return (limn_vector) _mm256_max_ps ((__m256) a, (__m256) b);
#else
  limn_bits_vector mask = (limn_bits_vector) (a > b);
  return (limn_vector) ((mask & (limn_bits_vector) a) | (~mask & (limn_bits_vector) b));
#endif
}

LIMN_INLINE float
largest_lane (limn_vector v)
{
#ifdef __AVX512F__
  return _mm512_reduce_max_ps ((__m512) v);
#else
  float largest = v[0];

  for (int i = 1; i < LIMN_LANES; i++)
    largest = v[i] > largest ? v[i] : largest;
  return largest;
#endif
}

/* 2^x to 1e-7 of it, or for shares that become bf16 to 1e-4; zero below the smallest normal number.
 * @x <= 0 or NaN. */
LIMN_INLINE limn_vector
vector_exp2 (limn_vector x, bool rough)
{
#ifdef __AVX512F__
  limn_vector f = (limn_vector) _mm512_reduce_ps ((__m512) x, 1); /* x - floor (x) */
  limn_vector p;

  if (rough) {
    p = f * 0.0780245289f + 0.226067156f;
    p = p * f + 0.695833564f;
    p = p * f + 0.999925196f;
  } else {
    p = f * 0.00187757681f + 0.00898933969f;
    p = p * f + 0.0558263175f;
    p = p * f + 0.240153611f;
    p = p * f + 0.693153083f;
    p = p * f + 0.99999994f;
  }
  return (limn_vector) _mm512_scalef_ps ((__m512) p, (__m512) x); /* p 2^floor (x) */
#else
  limn_vector shifted = x + 0x1.8p23f;
  limn_vector f = x - (shifted - 0x1.8p23f);
  limn_vector p = f * 0.00132764725f + 0.00967554096f;
  limn_bits_vector exponent = (limn_bits_vector) shifted << 23;
  limn_bits_vector small = (limn_bits_vector) (x < -126.0f);

  p = p * f + 0.0555071309f;
  p = p * f + 0.240221202f;
  p = p * f + 0.693146944f;
  p = p * f + 1.00000012f;
  return (limn_vector) (((limn_bits_vector) p + exponent) & ~small);
#endif
}

/* Turns @count scores of a query into shares relative to the largest so far, in place (bf16 with
 * pairs), and adds them to @sums. Returns what earlier shares must be multiplied by. */
LIMN_INLINE float
softmax_row (
    const struct plan *plan, bool pairs, float *scores, gsize count, float *largest, float *sums)
{
  gsize padded = round_up (count, LIMN_LANES);
  limn_vector top, total;

  for (gsize i = count; i < padded; i++)
    scores[i] = -INFINITY;
  top = limn_vector_load (scores);
  top = vector_max (top, (limn_vector){ 0 } - INFINITY);
  for (gsize i = LIMN_LANES; i < padded; i += LIMN_LANES)
    top = vector_max (limn_vector_load (scores + i), top);

  float before = *largest, now = MAX (before, largest_lane (top) * plan->scale);
  /* With all scores minus infinity so far the shares are zero, and so is their sum at the end. */
  float base = now == -INFINITY ? 0.0f : now;
  float factor =
      before == -INFINITY ? 0.0f : vector_exp2 ((limn_vector){ 0 } + (before - base), false)[0];
  *largest = now;
  total = limn_vector_load (sums) * factor;
  for (gsize i = 0; i < padded; i += LIMN_LANES) {
    limn_vector share = vector_exp2 (limn_vector_load (scores + i) * plan->scale - base, pairs);

    total += share;
#ifdef __AVX512BF16__
    if (pairs) {
      __m256bh narrow = _mm512_cvtneps_pbh ((__m512) share);
      memcpy ((guint16 *) scores + i, &narrow, sizeof narrow);
      continue;
    }
#endif
    limn_vector_store (scores + i, share);
  }
  limn_vector_store (sums, total);
  return factor;
}

LIMN_INLINE void
scale_row (float *row, gsize count, float factor)
{
#pragma omp simd
  for (gsize i = 0; i < count; i++)
    row[i] *= factor;
}

/* --- tiles --- */

/* Keys of a tile that query @query sees. */
static gsize
visible_keys (const struct plan *plan, gsize query, gsize first_key)
{
  gsize keys = (gsize) plan->in->keys;
  gsize end = plan->in->causal ? MIN (query + 1, keys) : keys;

  return end > first_key ? MIN (end - first_key, plan->tile_keys) : 0;
}

/* LIMN_ROWS queries from row @row of the tile on, which is token @query, and one tile of keys. */
LIMN_INLINE void
attend_rows (const struct tile *tile,
             bool pairs,
             const float *packed,
             gsize row,
             gsize query,
             gsize first_key)
{
  const struct plan *plan = tile->plan;
  gsize in_tile = MIN ((gsize) plan->in->keys - first_key, plan->tile_keys);
  gsize least = visible_keys (plan, query, first_key);
  bool add = first_key > 0; /* every query sees the first key, so its first tile starts the sums */
  float *out = tile->out + row * plan->columns;
  struct limn_product scores = { tile->scores, tile->q + row * plan->depth,
                                 packed,       plan->tile_keys,
                                 plan->depth,  plan->depth,
                                 plan->depth };
  struct limn_product shares = { out,
                                 tile->scores,
                                 packed + plan->k_words,
                                 plan->columns,
                                 plan->tile_keys,
                                 pairs ? (least + 1) / 2 : least,
                                 pairs ? (in_tile + 1) / 2 : in_tile };

  if (visible_keys (plan, query + LIMN_ROWS - 1, first_key) == 0)
    return;
  limn_product_rows (scores, pairs, false, LIMN_ROWS, limn_panel_columns (in_tile));
  for (gsize i = 0; i < LIMN_ROWS; i++) {
    gsize visible = visible_keys (plan, query + i, first_key);
    float factor = 1;

    if (visible > 0)
      factor = softmax_row (plan, pairs, tile->scores + i * plan->tile_keys, visible,
                            tile->largest + row + i, tile->sums + (row + i) * LIMN_LANES);
    if (add && factor != 1)
      scale_row (out + i * plan->columns, plan->columns, factor);
  }
  if (least == in_tile) {
    limn_product_rows (shares, pairs, add, LIMN_ROWS, plan->columns);
    return;
  }
  /* A hidden key must not be multiplied at all, since it may hold NaN. */
  for (gsize i = 0; i < LIMN_ROWS; i++) {
    shares.depth = visible_keys (plan, query + i, first_key);
    limn_product_rows (shares, false, add, 1, plan->columns);
    shares.c += plan->columns;
    shares.a += plan->tile_keys;
  }
}

LIMN_INLINE void
store_queries (limn_dtype dtype, const struct tile *tile, gsize head, gsize first, gsize count)
{
  const struct plan *plan = tile->plan;

  for (gsize i = 0; i < count; i++) {
    const float *row = tile->out + i * plan->columns;
    gsize at = element_at (plan, (gsize) plan->in->tokens, head, first + i);
    float sum = 0;

    for (gsize lane = 0; lane < LIMN_LANES; lane++)
      sum += tile->sums[i * LIMN_LANES + lane];
    sum = 1 / sum;
    for (gsize c = 0; c < (gsize) plan->in->d; c++)
      limn_store (dtype, plan->in->out, at + c, row[c] * sum);
  }
}

LIMN_INLINE void
attend_tile (limn_dtype dtype,
             const struct tile *tile,
             bool pairs,
             const float *packed,
             gsize head,
             gsize first)
{
  const struct plan *plan = tile->plan;
  gsize count = MIN ((gsize) plan->in->tokens - first, plan->queries);
  gsize words = plan->k_words + plan->v_words;

  pack_queries (dtype, plan, tile->q, head, first, count);
  memset (tile->sums, 0, plan->queries * LIMN_LANES * sizeof (float));
  for (gsize i = 0; i < plan->queries; i++)
    tile->largest[i] = -INFINITY;
  for (gsize key_tile = 0; key_tile < plan->n_tiles; key_tile++)
    for (gsize row = 0; row < count; row += LIMN_ROWS)
      attend_rows (tile, pairs, packed + key_tile * words, row, first + row,
                   key_tile * plan->tile_keys);
  store_queries (dtype, tile, head, first, count);
}

static void
attend (const struct tile *tile, const float *packed, gsize head, gsize first)
{
  if (tile->plan->in->dtype == LIMN_DTYPE_F32)
    attend_tile (LIMN_DTYPE_F32, tile, false, packed, head, first);
  else if (tile->plan->pairs)
    attend_tile (LIMN_DTYPE_BF16, tile, true, packed, head, first);
  else
    attend_tile (LIMN_DTYPE_BF16, tile, false, packed, head, first);
}

static struct tile
tile_new (const struct plan *plan, float *memory)
{
  struct tile tile = { .plan = plan, .q = memory };

  tile.out = tile.q + QUERIES * plan->depth;
  tile.scores = tile.out + QUERIES * plan->columns;
  tile.sums = tile.scores + LIMN_ROWS * plan->tile_keys;
  tile.largest = tile.sums + QUERIES * LIMN_LANES;
  return tile;
}

/* The part of one thread; all threads come here and meet at the end of each loop. */
static void
attend_group (
    const struct plan *plan, const struct tile *tile, float *packed, gsize first, gsize heads)
{
  gsize words = plan->k_words + plan->v_words;

#pragma omp for schedule(static)
  for (gsize i = 0; i < heads * plan->n_tiles; i++)
    LIMN_FOR_DTYPE (plan->in->dtype, pack_tile, plan, packed + i * words, first + i / plan->n_tiles,
                    i % plan->n_tiles);
#pragma omp for schedule(dynamic)
  for (gsize i = 0; i < heads * plan->query_tiles; i++) {
    gsize head = i / plan->query_tiles, query_tile = i % plan->query_tiles;

    attend (tile, packed + head * plan->n_tiles * words, first + head, query_tile * plan->queries);
  }
}

void
LIMN_CPU_NAME (attention) (const struct limn_cpu_attention *attention)
{
  struct plan plan = plan_new (attention);
  gsize heads = (gsize) attention->n * (gsize) attention->heads;
  float *packed = attention->scratch;
  float *own = packed + plan.group * plan.n_tiles * (plan.k_words + plan.v_words);

#pragma omp parallel
  {
    struct tile tile = tile_new (&plan, own + (gsize) limn_cpu_thread () * plan.thread_words);

    for (gsize first = 0; first < heads; first += plan.group)
      attend_group (&plan, &tile, packed, first, MIN (plan.group, heads - first));
  }
}
