/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/animate-prompt.h"

#include <string.h>

struct key {
  int frame, chunks;
  float *embedding; /* [chunks, size] */
};

struct limn_prompt_track {
  limn_prompt_encoder *encoder; /* borrowed */
  bool plain;
  int n, chunks;
  gsize size; /* floats of a chunk */
  struct key *keys;
};

static float *
encode (limn_prompt_track *track,
        const char *prompt,
        int *chunks,
        GCancellable *cancellable,
        GError **error)
{
  const char *prompts[] = { prompt ? prompt : "" };

  return limn_prompt_encode (track->encoder, prompts, 1, track->plain, chunks, cancellable, error);
}

limn_prompt_track *
limn_prompt_track_new (limn_prompt_encoder *encoder,
                       const int *frames,
                       const char *const *prompts,
                       int n,
                       bool plain,
                       GCancellable *cancellable,
                       GError **error)
{
  g_autoptr (limn_prompt_track) track = g_new0 (limn_prompt_track, 1);

  g_assert (n >= 1);
  track->encoder = encoder;
  track->plain = plain;
  track->n = n;
  track->size =
      (gsize) limn_prompt_encoder_tokens (encoder) * (gsize) limn_prompt_encoder_width (encoder);
  track->keys = g_new0 (struct key, n);
  for (int i = 0; i < n; i++) {
    struct key *key = &track->keys[i];

    g_assert (i == 0 || frames[i] > frames[i - 1]);
    key->frame = frames[i];
    key->embedding = encode (track, prompts[i], &key->chunks, cancellable, error);
    if (!key->embedding)
      return NULL;
    track->chunks = MAX (track->chunks, key->chunks);
  }
  return g_steal_pointer (&track);
}

void
limn_prompt_track_free (limn_prompt_track *track)
{
  if (!track)
    return;
  for (int i = 0; i < track->n; i++)
    g_free (track->keys[i].embedding);
  g_free (track->keys);
  g_free (track);
}

int
limn_prompt_track_chunks (const limn_prompt_track *track)
{
  return track->chunks;
}

bool
limn_prompt_track_pad (limn_prompt_track *track,
                       int chunks,
                       GCancellable *cancellable,
                       GError **error)
{
  int one;
  g_autofree float *empty = encode (track, "", &one, cancellable, error);

  g_assert (chunks >= track->chunks);
  if (!empty)
    return false;
  for (int i = 0; i < track->n; i++) {
    struct key *key = &track->keys[i];

    key->embedding = g_renew (float, key->embedding, (gsize) chunks * track->size);
    for (; key->chunks < chunks; key->chunks++)
      memcpy (key->embedding + (gsize) key->chunks * track->size, empty,
              track->size * sizeof (float));
  }
  track->chunks = chunks;
  return true;
}

void
limn_prompt_track_at (const limn_prompt_track *track, int frame, float *out)
{
  const struct key *low = &track->keys[0], *high = &track->keys[track->n - 1];
  gsize count = (gsize) track->chunks * track->size;
  float part;

  for (int i = 0; i < track->n; i++) {
    if (track->keys[i].frame <= frame)
      low = &track->keys[i];
    if (track->keys[track->n - 1 - i].frame >= frame)
      high = &track->keys[track->n - 1 - i];
  }
  if (low->frame >= frame || high->frame <= frame) {
    memcpy (out, (low->frame >= frame ? low : high)->embedding, count * sizeof (float));
    return;
  }
  part = (float) (frame - low->frame) / (float) (high->frame - low->frame);
  for (gsize i = 0; i < count; i++)
    out[i] = (1 - part) * low->embedding[i] + part * high->embedding[i];
}
