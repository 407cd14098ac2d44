/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a PNG file whose texts are read, as it is and then with right checksums. */

#include "fuzz.h"

#include <string.h>

#include "error.h"
#include "io/png-text.h"

#define SIGNATURE_SIZE 8

static guint32
read_be32 (const uint8_t *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

/* PNG's checksum (ISO 3309), bit by bit. */
static guint32
crc32 (const uint8_t *bytes, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/* Gives every whole chunk the checksum of its bytes; how many there are. */
static guint
repair (uint8_t *bytes, gsize size)
{
  guint count = 0;

  for (gsize at = SIGNATURE_SIZE; at + 12 <= size; count++) {
    gsize length = read_be32 (bytes + at);
    guint32 crc;

    if (length > size - at - 12)
      break;
    crc = GUINT32_TO_BE (crc32 (bytes + at + 4, length + 4));
    memcpy (bytes + at + 8 + length, &crc, 4);
    at += 12 + length;
  }
  return count;
}

/* How many of the texts are whole. */
static guint
check_entries (const GPtrArray *texts)
{
  guint whole = 0;
  gsize total = 0;

  for (guint i = 0; i < texts->len; i++) {
    const struct limn_png_entry *entry = texts->pdata[i];

    g_assert_true (g_utf8_validate (entry->key, -1, NULL));
    g_assert_cmpuint (g_utf8_strlen (entry->key, -1), >=, 1);
    g_assert_cmpuint (g_utf8_strlen (entry->key, -1), <=, 79);
    if (entry->value == NULL)
      continue;
    g_assert_true (g_utf8_validate (entry->value, -1, NULL));
    g_assert_nonnull (limn_png_texts_find (texts, entry->key));
    total += strlen (entry->value);
    whole++;
  }
  /* Latin-1 takes two bytes in UTF-8, and a broken byte of UTF-8 becomes three. */
  g_assert_cmpuint (total, <=, LIMN_PNG_MAX_TEXT * 3);
  return whole;
}

static guint
decode (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) texts = limn_png_texts_decode (data, size, "fuzz.png", &error);

  fuzz_check (texts != NULL, error, LIMN_ERROR);
  return texts != NULL ? check_entries (texts) : 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree uint8_t *copy = g_memdup2 (data, size);
  guint whole = decode (data, size), chunks;

  if (size < SIGNATURE_SIZE)
    return 0;
  chunks = repair (copy, size);
  g_assert_cmpuint (whole, <=, decode (copy, size));
  g_assert_cmpuint (whole, <=, chunks);
  return 0;
}
