/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/variant.h"

extern const struct limn_cpu_kernels LIMN_CPU_NAME (kernels);

const struct limn_cpu_kernels LIMN_CPU_NAME (kernels) = {
  .name = G_STRINGIFY (LIMN_CPU_VARIANT),
  .attention_scratch = LIMN_CPU_NAME (attention_scratch),
  .attention = LIMN_CPU_NAME (attention),
  .group_norm = LIMN_CPU_NAME (group_norm),
  .layer_norm = LIMN_CPU_NAME (layer_norm),
  .finish = LIMN_CPU_NAME (finish),
  .activate = LIMN_CPU_NAME (activate),
  .add = LIMN_CPU_NAME (add),
  .geglu = LIMN_CPU_NAME (geglu),
  .embedding = LIMN_CPU_NAME (embedding),
  .convert = LIMN_CPU_NAME (convert),
};
