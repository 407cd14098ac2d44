/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"

/* All that a picture is made from, copied from a document. It never changes once it is made, and
 * any thread may read it. Pixels are shared tiles, so that making one costs next to nothing; what a
 * network sees of them is computed by the worker (inputs.h). */

/* A layer that takes part. */
struct limn_request_layer {
  limn_layer_kind kind;
  limn_snapshot *pixels;
  int x, y; /* where its corner lies on the canvas */
  double opacity;
  int blend;     /* an index of limn_blend_names */
  char *control; /* the ControlNet that it feeds; NULL for a layer of the picture to begin with */
  float weight, start, end;
  limn_control_mode mode;
  char *weights; /* of a ControlNet that is not in the model's folder, or NULL */
};

typedef struct limn_request {
  gatomicrefcount references;
  char *model;             /* a path, never empty */
  char *device;            /* NULL for the best */
  char *prompt, *negative; /* with their styles, wildcards as they are */
  char *title;             /* the prompt as a person wrote it, in one line */
  /* Numbers only: no pointer in it is set. Width and height are wishes, with aspect. */
  struct limn_generate_params params;
  bool image_to_image;
  int width, height; /* of the canvas */
  GPtrArray *layers; /* of limn_request_layer, lowest first */
} limn_request;

/* The numbers of a document's settings, without preview, pictures and texts. */
void limn_request_read_params (LimnDocument *document, struct limn_generate_params *params);

/* The pixels of @layer; NULL ends the making. */
typedef limn_snapshot *(*limn_request_take_func) (const limn_layer *layer, gpointer data);

/* Of @document as it is, with the seed and the device of its settings, and no preview; @weights of
 * the layers stay NULL. NULL where @take gave nothing. */
limn_request *limn_request_new (LimnDocument *document, limn_request_take_func take, gpointer data);
limn_request *limn_request_ref (limn_request *request);
void limn_request_unref (limn_request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_request, limn_request_unref)

/* Pixels of a picture above which nobody could wait for it, nor for the forecast that says so. */
#define LIMN_REQUEST_MAX_PIXELS (4096 * 4096)

/* Whether @width x @height, or, as long as they are not known, what the request says, is within
 * that. LIMN_ERROR_ARGUMENT. */
bool limn_request_check (const limn_request *request, int width, int height, GError **error);

/* Whether both give the same picture from the same seed. */
bool limn_request_equal (const limn_request *a, const limn_request *b);
