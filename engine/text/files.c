/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/files.h"

#include <string.h>

#include "io/file.h"
#include "io/json.h"

/* Far above every vocabulary there is; a model's embedding has a row for each id. */
#define MAX_TOKEN_ID (1 << 22)
/* Far above every tokenizer there is, too. Each place of a text is compared with all of them. */
#define MAX_ADDED_TOKENS 4096

#define BEGIN_MARK "<|startoftext|>"
#define END_MARK "<|endoftext|>"
#define DEFAULT_MAX_LENGTH 77
/* Transformers writes 1e30 for "no limit". */
#define LARGEST_MAX_LENGTH 65536

/* --- vocab.json --- */

static bool
add_token (limn_bpe *bpe, const char *token, gint64 id, const char *path, GError **error)
{
  g_autofree char *name = limn_file_quote (token);
  g_autofree char *other_name = NULL;
  const char *other;

  if (id > MAX_TOKEN_ID) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                         "token %s has id %" G_GINT64_FORMAT ", wanted at most %d", name, id,
                         MAX_TOKEN_ID);
    return false;
  }
  other = limn_bpe_add_token (bpe, token, (gint32) id);
  if (other == NULL)
    return true;
  other_name = limn_file_quote (other);
  if (g_str_equal (token, other))
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "token %s is there twice", name);
  else
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                         "tokens %s and %s share the id %" G_GINT64_FORMAT, other_name, name, id);
  return false;
}

static bool
read_vocabulary (limn_bpe *bpe, const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);
  g_autoptr (GString) token = g_string_new (NULL);
  bool first = true;
  limn_json json;

  if (map == NULL)
    return false;
  limn_json_init (&json, g_mapped_file_get_contents (map), g_mapped_file_get_length (map));
  limn_json_expect (&json, '{');
  while (limn_json_next (&json, '}', &first)) {
    gint64 id;

    if (!limn_json_string (&json, token) || !limn_json_expect (&json, ':') ||
        !limn_json_natural (&json, &id))
      break;
    if (!add_token (bpe, token->str, id, path, error))
      return false;
  }
  if (!limn_json_finish (&json))
    return limn_json_set_error (error, path, &json);
  if (limn_bpe_next_id (bpe) == 0) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "no tokens in it");
    return false;
  }
  return true;
}

/* --- merges.txt --- */

static bool
read_merge (limn_bpe *bpe, char *line, int number, const char *path, GError **error)
{
  g_autofree char *shown = limn_file_quote (line);
  g_autofree char *missing = NULL, *missing_shown = NULL;
  char *space = strchr (line, ' ');

  if (space == NULL || space == line || space[1] == '\0' || strchr (space + 1, ' ') != NULL) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                         "line %d is %s, wanted two tokens with a space between", number, shown);
    return false;
  }
  *space = '\0';
  missing = limn_bpe_add_merge (bpe, line, space + 1);
  if (missing == NULL)
    return true;
  missing_shown = limn_file_quote (missing);
  limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                       "line %d, %s, needs the token %s, which vocab.json lacks", number, shown,
                       missing_shown);
  return false;
}

static bool
read_merges (limn_bpe *bpe, const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);
  const char *at, *end, *bad;
  gsize length;

  if (map == NULL)
    return false;
  at = g_mapped_file_get_contents (map);
  length = g_mapped_file_get_length (map);
  if (length > 0 && !g_utf8_validate_len (at, length, &bad)) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "not UTF-8 text at byte %zu",
                         (gsize) (bad - at));
    return false;
  }
  end = at + length;
  for (int number = 1; at < end; number++) {
    const char *newline = memchr (at, '\n', (gsize) (end - at));
    const char *line_end = newline != NULL ? newline : end;
    g_autofree char *line = g_strndup (at, (gsize) (line_end - at));

    if (g_str_has_suffix (line, "\r"))
      line[line_end - at - 1] = '\0';
    if (*line != '\0' && !g_str_has_prefix (line, "#version") &&
        !read_merge (bpe, line, number, path, error))
      return false;
    at = newline != NULL ? newline + 1 : end;
  }
  return true;
}

limn_bpe *
limn_text_read_bpe (const char *folder, GError **error)
{
  g_autofree char *vocabulary = g_build_filename (folder, "vocab.json", NULL);
  g_autofree char *merges = g_build_filename (folder, "merges.txt", NULL);
  g_autoptr (limn_bpe) bpe = limn_bpe_new ();

  if (!read_vocabulary (bpe, vocabulary, error) || !read_merges (bpe, merges, error))
    return NULL;
  return g_steal_pointer (&bpe);
}

