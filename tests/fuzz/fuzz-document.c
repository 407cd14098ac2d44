/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a .limn, .ora or .png file. It is tried as each of an archive's parts as well, which the
 * archive's checksums would keep it from: stack.xml, limn.json, strokes. */

#include "fuzz.h"

#include <string.h>

#include "document/composite.h"
#include "document/file-private.h"
#include "document/file.h"
#include "error.h"

/* Larger pictures cost time and show nothing new. */
#define MAX_SIDE 512

static GPtrArray *
warnings_new (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

/* A PNG anywhere in it that is larger. */
static bool
is_large (const uint8_t *data, size_t size)
{
  for (const uint8_t *at = data; at + 12 < data + size; at++)
    if (memcmp (at, "IHDR", 4) == 0 && (at[4] != 0 || at[5] != 0 || at[6] > MAX_SIDE >> 8 ||
                                        at[8] != 0 || at[9] != 0 || at[10] > MAX_SIDE >> 8))
      return true;
  return false;
}

static void
load (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) warnings = warnings_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LimnDocument) document =
      limn_document_load_bytes (data, size, "drawing.limn", warnings, &error);
  int width, height;

  fuzz_check (document != NULL, error, LIMN_ERROR);
  for (guint i = 0; i < warnings->len; i++)
    g_assert_null (strpbrk (g_ptr_array_index (warnings, i), "\r\n"));
  if (document == NULL)
    return;
  limn_document_get_size (document, &width, &height);
  g_assert_true (limn_pixels_size_ok (width, height));
  if (width <= MAX_SIDE && height <= MAX_SIDE) {
    g_autoptr (limn_image) image = limn_document_composite (document);

    g_assert_cmpint (image->width, ==, width);
  }
}

static void
read_stack (const char *data, size_t size)
{
  g_autoptr (GPtrArray) warnings = warnings_new ();
  g_autoptr (GError) error = NULL;
  struct limn_stack stack = { 0 };
  bool good = limn_stack_read (data, size, "drawing.ora", &stack, warnings, &error);

  fuzz_check (good, error, LIMN_ERROR);
  limn_stack_clear (&stack);
}

static void
read_json (const char *data, size_t size)
{
  g_autoptr (GPtrArray) warnings = warnings_new ();
  g_autoptr (GError) error = NULL;
  struct limn_json_part *part = limn_json_part_read (data, size, "drawing.limn", warnings, &error);

  fuzz_check (part != NULL, error, LIMN_ERROR);
  limn_json_part_free (part);
}

static void
read_strokes (const uint8_t *data, size_t size)
{
  limn_reader reader = limn_reader_init (data, size);
  g_autoptr (GPtrArray) ops = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_op_unref);
  limn_layer *layer = limn_layer_new (1, LIMN_LAYER_SCRIBBLE, 64, 48);

  limn_get_ops (&reader, ops);
  for (guint i = 0; i < ops->len; i++) {
    limn_op *op = g_ptr_array_index (ops, i);
    cairo_rectangle_int_t area;

    if (op->kind == LIMN_OP_RESIZE && (op->width > MAX_SIDE || op->height > MAX_SIDE))
      continue;
    g_assert_true (limn_layer_do (layer, op, &area));
  }
  while (layer->ops->len > 0) {
    cairo_rectangle_int_t area;

    g_assert_true (limn_layer_undo (layer, &area));
  }
  limn_layer_unref (layer);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (!is_large (data, size))
    load (data, size);
  read_stack ((const char *) data, size);
  read_json ((const char *) data, size);
  read_strokes (data, size);
  return 0;
}
