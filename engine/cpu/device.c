/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/processor.h"

#include <omp.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "cpu/primitive.h"
#include "error.h"

/* --- threads --- */

/* The niceness of a thread is its own on Linux. One step is enough for whoever waits for a person
 * to go first, and takes nothing from the computing where nobody does. The main thread may be a
 * program's interface, or all of the program: it stays as it is, since it could not go back. */
static void
be_nice (void)
{
  static _Thread_local bool done;

  if (done || gettid () == getpid ())
    return;
  done = true;
  /* Not above its own: a thread inherits that of the one that made it. Never less than it has. */
  if (getpriority (PRIO_PROCESS, 0) <= getpriority (PRIO_PROCESS, (id_t) getpid ()))
    setpriority (PRIO_PROCESS, 0, getpriority (PRIO_PROCESS, (id_t) getpid ()) + 1);
}

/* OpenMP keeps a team for each thread that calls it, and the number is that thread's as well. */
void
limn_cpu_use_threads (struct limn_cpu *cpu)
{
  static _Thread_local int nice_threads;

  if (omp_get_max_threads () != cpu->threads)
    omp_set_num_threads (cpu->threads);
  if (nice_threads >= cpu->threads)
    return;
  nice_threads = cpu->threads;
  be_nice ();
#pragma omp parallel
  be_nice ();
}

/* --- the device --- */

static void
cpu_free (limn_device *device)
{
  struct limn_cpu *cpu = (struct limn_cpu *) device;

  g_clear_pointer (&cpu->primitives, g_hash_table_unref);
  g_clear_pointer (&cpu->layouts, g_ptr_array_unref);
  if (cpu->stream)
    dnnl_stream_destroy (cpu->stream);
  if (cpu->engine)
    dnnl_engine_destroy (cpu->engine);
  g_free (cpu);
}

static bool
cpu_write (limn_device *device, limn_tensor dst, const void *src, GError **error)
{
  memcpy (limn_cpu_data (dst), src, limn_tensor_bytes (dst));
  return true;
}

static bool
cpu_read (limn_device *device, limn_tensor src, void *dst, GError **error)
{
  memcpy (dst, limn_cpu_data (src), limn_tensor_bytes (src));
  return true;
}

static const struct limn_device_class cpu_class = {
  .kind = LIMN_DEVICE_CPU,
  .free = cpu_free,
  .buffer_new = limn_cpu_buffer_new,
  .buffer_free = limn_cpu_buffer_free,
  .write = cpu_write,
  .read = cpu_read,
  .weight_bytes = limn_cpu_weight_bytes,
  .weight_new = limn_cpu_weight_new,
  .scratch = {
    .conv2d = limn_cpu_conv2d_scratch,
    .linear = limn_cpu_linear_scratch,
    .attention = limn_cpu_attention_scratch,
  },
  .reorder = {
    .conv2d = limn_cpu_conv2d_reorder,
    .linear = limn_cpu_linear_reorder,
  },
  .ops = {
    .conv2d = limn_cpu_conv2d,
    .linear = limn_cpu_linear,
    .attention = limn_cpu_attention,
    .group_norm = limn_cpu_group_norm,
    .layer_norm = limn_cpu_layer_norm,
    .activate = limn_cpu_activate,
    .add = limn_cpu_add,
    .concat = limn_cpu_concat_op,
    .transpose = limn_cpu_transpose_op,
    .geglu = limn_cpu_geglu,
    .embedding = limn_cpu_embedding,
    .copy = limn_cpu_copy_op,
  },
};

/* --- what the processor can --- */