/* --- tokenizer_config.json and special_tokens_map.json --- */

const char *const limn_special_token_keys[] = {
  [LIMN_TOKEN_BOS] = "bos_token",
  [LIMN_TOKEN_EOS] = "eos_token",
  [LIMN_TOKEN_UNKNOWN] = "unk_token",
  [LIMN_TOKEN_PAD] = "pad_token",
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_special_token_keys) == LIMN_N_SPECIAL_TOKENS);

/* What is being read. Transformers 5 decides thus: "added_tokens_decoder" in the configuration
 * makes it pass over the special tokens map, else the map goes before the configuration. */
struct reading {
  struct limn_added_token special[LIMN_N_SPECIAL_TOKENS];
  GArray *decoder; /* of limn_added_token; @id is the key, for the order */
  bool has_decoder;
  int max_length;
};

/* Which of the two files: they differ in what a token is that does not say "normalized". */
typedef enum { FROM_CONFIG, FROM_MAP } source_file;

static void
clear_added_token (gpointer token)
{
  g_free (((struct limn_added_token *) token)->content);
}

static bool
read_flag (limn_json *json)
{
  bool set = limn_json_peek (json) == 't';

  limn_json_skip (json);
  return set;
}

/* A string, or an object with "content" and flags. Flags that only say which white space goes with
 * the token change nothing, since white space has no ids. */
static bool
read_added_token (limn_json *json, source_file source, struct limn_added_token *token)
{
  g_autoptr (GString) key = g_string_new (NULL), content = g_string_new (NULL);
  bool first = true, special = source == FROM_MAP, has_normalized = false, normalized = false;

  if (limn_json_peek (json) == '{') {
    limn_json_expect (json, '{');
    while (limn_json_next (json, '}', &first)) {
      if (!limn_json_string (json, key) || !limn_json_expect (json, ':'))
        break;
      if (g_str_equal (key->str, "content"))
        limn_json_string (json, content);
      else if (g_str_equal (key->str, "special"))
        special |= read_flag (json);
      else if (g_str_equal (key->str, "normalized"))
        has_normalized = true, normalized = read_flag (json);
      else
        limn_json_skip (json);
    }
    if (!has_normalized)
      normalized = !special;
  } else {
    limn_json_string (json, content);
  }
  if (json->problem != NULL)
    return false;
  if (content->len == 0)
    return limn_json_fail (json, "a token without content");
  g_free (token->content);
  token->content = g_strdup (content->str);
  token->normalized = normalized;
  return true;
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint32 left = ((const struct limn_added_token *) a)->id;
  gint32 right = ((const struct limn_added_token *) b)->id;

  return left < right ? -1 : left > right;
}

static bool
read_decoder (limn_json *json, struct reading *reading)
{
  g_autoptr (GString) key = g_string_new (NULL);
  bool first = true;

  reading->has_decoder = true;
  limn_json_expect (json, '{');
  while (limn_json_next (json, '}', &first)) {
    struct limn_added_token token = { 0 };
    guint64 id;

    if (!limn_json_string (json, key) || !limn_json_expect (json, ':'))
      return false;
    if (reading->decoder->len == MAX_ADDED_TOKENS)
      return limn_json_fail (json, "more than " G_STRINGIFY (MAX_ADDED_TOKENS) " added tokens");
    if (!g_ascii_string_to_unsigned (key->str, 10, 0, MAX_TOKEN_ID, &id, NULL))
      return limn_json_fail (json, "an id of \"added_tokens_decoder\" is out of range");
    if (!read_added_token (json, FROM_CONFIG, &token))
      return false;
    token.id = (gint32) id;
    g_array_append_val (reading->decoder, token);
  }
  g_array_sort (reading->decoder, compare_ids);
  return json->problem == NULL;
}

static bool
read_max_length (limn_json *json, struct reading *reading)
{
  g_autofree char *number = NULL;
  const char *start;
  double length;

  limn_json_peek (json);
  start = json->at;
  if (!limn_json_skip (json))
    return false;
  /* The mapped file has no NUL to stop at. */
  number = g_strndup (start, (gsize) (json->at - start));
  length = g_ascii_isdigit (*number) ? g_ascii_strtod (number, NULL) : 0;
  if (length < 3)
    return limn_json_fail (json, "\"model_max_length\" is no number from 3 on");
  reading->max_length = length <= LARGEST_MAX_LENGTH ? (int) length : DEFAULT_MAX_LENGTH;
  return true;
}

