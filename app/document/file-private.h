/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document-private.h"

#define LIMN_FILE_MIMETYPE "image/openraster"
#define LIMN_FILE_STACK "stack.xml"
#define LIMN_FILE_MERGED "mergedimage.png"
#define LIMN_FILE_THUMBNAIL "Thumbnails/thumbnail.png"
#define LIMN_FILE_JSON "limn.json"

/* Of limn.json. A file with a higher one is read as far as it is understood. */
#define LIMN_FILE_VERSION 1

/* A layer as stack.xml has it. */
struct limn_stack_layer {
  char *src;
  GVariant *values[LIMN_N_LAYER_KEYS]; /* NULL: not said */
};

/* The canvas, and the layers of all nested stacks with the lowest first. */
struct limn_stack {
  int width, height;
  GPtrArray *layers; /* of limn_stack_layer */
};

void limn_stack_clear (struct limn_stack *stack);
bool limn_stack_read (const char *text,
                      gsize size,
                      const char *path,
                      struct limn_stack *stack,
                      GPtrArray *warnings,
                      GError **error);
/* @srcs [layers]. */
char *limn_stack_write (LimnDocument *document, const GPtrArray *srcs);

/* What limn.json says of a layer. */
struct limn_json_layer {
  char *src, *strokes, *kind, *foreign;
  gint64 id;
  guint64 checksum; /* of the PNG that the strokes made */
  GVariant *values[LIMN_N_LAYER_KEYS];
};

struct limn_json_result {
  char *src, *recipe;
  gint64 id;
  bool favourite;
};

struct limn_json_part {
  gint64 version;
  GVariant *settings[LIMN_N_SETTINGS];
  GPtrArray *layers;  /* of limn_json_layer */
  GPtrArray *results; /* of limn_json_result */
  char *foreign;      /* members that are not known, or NULL */
};

void limn_json_part_free (struct limn_json_part *part);
struct limn_json_part *limn_json_part_read (
    const char *text, gsize size, const char *path, GPtrArray *warnings, GError **error);
/* @checksums [layers] of the layers' PNGs; the names of strokes follow from @srcs. The caller frees
 * it. */
char *limn_json_part_write (LimnDocument *document, const GPtrArray *srcs, const GArray *checksums);

/* "data/x.png" gives "data/x.strokes"; the caller frees it. */
char *limn_file_strokes_name (const char *src);
/* The caller frees it. */
char *limn_file_result_name (const limn_result *result);
void limn_file_warn (GPtrArray *warnings, const char *path, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* Those of a layer that limn.json has; the others stand in stack.xml. */
bool limn_file_key_is_ours (limn_layer_key key);
