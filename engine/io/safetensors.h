/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "tensor.h"

/* A .safetensors file (https://github.com/huggingface/safetensors), mapped into memory and checked
 * as a whole before anything of it is used: header length, JSON, types, shapes against sizes,
 * offsets in range and not overlapping. */
typedef struct limn_safetensors limn_safetensors;

#define LIMN_SAFETENSORS_MAX_DIMS 8

struct limn_safetensors_entry {
  const char *name;
  limn_dtype dtype; /* NONE for types that Limn does not compute with (I64, F64, U8, BOOL, ...) */
  const char *dtype_name; /* as the file says it */
  int n_dims;
  gint64 shape[LIMN_SAFETENSORS_MAX_DIMS];
  const void *data; /* into the mapping, perhaps unaligned */
  gsize size;       /* bytes */
};

limn_safetensors *limn_safetensors_open (const char *path, GError **error);
void limn_safetensors_free (limn_safetensors *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_safetensors, limn_safetensors_free)

const char *limn_safetensors_path (const limn_safetensors *file);
/* @size bytes at @data, a place inside an entry's data. Fails where reading the mapping would end
 * the program: when the file was shortened meanwhile. */
bool limn_safetensors_read (
    const limn_safetensors *file, const void *data, gsize size, void *buffer, GError **error);
/* NULL when there is none of that name. */
const struct limn_safetensors_entry *limn_safetensors_find (const limn_safetensors *file,
                                                            const char *name);
/* All entries in the order of their offsets. */
const struct limn_safetensors_entry *limn_safetensors_entries (const limn_safetensors *file,
                                                               gsize *count);
/* From "__metadata__", NULL when absent. */
const char *limn_safetensors_metadata (const limn_safetensors *file, const char *key);

/* "[320, 4, 3, 3]"; the caller frees it. */
char *limn_shape_to_string (int n_dims, const gint64 *shape);
