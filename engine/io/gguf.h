/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "io/safetensors.h"

/* A .gguf file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3,
 * mapped into memory and checked as a whole before anything of it is used. Its tensors are
 * described as those of a .safetensors file, with the dimensions in PyTorch's order. Quantised ones
 * are of type NONE. */
typedef struct limn_gguf limn_gguf;

limn_gguf *limn_gguf_open (const char *path, GError **error);
void limn_gguf_free (limn_gguf *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_gguf, limn_gguf_free)

const char *limn_gguf_path (const limn_gguf *file);
/* @size bytes at @data, a place inside an entry's data. Fails where reading the mapping would end
 * the program: when the file was shortened meanwhile. */
bool
limn_gguf_read (const limn_gguf *file, const void *data, gsize size, void *buffer, GError **error);
/* NULL when there is none of that name. */
const struct limn_safetensors_entry *limn_gguf_find (const limn_gguf *file, const char *name);
/* All entries in the order of their offsets. */
const struct limn_safetensors_entry *limn_gguf_entries (const limn_gguf *file, gsize *count);
/* A string among the metadata, NULL when absent. */
const char *limn_gguf_metadata (const limn_gguf *file, const char *key);

/* Whether the entry is Q8_0 or Q4_0, whose values limn_gguf_dequantize() can tell. */
bool limn_gguf_is_quantized (const struct limn_safetensors_entry *entry);
/* @bytes are the entry's data; @values has room for all of its elements. */
void
limn_gguf_dequantize (const struct limn_safetensors_entry *entry, const void *bytes, float *values);
