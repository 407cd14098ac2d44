/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/prompt.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "text/prompt.h"

#define MAX_PROMPTS 2

/* The pass for one number of prompts. */
struct batch {
  const limn_prompt_encoder *encoder;
  limn_tensor ids; /* [n, tokens, 1, 1] i32 */
  limn_tensor out; /* [n, tokens, 1, width] */
  limn_pass *pass;
};

struct limn_prompt_encoder {
  limn_device *device;
  const limn_clip *clip;
  const limn_tokenizer *tokenizer;
  struct batch batches[MAX_PROMPTS]; /* made when first used */
};

limn_prompt_encoder *
limn_prompt_encoder_new (limn_device *device,
                         const limn_clip *clip,
                         const limn_tokenizer *tokenizer)
{
  limn_prompt_encoder *encoder = g_new0 (limn_prompt_encoder, 1);

  encoder->device = device;
  encoder->clip = clip;
  encoder->tokenizer = tokenizer;
  return encoder;
}

static void
batch_clear (struct batch *batch)
{
  if (!batch->encoder)
    return;
  limn_pass_free (batch->pass);
  limn_tensor_free (batch->encoder->device, &batch->ids);
  limn_tensor_free (batch->encoder->device, &batch->out);
  *batch = (struct batch){ 0 };
}

void
limn_prompt_encoder_free (limn_prompt_encoder *encoder)
{
  if (!encoder)
    return;
  for (int i = 0; i < MAX_PROMPTS; i++)
    batch_clear (&encoder->batches[i]);
  g_free (encoder);
}

int
limn_prompt_encoder_tokens (const limn_prompt_encoder *encoder)
{
  return MIN (limn_tokenizer_max_length (encoder->tokenizer), limn_clip_positions (encoder->clip));
}

int
limn_prompt_encoder_width (const limn_prompt_encoder *encoder)
{
  return limn_clip_width (encoder->clip);
}

static void
forward (limn_pass *pass, gpointer data)
{
  const struct batch *batch = data;
  limn_tensor out = limn_clip_forward (pass, batch->encoder->clip, batch->ids);

  limn_copy (pass, out, batch->out);
  limn_release (pass, &out);
}

static bool
prepare (limn_prompt_encoder *encoder, int n, GError **error)
{
  struct batch *batch = &encoder->batches[n - 1];
  limn_device *device = encoder->device;
  int tokens = limn_prompt_encoder_tokens (encoder);

  if (batch->pass)
    return true;
  batch->encoder = encoder;
  batch->ids = limn_tensor_new (device, LIMN_DTYPE_I32, n, tokens, 1, 1, error);
  if (!limn_tensor_is_null (batch->ids))
    batch->out = limn_tensor_new (device, device->storage, n, tokens, 1,
                                  limn_clip_width (encoder->clip), error);
  if (limn_tensor_is_null (batch->out)) {
    batch_clear (batch);
    return false;
  }
  batch->pass = limn_pass_new (device, forward, batch);
  return true;
}

static bool
check_weights (const struct limn_prompt_tokens *prompt, GError **error)
{
  for (guint i = 0; i < prompt->weights->len; i++) {
    double weight = (double) g_array_index (prompt->weights, float, i);

    if (!isfinite (weight)) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                   "the prompt gives a word the weight %g, wanted a finite one", weight);
      return false;
    }
  }
  return true;
}

static double
mean_of (const float *values, gsize count)
{
  double sum = 0;

  for (gsize i = 0; i < count; i++)
    sum += (double) values[i];
  return sum / (double) count;
}

/* @values: [tokens, width] */
static void
apply_weights (float *values, const float *weights, int tokens, int width)
{
  gsize count = (gsize) tokens * width;
  double mean = mean_of (values, count), ratio;
  bool weighted = false;

  for (int i = 0; i < tokens; i++) {
    weighted = weighted || weights[i] < 1 || weights[i] > 1;
    for (int j = 0; j < width; j++)
      values[(gsize) i * width + j] *= weights[i];
  }
  ratio = mean / mean_of (values, count);
  for (gsize i = 0; weighted && isfinite (ratio) && i < count; i++)
    values[i] = (float) (values[i] * ratio);
}

/* Encodes chunk @chunk of every prompt; @out is what limn_prompt_encode() returns. */
static bool
encode_chunk (limn_prompt_encoder *encoder,
              const struct limn_prompt_tokens *prompts,
              int n,
              int chunk,
              float *out,
              GCancellable *cancellable,
              GError **error)
{
  struct batch *batch = &encoder->batches[n - 1];
  int tokens = prompts[0].length, n_chunks = prompts[0].n_chunks, width = batch->out.c;
  gsize count = (gsize) tokens * width;
  g_autofree gint32 *ids = g_new (gint32, (gsize) n * tokens);
  g_autofree float *values = g_new (float, n *count);

  for (int i = 0; i < n; i++)
    memcpy (ids + i * tokens, &g_array_index (prompts[i].ids, gint32, chunk * tokens),
            tokens * sizeof *ids);
  if (!limn_tensor_write_ids (encoder->device, batch->ids, ids, error) ||
      !limn_pass_run (batch->pass, cancellable, error) ||
      !limn_tensor_read (encoder->device, batch->out, values, error))
    return false;
  for (int i = 0; i < n; i++) {
    apply_weights (values + i * count, &g_array_index (prompts[i].weights, float, chunk *tokens),
                   tokens, width);
    memcpy (out + ((gsize) i * n_chunks + chunk) * count, values + i * count,
            count * sizeof *values);
  }
  return true;
}

float *
limn_prompt_encode (limn_prompt_encoder *encoder,
                    const char *const *prompts,
                    int n,
                    bool plain,
                    int *chunks,
                    GCancellable *cancellable,
                    GError **error)
{
  struct limn_prompt_tokens tokens[MAX_PROMPTS] = { 0 };
  int length = limn_prompt_encoder_tokens (encoder), n_chunks = 0;
  g_autofree float *out = NULL;
  bool good;

  g_assert (n >= 1 && n <= MAX_PROMPTS);
  for (int i = 0; i < n; i++) {
    limn_prompt_tokenize (&tokens[i], encoder->tokenizer, prompts[i], plain, length);
    n_chunks = MAX (n_chunks, tokens[i].n_chunks);
  }
  good = prepare (encoder, n, error);
  for (int i = 0; good && i < n; i++) {
    limn_prompt_tokens_pad (&tokens[i], encoder->tokenizer, n_chunks);
    good = check_weights (&tokens[i], error);
  }
  out = g_new (float, (gsize) n *n_chunks *length *limn_clip_width (encoder->clip));
  for (int i = 0; good && i < n_chunks; i++)
    good = encode_chunk (encoder, tokens, n, i, out, cancellable, error);
  for (int i = 0; i < n; i++)
    limn_prompt_tokens_clear (&tokens[i]);
  *chunks = n_chunks;
  return good ? g_steal_pointer (&out) : NULL;
}
