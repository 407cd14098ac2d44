/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Weighted and long prompts against the starter's text encoder in transformers. */

#include "golden.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "limn.h"
#include "pipeline/prompt.h"

#define KEPT 8 /* every 8th channel is in the golden file */

struct fixture {
  limn_clip *clip;
  limn_tokenizer *tokenizer;
  limn_prompt_encoder *encoder;
};

static void
set_up (struct fixture *fixture, limn_device *device)
{
  g_autofree char *clip = golden_path ("data/models/starter/text_encoder");
  g_autofree char *tokenizer = golden_path ("data/models/starter/tokenizer");
  g_autoptr (GError) error = NULL;

  fixture->clip = limn_clip_load (device, clip, &error);
  g_assert_no_error (error);
  fixture->tokenizer = limn_tokenizer_load (tokenizer, &error);
  g_assert_no_error (error);
  fixture->encoder = limn_prompt_encoder_new (device, fixture->clip, fixture->tokenizer);
  g_assert_cmpint (limn_prompt_encoder_tokens (fixture->encoder), ==, 32);
}

static void
tear_down (struct fixture *fixture)
{
  limn_prompt_encoder_free (fixture->encoder);
  limn_tokenizer_free (fixture->tokenizer);
  limn_clip_free (fixture->clip);
}

static float *
encode (struct fixture *fixture, const char *const *prompts, int n, bool plain, int n_chunks)
{
  g_autoptr (GError) error = NULL;
  int chunks;
  float *values = limn_prompt_encode (fixture->encoder, prompts, n, plain, &chunks, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (chunks, ==, n_chunks);
  return values;
}

/* How many times larger errors of the embeddings may become by bringing each chunk back to its
 * mean: errors of n values make one of 1 / sqrt (n) in their mean, which counts by its share of the
 * mean. */
static double
mean_condition (const float *values, int n_chunks, gsize count)
{
  double worst = 1;

  for (int chunk = 0; chunk < n_chunks; chunk++) {
    double sum = 0, power = 0;

    for (gsize i = 0; i < count; i++) {
      double value = (double) values[(gsize) chunk * count + i];

      sum += value;
      power += value * value;
    }
    worst = MAX (worst, 1 + power / (sum * sum));
  }
  return MIN (worst, 10);
}

static void
check_pair (struct fixture *fixture, limn_device *device, limn_safetensors *file, JsonObject *row)
{
  const char *const prompts[] = { json_object_get_string_member (row, "negative"),
                                  json_object_get_string_member (row, "prompt") };
  const char *name = json_object_get_string_member (row, "name");
  int chunks = (int) json_object_get_int_member (row, "chunks");
  int width = limn_clip_width (fixture->clip);
  gsize count = (gsize) 2 * chunks * 32 * width / KEPT;
  g_autofree float *values = encode (fixture, prompts, 2, false, chunks);
  g_autofree float *kept = g_new (float, count);

  g_assert_cmpuint (golden_count (file, name), ==, count);
  for (gsize i = 0; i < count; i++)
    kept[i] = values[i * KEPT];
  golden_check ("prompt", kept, file, name,
                golden_bound (device) *
                    mean_condition (values, 2 * chunks, (gsize) 32 * (gsize) width));
}

static void
test_golden (limn_device *device, gconstpointer data)
{
  g_autofree char *path = golden_path ("tests/golden/prompts.json");
  g_autoptr (limn_safetensors) file = golden_open ("prompts.safetensors");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  struct fixture fixture;
  JsonArray *rows;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  rows =
      json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)), "pairs");
  g_assert_cmpuint (json_array_get_length (rows), ==, 4);
  set_up (&fixture, device);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    check_pair (&fixture, device, file, json_array_get_object_element (rows, i));
  tear_down (&fixture);
}

/* To the bit: a prompt alone is what it is in a pair, an empty chunk is the empty prompt, and
 * weights of 1 change nothing. */
static void
test_same (limn_device *device, gconstpointer data)
{
  static const char *const both[] = { "red", "a cat BREAK a dog" }, *const cat[] = { "a cat" },
                           *const dog[] = { "(a [\\dog]:1)" }, *const red[] = { "red" },
                           *const plain[] = { "red" }, *const empty[] = { "" };
  struct fixture fixture;
  gsize size;
  g_autofree float *pair = NULL;

  set_up (&fixture, device);
  size = (gsize) 32 * limn_clip_width (fixture.clip);
  pair = encode (&fixture, both, 2, false, 2);
  {
    g_autofree float *first = encode (&fixture, red, 1, false, 1);
    g_autofree float *second = encode (&fixture, empty, 1, false, 1);
    g_autofree float *third = encode (&fixture, cat, 1, false, 1);
    g_autofree float *again = encode (&fixture, plain, 1, true, 1);
    g_autofree float *weighted = encode (&fixture, dog, 1, false, 1);

    g_assert_cmpmem (pair, size * sizeof (float), first, size * sizeof (float));
    g_assert_cmpmem (pair + size, size * sizeof (float), second, size * sizeof (float));
    g_assert_cmpmem (pair + 2 * size, size * sizeof (float), third, size * sizeof (float));
    g_assert_cmpmem (first, size * sizeof (float), again, size * sizeof (float));
    /* [dog] has a weight of its own here. */
    g_assert_cmpfloat (golden_nmse (pair + 3 * size, weighted, size), >, 1e-5);
  }
  tear_down (&fixture);
}

static void
test_too_heavy (limn_device *device, gconstpointer data)
{
  g_autoptr (GString) prompt = g_string_new ("(a:");
  const char *prompts[1];
  g_autoptr (GError) error = NULL;
  struct fixture fixture;
  int chunks;

  for (int i = 0; i < 400; i++)
    g_string_append_c (prompt, '9');
  g_string_append_c (prompt, ')');
  prompts[0] = prompt->str;
  set_up (&fixture, device);
  g_assert_null (limn_prompt_encode (fixture.encoder, prompts, 1, false, &chunks, NULL, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "weight inf"));
  tear_down (&fixture);
}

static void
test_counter (void)
{
  g_autofree char *path = golden_path ("data/models/starter");
  g_autofree char *none = g_build_filename (path, "unet", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_token_counter) counter = limn_token_counter_open (path, &error);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_no_error (error);
  for (int i = 0; i <= 61; i++) {
    struct limn_token_count count = limn_token_counter_count (counter, text->str, false);

    g_assert_cmpint (count.tokens, ==, i);
    g_assert_cmpint (count.limit, ==, 30);
    g_assert_cmpint (count.chunks, ==, MAX (1, (i + 29) / 30));
    g_string_append (text, "cat ");
  }
  g_assert_cmpint (limn_token_counter_count (counter, "(cat)", true).tokens, ==, 3);
  g_assert_cmpint (limn_token_counter_count (counter, "(cat)", false).tokens, ==, 1);
  g_assert_null (limn_token_counter_open (none, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FILE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  golden_add ("prompt/golden", test_golden, NULL);
  golden_add ("prompt/same", test_same, NULL);
  golden_add ("prompt/too-heavy", test_too_heavy, NULL);
  g_test_add_func ("/prompt/counter", test_counter);
  return g_test_run ();
}
