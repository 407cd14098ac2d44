/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/kernels.h"

#include <math.h>
#include <string.h>

/* --- instruction sets --- */

extern const struct limn_cpu_kernels limn_cpu_kernels_base;

#ifdef LIMN_CPU_X86
extern const struct limn_cpu_kernels limn_cpu_kernels_avx2;
extern const struct limn_cpu_kernels limn_cpu_kernels_avx512;
extern const struct limn_cpu_kernels limn_cpu_kernels_avx512_bf16;

/* The names must be literals; the flags in meson.build are the same. */
static bool
has_avx2 (void)
{
  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
}

static bool
has_avx512 (void)
{
  return has_avx2 () && __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
         __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512vl");
}

static bool
has_avx512_bf16 (void)
{
  return has_avx512 () && __builtin_cpu_supports ("avx512bf16");
}
#endif

static bool
always (void)
{
  return true;
}

static const struct {
  const struct limn_cpu_kernels *kernels;
  bool (*supported) (void);
} isas[LIMN_N_CPU_ISAS] = {
  [LIMN_CPU_ISA_BASE] = { &limn_cpu_kernels_base, always },
#ifdef LIMN_CPU_X86
  [LIMN_CPU_ISA_AVX2] = { &limn_cpu_kernels_avx2, has_avx2 },
  [LIMN_CPU_ISA_AVX512] = { &limn_cpu_kernels_avx512, has_avx512 },
  [LIMN_CPU_ISA_AVX512_BF16] = { &limn_cpu_kernels_avx512_bf16, has_avx512_bf16 },
#endif
};

const struct limn_cpu_kernels *
limn_cpu_kernels_get (limn_cpu_isa isa)
{
  g_return_val_if_fail (isa < LIMN_N_CPU_ISAS, NULL);
  return isas[isa].kernels != NULL && isas[isa].supported () ? isas[isa].kernels : NULL;
}

limn_cpu_isa
limn_cpu_isa_best (void)
{
  limn_cpu_isa best = LIMN_CPU_ISA_BASE;

  for (int isa = LIMN_CPU_ISA_BASE; isa < LIMN_N_CPU_ISAS; isa++)
    if (limn_cpu_kernels_get ((limn_cpu_isa) isa) != NULL)
      best = (limn_cpu_isa) isa;
  return best;
}

/* --- what only moves bytes --- */

#define SERIAL_BYTES ((gsize) 65536)
#define CHUNK_BYTES ((gsize) 262144)

void
limn_cpu_concat (gsize size, void *out, const void *x, gsize a, const void *y, gsize b, gsize rows)
{
  gsize x_bytes = a * size, y_bytes = b * size, out_bytes = x_bytes + y_bytes;

#pragma omp parallel for if (rows * out_bytes > SERIAL_BYTES)
  for (gsize row = 0; row < rows; row++) {
    guint8 *to = (guint8 *) out + row * out_bytes;

    memcpy (to, (const guint8 *) x + row * x_bytes, x_bytes);
    memcpy (to + x_bytes, (const guint8 *) y + row * y_bytes, y_bytes);
  }
}

void
limn_cpu_copy (void *out, const void *x, gsize bytes)
{
#pragma omp parallel for if (bytes > SERIAL_BYTES)
  for (gsize begin = 0; begin < bytes; begin += CHUNK_BYTES)
    memcpy ((guint8 *) out + begin, (const guint8 *) x + begin, MIN (CHUNK_BYTES, bytes - begin));
}

void
limn_cpu_transpose (gsize size, void *out, const void *x, int n, int h, int w, int c)
{
  gsize pixel = (gsize) c * size, row_bytes = (gsize) w * pixel, out_bytes = (gsize) h * pixel;

#pragma omp parallel for if ((gsize) n * (gsize) h * row_bytes > SERIAL_BYTES)
  for (int i = 0; i < n * w; i++) {
    guint8 *to = (guint8 *) out + (gsize) i * out_bytes;
    const guint8 *from =
        (const guint8 *) x + (gsize) (i / w) * (gsize) h * row_bytes + (gsize) (i % w) * pixel;

    for (int row = 0; row < h; row++, to += pixel, from += row_bytes)
      memcpy (to, from, pixel);
  }
}

/* The row or column of @in that @target of @out shows. */
static gsize
resize_source (int target, int in, int out)
{
  float ratio = (float) in / (float) out;

  return (gsize) MIN ((int) floorf ((float) target * ratio), in - 1);
}

static void
resize_row (guint8 *to, int out_w, const guint8 *from, int w, gsize pixel)
{
  for (int column = 0; column < out_w; column++, to += pixel)
    memcpy (to, from + resize_source (column, w, out_w) * pixel, pixel);
}

void
limn_cpu_resize (
    gsize size, void *out, int out_h, int out_w, const void *x, int n, int h, int w, int c)
{
  gsize pixel = (gsize) c * size, row_bytes = (gsize) w * pixel;
  gsize out_bytes = (gsize) out_w * pixel;

#pragma omp parallel for if ((gsize) n * (gsize) out_h * out_bytes > SERIAL_BYTES)
  for (int i = 0; i < n * out_h; i++) {
    gsize source = (gsize) (i / out_h) * (gsize) h + resize_source (i % out_h, h, out_h);

    resize_row ((guint8 *) out + (gsize) i * out_bytes, out_w,
                (const guint8 *) x + source * row_bytes, w, pixel);
  }
}
