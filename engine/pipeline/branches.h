/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"
#include "models/controlnet.h"

/* What the denoisers of pictures and of films share: ControlNets with what they see, and a pass for
 * each set of those that work. */

#define LIMN_MAX_BRANCHES 16

/* One ControlNet. What it sees is embedded before the steps, which all use the same embedding. */
struct limn_control_branch {
  limn_controlnet *control; /* borrowed */
  limn_control_mode mode;
  limn_tensor picture;      /* [1, H, W, channels] */
  limn_tensor embedding;    /* [1, h, w, channels[0]] */
  limn_tensor conditioning; /* [n * frames, h, w, channels[0]]: embeddings */
  limn_pass *pass;          /* from picture to embedding */
};

struct limn_branches {
  limn_device *device; /* borrowed */
  int n;               /* 1, or 2 with guidance: negative, positive; they see the same */
  int count;
  struct limn_control_branch branches[LIMN_MAX_BRANCHES];
  limn_forward_func forward; /* of the whole network; its data is a struct limn_step */
  gconstpointer denoiser;
  GHashTable *steps; /* owned */
};

/* The pass for one set of working branches. */
struct limn_step {
  gconstpointer denoiser;
  guint32 working;  /* a bit for each branch */
  guint32 positive; /* those of them that work on the positive prompt's half alone */
  limn_pass *pass;
};

struct limn_branches_params {
  int n, frames;                    /* of a clip; 1 for pictures */
  int width, height;                /* of the latents */
  limn_controlnet *const *controls; /* borrowed */
  int n_controls;
  limn_forward_func forward;
  gconstpointer denoiser;
};

/* @branches must stay in its place. limn_branches_clear() is for what came out of a failure, too.
 */
bool limn_branches_init (struct limn_branches *branches,
                         limn_device *device,
                         const struct limn_branches_params *params,
                         GError **error);
void limn_branches_clear (struct limn_branches *branches);

/* Bytes of an embedding, in the type in which the device stores it. */
gsize limn_branches_embedding_bytes (const struct limn_branches *branches, int i);
/* picture: host f32 [H, W, channels] -> embedding: on the host. */
bool limn_branches_embed (struct limn_branches *branches,
                          int i,
                          const float *picture,
                          void *embedding,
                          GCancellable *cancellable,
                          GError **error);
/* Makes it what branch @i sees at frame @frame. */
bool limn_branches_show (
    struct limn_branches *branches, int i, int frame, const void *embedding, GError **error);

/* The pass for the branches with a bit in @working; recorded when it is first run. */
limn_pass *limn_branches_pass (struct limn_branches *branches, guint32 working);
/* What the mode of branch @i multiplies the weight of each residual by, in @factors. */
void
limn_branches_factors (const struct limn_branches *branches, int i, double *factors, int residuals);

/* A tensor in the device's own type; false with @error. */
bool limn_branches_tensor (
    limn_device *device, limn_tensor *tensor, int n, int h, int w, int c, GError **error);
/* @values as often as @times, which fills @tensor. */
bool limn_branches_write (
    limn_device *device, limn_tensor tensor, const float *values, int times, GError **error);
