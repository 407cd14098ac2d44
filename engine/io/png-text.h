/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* The texts of a PNG, read without its pixels: the chunks tEXt, zTXt and iTXt (PNG specification,
 * third edition, 11.3.3), before and after the picture. */
struct limn_png_entry {
  char *key;   /* UTF-8 */
  char *value; /* UTF-8; NULL where the chunk is broken or too long */
};

/* Bytes that all texts of a file may have together once they are inflated; what follows is left
 * out, so that a small file cannot become a large text. */
#define LIMN_PNG_MAX_TEXT ((gsize) 256 << 20)

/* Of struct limn_png_entry, in the order of the file and freed with the array. Chunks that are cut
 * off are left out: what stands before them is still good. LIMN_ERROR_FILE, or FORMAT for what is
 * no PNG. */
GPtrArray *limn_png_texts_load (const char *path, GError **error);
/* The same from memory; @name stands in messages. */
GPtrArray *limn_png_texts_decode (const void *bytes, gsize size, const char *name, GError **error);

/* The first one with that key that is whole, or NULL. */
const char *limn_png_texts_find (const GPtrArray *texts, const char *key);

/* A chunk of its own with length and checksum, for a file that somebody else wrote: tEXt for ASCII,
 * else iTXt without compression. Both are UTF-8; freed by the caller. */
GByteArray *limn_png_text_chunk (const char *key, const char *value);
