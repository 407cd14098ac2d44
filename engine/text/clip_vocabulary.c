/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/clip_vocabulary.h"

#include <gio/gio.h>
#include <string.h>

#include "io/file.h"

#define N_BYTES 256
#define N_TOKENS 49408
#define N_MERGES (N_TOKENS - 2 * N_BYTES - 2)
/* Bytes of the text; OpenAI's has 3.2 million. */
#define MAX_TEXT (16 << 20)

static char *
read_text (const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GConverter) converter =
      G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  g_autoptr (GInputStream) packed = NULL, stream = NULL;
  g_autoptr (GError) local = NULL;
  g_autofree char *text = g_malloc (MAX_TEXT + 1);
  gsize length = 0;

  packed = G_INPUT_STREAM (g_file_read (file, NULL, &local));
  if (packed != NULL) {
    stream = g_converter_input_stream_new (packed, converter);
    g_input_stream_read_all (stream, text, MAX_TEXT, &length, NULL, &local);
  }
  if (local != NULL) {
    limn_file_set_error (error, LIMN_ERROR_FILE, path, "%s", local->message);
    return NULL;
  }
  text[length] = '\0';
  if (strlen (text) != length || !g_utf8_validate_len (text, length, NULL)) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "is not UTF-8 text");
    return NULL;
  }
  return g_steal_pointer (&text);
}

static void
add_bytes (limn_bpe *bpe, const char *suffix)
{
  static const struct {
    gunichar first, last;
  } ranges[] = { { '!', '~' }, { 0xa1, 0xac }, { 0xae, 0xff }, { 0x100, 0x143 } };

  for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++)
    for (gunichar c = ranges[i].first; c <= ranges[i].last; c++) {
      char character[7] = { 0 };
      g_autofree char *token = NULL;

      g_unichar_to_utf8 (c, character);
      token = g_strconcat (character, suffix, NULL);
      limn_bpe_add_token (bpe, token, limn_bpe_next_id (bpe));
    }
}

/* The tokens that the lines make, then the marks, then the lines as merges: a merge must find its
 * tokens. The first line is the version. */
static bool
add_merges (limn_bpe *bpe, char **lines, const char *path, GError **error)
{
  for (int i = 1; i <= N_MERGES; i++) {
    char *space = lines[i] != NULL ? strchr (lines[i], ' ') : NULL;
    g_autofree char *token = NULL;

    if (space == NULL) {
      limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                           "line %d is not two tokens with a space between", i + 1);
      return false;
    }
    *space = '\0';
    token = g_strconcat (lines[i], space + 1, NULL);
    if (limn_bpe_add_token (bpe, token, limn_bpe_next_id (bpe)) != NULL) {
      limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "line %d makes a token twice", i + 1);
      return false;
    }
  }
  limn_bpe_add_token (bpe, "<|startoftext|>", limn_bpe_next_id (bpe));
  limn_bpe_add_token (bpe, "<|endoftext|>", limn_bpe_next_id (bpe));
  for (int i = 1; i <= N_MERGES; i++) {
    g_autofree char *missing = limn_bpe_add_merge (bpe, lines[i], lines[i] + strlen (lines[i]) + 1);

    if (missing != NULL) {
      limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                           "line %d needs a token that no line makes", i + 1);
      return false;
    }
  }
  return true;
}

/* The beginnings of the first @count lines, NULL for those that are not there; cuts @text. */
static char **
split_lines (char *text, gsize count)
{
  char **lines = g_new0 (char *, count);
  char *end = text + strlen (text);

  for (gsize i = 0; i < count && text < end; i++) {
    char *newline = memchr (text, '\n', (gsize) (end - text));

    lines[i] = text;
    text = newline != NULL ? newline + 1 : end;
    if (newline != NULL)
      *newline = '\0';
  }
  return lines;
}

limn_bpe *
limn_text_read_clip_bpe (const char *path, GError **error)
{
  g_autofree char *text = read_text (path, error);
  g_autofree char **lines = NULL;
  g_autoptr (limn_bpe) bpe = limn_bpe_new ();

  if (text == NULL)
    return NULL;
  /* The lists of several vocabularies share the file, CLIP's comes first. */
  lines = split_lines (text, N_MERGES + 1);
  add_bytes (bpe, "");
  add_bytes (bpe, "</w>");
  if (!add_merges (bpe, lines, path, error))
    return NULL;
  g_assert (limn_bpe_next_id (bpe) == N_TOKENS);
  return g_steal_pointer (&bpe);
}