/* From the best down: what oneDNN says it uses, which DNNL_MAX_CPU_ISA can lower. */
static const struct {
  dnnl_cpu_isa_t isa;
  limn_cpu_isa kernels;
  const char *name;
  bool bf16;
} isas[] = {
  { dnnl_cpu_isa_avx512_core_amx, LIMN_CPU_ISA_AVX512_BF16, "AMX", true },
  { dnnl_cpu_isa_avx512_core_bf16, LIMN_CPU_ISA_AVX512_BF16, "AVX-512 with bf16", true },
  { dnnl_cpu_isa_avx512_core, LIMN_CPU_ISA_AVX512, "AVX-512", false },
  { dnnl_cpu_isa_avx2, LIMN_CPU_ISA_AVX2, "AVX2", false },
  { dnnl_cpu_isa_avx, LIMN_CPU_ISA_BASE, "AVX", false },
  { dnnl_cpu_isa_sse41, LIMN_CPU_ISA_BASE, "SSE4.1", false },
  { dnnl_cpu_isa_all, LIMN_CPU_ISA_BASE, "SSE2", false },
};

static gsize
find_isa (void)
{
  guint have = (guint) dnnl_get_effective_cpu_isa ();
  gsize i = 0;

  while ((have & (guint) isas[i].isa) != (guint) isas[i].isa)
    i++;
  return i;
}

static const struct limn_cpu_kernels *
find_kernels (limn_cpu_isa most)
{
  const struct limn_cpu_kernels *kernels = NULL;

  for (int isa = (int) MIN (most, limn_cpu_isa_best ()); !kernels; isa--)
    kernels = limn_cpu_kernels_get ((limn_cpu_isa) isa);
  return kernels;
}

static bool
choose_storage (limn_precision precision, gsize isa, limn_dtype *storage, GError **error)
{
  if (precision == LIMN_PRECISION_AUTO)
    precision = isas[isa].bf16 ? LIMN_PRECISION_BF16 : LIMN_PRECISION_F32;
  if (precision == LIMN_PRECISION_F16) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                         "the device cpu computes in f32 or bf16, not in f16");
    return false;
  }
  if (precision == LIMN_PRECISION_BF16 && !isas[isa].bf16) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                 "bf16 needs a processor with AVX512-BF16 or AMX, this one has %s: it computes "
                 "in f32",
                 isas[isa].name);
    return false;
  }
  *storage = precision == LIMN_PRECISION_BF16 ? LIMN_DTYPE_BF16 : LIMN_DTYPE_F32;
  return true;
}

limn_device *
limn_cpu_device_new (limn_precision precision, int threads, limn_debug debug, GError **error)
{
  gsize isa = find_isa ();
  limn_dtype storage;
  struct limn_cpu *cpu;

  if (!choose_storage (precision, isa, &storage, error))
    return NULL;
  cpu = g_new0 (struct limn_cpu, 1);
  cpu->base.klass = &cpu_class;
  cpu->base.debug = debug;
  cpu->base.storage = storage;
  cpu->base.name = limn_cpu_processor_name ();
  cpu->base.memory.total = limn_cpu_memory_total ();
  cpu->threads = threads > 0 ? threads : limn_cpu_processor_cores ();
  cpu->kernels = find_kernels (isas[isa].kernels);
  cpu->layouts = g_ptr_array_new_with_free_func (g_free);
  cpu->primitives = limn_cpu_primitives_new ();
  if (dnnl_engine_create (&cpu->engine, dnnl_cpu, 0) == dnnl_success &&
      dnnl_stream_create (&cpu->stream, cpu->engine, dnnl_stream_default_flags) == dnnl_success)
    return &cpu->base;
  g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_DEVICE, "oneDNN cannot use this processor");
  limn_device_free (&cpu->base);
  return NULL;
}

void
limn_cpu_devices_list (GPtrArray *list)
{
  struct limn_device_info *info = g_new0 (struct limn_device_info, 1);
  const dnnl_version_t *version = dnnl_version ();
  gsize isa = find_isa ();
  int cores = limn_cpu_processor_cores ();

  info->id = g_strdup ("cpu");
  info->name = limn_cpu_processor_name ();
  info->type = g_strdup ("processor");
  info->memory = limn_cpu_memory_total ();
  info->features =
      g_strdup_printf ("oneDNN %d.%d.%d, %s, %d core%s, computes in %s", version->major,
                       version->minor, version->patch, isas[isa].name, cores, cores == 1 ? "" : "s",
                       isas[isa].bf16 ? "bf16 or f32" : "f32");
  g_ptr_array_add (list, info);
}