static bool
read_setting (limn_json *json, const char *key, source_file source, struct reading *reading)
{
  if (limn_json_peek (json) == 'n') /* null: the default */
    return limn_json_skip (json);
  for (int i = 0; i < LIMN_N_SPECIAL_TOKENS; i++) {
    if (g_str_equal (key, limn_special_token_keys[i]))
      return read_added_token (json, source, &reading->special[i]);
  }
  if (source == FROM_CONFIG && g_str_equal (key, "added_tokens_decoder"))
    return read_decoder (json, reading);
  if (source == FROM_CONFIG && g_str_equal (key, "model_max_length"))
    return read_max_length (json, reading);
  return limn_json_skip (json);
}

static bool
read_file (const char *folder,
           const char *name,
           source_file source,
           struct reading *reading,
           GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GMappedFile) map = NULL;
  g_autoptr (GString) key = g_string_new (NULL);
  bool first = true;
  limn_json json;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return true;
  map = limn_file_map (path, error);
  if (map == NULL)
    return false;
  limn_json_init (&json, g_mapped_file_get_contents (map), g_mapped_file_get_length (map));
  limn_json_expect (&json, '{');
  while (limn_json_next (&json, '}', &first)) {
    if (!limn_json_string (&json, key) || !limn_json_expect (&json, ':') ||
        !read_setting (&json, key->str, source, reading))
      break;
  }
  return limn_json_finish (&json) || limn_json_set_error (error, path, &json);
}

static struct limn_added_token *
find_content (GArray *tokens, const char *content)
{
  for (guint i = 0; i < tokens->len; i++) {
    struct limn_added_token *token = &g_array_index (tokens, struct limn_added_token, i);

    if (g_str_equal (token->content, content))
      return token;
  }
  return NULL;
}

/* Of equal contents the last counts; but what the decoder says of a special token goes first. */
static void
add_last (GArray *tokens, const struct limn_added_token *token)
{
  struct limn_added_token *same = find_content (tokens, token->content);
  struct limn_added_token copy = { g_strdup (token->content), token->normalized, -1 };

  if (same == NULL) {
    g_array_append_val (tokens, copy);
    return;
  }
  g_free (copy.content);
  same->normalized = token->normalized;
}

static void
collect_settings (struct limn_text_settings *settings, const struct reading *reading)
{
  settings->max_length = reading->max_length;
  settings->added = g_array_new (FALSE, FALSE, sizeof (struct limn_added_token));
  g_array_set_clear_func (settings->added, clear_added_token);
  for (guint i = 0; i < reading->decoder->len; i++)
    add_last (settings->added, &g_array_index (reading->decoder, struct limn_added_token, i));
  for (int i = 0; i < LIMN_N_SPECIAL_TOKENS; i++) {
    const struct limn_added_token *special = &reading->special[i];

    settings->special[i] = g_strdup (special->content);
    if (find_content (reading->decoder, special->content) == NULL)
      add_last (settings->added, special);
  }
}

bool
limn_text_read_settings (struct limn_text_settings *settings, const char *folder, GError **error)
{
  struct reading reading = { .max_length = DEFAULT_MAX_LENGTH };
  bool done;

  for (int i = 0; i < LIMN_N_SPECIAL_TOKENS; i++)
    reading.special[i].content = g_strdup (i == LIMN_TOKEN_BOS ? BEGIN_MARK : END_MARK);
  reading.decoder = g_array_new (FALSE, FALSE, sizeof (struct limn_added_token));
  g_array_set_clear_func (reading.decoder, clear_added_token);

  done = read_file (folder, "tokenizer_config.json", FROM_CONFIG, &reading, error) &&
         (reading.has_decoder ||
          read_file (folder, "special_tokens_map.json", FROM_MAP, &reading, error));
  if (done)
    collect_settings (settings, &reading);

  for (int i = 0; i < LIMN_N_SPECIAL_TOKENS; i++)
    g_free (reading.special[i].content);
  g_array_unref (reading.decoder);
  return done;
}

void
limn_text_settings_clear (struct limn_text_settings *settings)
{
  for (int i = 0; i < LIMN_N_SPECIAL_TOKENS; i++)
    g_clear_pointer (&settings->special[i], g_free);
  g_clear_pointer (&settings->added, g_array_unref);
}
