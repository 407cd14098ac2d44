/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/bytes.h"

#include <math.h>
#include <string.h>

void
limn_put_uint (GByteArray *out, guint64 value)
{
  guint8 bytes[10];
  guint count = 0;

  do {
    bytes[count++] = (guint8) ((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>= 7;
  } while (value > 0);
  g_byte_array_append (out, bytes, count);
}

void
limn_put_int (GByteArray *out, gint64 value)
{
  limn_put_uint (out, ((guint64) value << 1) ^ (value < 0 ? G_MAXUINT64 : 0));
}

void
limn_put_fixed32 (GByteArray *out, guint32 value)
{
  value = GUINT32_TO_LE (value);
  g_byte_array_append (out, (const guint8 *) &value, sizeof value);
}

void
limn_put_fixed64 (GByteArray *out, guint64 value)
{
  value = GUINT64_TO_LE (value);
  g_byte_array_append (out, (const guint8 *) &value, sizeof value);
}

void
limn_put_double (GByteArray *out, double value)
{
  guint64 bits;

  memcpy (&bits, &value, sizeof bits);
  limn_put_fixed64 (out, bits);
}

void
limn_put_blob (GByteArray *out, const void *bytes, gsize size)
{
  limn_put_uint (out, size);
  if (size > 0)
    g_byte_array_append (out, bytes, (guint) size);
}

void
limn_put_string (GByteArray *out, const char *text)
{
  limn_put_blob (out, text, text != NULL ? strlen (text) : 0);
}

/* --- reading --- */

limn_reader
limn_reader_init (const void *bytes, gsize size)
{
  static const guint8 nothing[1];
  const guint8 *at = bytes != NULL ? bytes : nothing;

  return (limn_reader){ .at = at, .end = at + (bytes != NULL ? size : 0) };
}

static guint64
fail (limn_reader *reader)
{
  reader->bad = true;
  reader->at = reader->end;
  return 0;
}

guint64
limn_get_uint (limn_reader *reader)
{
  guint64 value = 0;

  for (int shift = 0; shift < 64; shift += 7) {
    guint8 byte;

    if (reader->at >= reader->end)
      return fail (reader);
    byte = *reader->at++;
    if (shift == 63 && byte > 1)
      return fail (reader);
    value |= (guint64) (byte & 0x7f) << shift;
    if (byte < 0x80)
      return value;
  }
  return fail (reader);
}

guint64
limn_get_uint_max (limn_reader *reader, guint64 max)
{
  guint64 value = limn_get_uint (reader);

  return value <= max ? value : fail (reader);
}

gint64
limn_get_int (limn_reader *reader)
{
  guint64 value = limn_get_uint (reader);

  return (gint64) ((value >> 1) ^ (value & 1 ? G_MAXUINT64 : 0));
}

int
limn_get_int_range (limn_reader *reader, int min, int max)
{
  gint64 value = limn_get_int (reader);

  if (!reader->bad && value >= min && value <= max)
    return (int) value;
  fail (reader);
  return min > 0 ? min : 0;
}

guint32
limn_get_fixed32 (limn_reader *reader)
{
  guint32 value;

  if (reader->end - reader->at < (gssize) sizeof value)
    return (guint32) fail (reader);
  memcpy (&value, reader->at, sizeof value);
  reader->at += sizeof value;
  return GUINT32_FROM_LE (value);
}

guint64
limn_get_fixed64 (limn_reader *reader)
{
  guint64 value;

  if (reader->end - reader->at < (gssize) sizeof value)
    return fail (reader);
  memcpy (&value, reader->at, sizeof value);
  reader->at += sizeof value;
  return GUINT64_FROM_LE (value);
}

double
limn_get_double (limn_reader *reader)
{
  guint64 bits = limn_get_fixed64 (reader);
  double value;

  memcpy (&value, &bits, sizeof value);
  if (isfinite (value))
    return value;
  fail (reader);
  return 0.0;
}

const guint8 *
limn_get_blob (limn_reader *reader, gsize *size)
{
  const guint8 *bytes;

  *size = limn_get_uint (reader);
  if (reader->bad || *size > (gsize) (reader->end - reader->at)) {
    *size = fail (reader);
    return NULL;
  }
  bytes = reader->at;
  reader->at += *size;
  return bytes;
}

char *
limn_get_string (limn_reader *reader)
{
  gsize size;
  const guint8 *bytes = limn_get_blob (reader, &size);

  if (bytes != NULL && g_utf8_validate_len ((const char *) bytes, size, NULL))
    return g_strndup ((const char *) bytes, size);
  fail (reader);
  return g_strdup ("");
}

bool
limn_reader_finish (const limn_reader *reader)
{
  return !reader->bad && reader->at == reader->end;
}

guint64
limn_checksum (const void *bytes, gsize size)
{
  const guint8 *at = bytes;
  guint64 hash = G_GUINT64_CONSTANT (0xcbf29ce484222325) ^ size;

  for (; size >= 8; at += 8, size -= 8) {
    guint64 word;

    memcpy (&word, at, 8);
    hash = (hash ^ GUINT64_FROM_LE (word)) * G_GUINT64_CONSTANT (0x100000001b3);
    hash ^= hash >> 29;
  }
  for (; size > 0; at++, size--)
    hash = (hash ^ *at) * G_GUINT64_CONSTANT (0x100000001b3);
  return hash;
}
