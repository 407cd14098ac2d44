/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/prompt.h"

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

float *
limn_prompt_encode (limn_prompt_encoder *encoder,
                    const char *const *prompts,
                    int n,
                    int *dropped,
                    GCancellable *cancellable,
                    GError **error)
{
  struct batch *batch = &encoder->batches[n - 1];
  int tokens = limn_prompt_encoder_tokens (encoder);
  g_autofree gint32 *ids = g_new (gint32, (gsize) n * tokens);
  g_autofree float *out = NULL;

  g_assert (n >= 1 && n <= MAX_PROMPTS);
  for (int i = 0; i < n; i++) {
    int left =
        limn_tokenizer_encode_padded (encoder->tokenizer, prompts[i], ids + i * tokens, tokens);
    if (dropped)
      dropped[i] = left;
  }
  if (!prepare (encoder, n, error))
    return NULL;
  out = g_new (float, limn_tensor_elements (batch->out));
  if (!limn_tensor_write_ids (encoder->device, batch->ids, ids, error) ||
      !limn_pass_run (batch->pass, cancellable, error) ||
      !limn_tensor_read (encoder->device, batch->out, out, error))
    return NULL;
  return g_steal_pointer (&out);
}
