/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The compact binary form of commands, strokes and layers: numbers in little-endian base 128 with
 * the sign in the lowest bit, floats as their IEEE bits in little-endian order, blobs and strings
 * after their length. */

void limn_put_uint (GByteArray *out, guint64 value);
void limn_put_int (GByteArray *out, gint64 value);
void limn_put_double (GByteArray *out, double value);
void limn_put_blob (GByteArray *out, const void *bytes, gsize size);
/* NULL is written as the empty string. */
void limn_put_string (GByteArray *out, const char *text);
void limn_put_fixed32 (GByteArray *out, guint32 value);
void limn_put_fixed64 (GByteArray *out, guint64 value);

/* Reads foreign bytes. After the first failure @bad is set and everything that is read is 0. */
typedef struct {
  const guint8 *at, *end;
  bool bad;
} limn_reader;

limn_reader limn_reader_init (const void *bytes, gsize size);
guint64 limn_get_uint (limn_reader *reader);
/* Fails when it is larger than @max. */
guint64 limn_get_uint_max (limn_reader *reader, guint64 max);
gint64 limn_get_int (limn_reader *reader);
/* Fails when it is outside [@min, @max]. */
int limn_get_int_range (limn_reader *reader, int min, int max);
/* Fails for what is not finite. */
double limn_get_double (limn_reader *reader);
/* The bytes stay where they are; NULL after a failure. */
const guint8 *limn_get_blob (limn_reader *reader, gsize *size);
/* UTF-8 without NUL; never NULL. The caller frees it. */
char *limn_get_string (limn_reader *reader);
guint32 limn_get_fixed32 (limn_reader *reader);
guint64 limn_get_fixed64 (limn_reader *reader);
/* Whether all was read and nothing is left. */
bool limn_reader_finish (const limn_reader *reader);

/* FNV-1a with 64 bits over words of 8 bytes: finds what was cut or overwritten, not what was
 * forged. */
guint64 limn_checksum (const void *bytes, gsize size);
