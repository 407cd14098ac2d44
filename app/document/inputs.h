/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/request.h"

/* What the networks look at, computed from a request. Any thread; blocks for the time that the
 * pixels take. */

#define LIMN_INPUTS_MAX_CONTROLS 16

struct limn_inputs {
  struct limn_control controls[LIMN_INPUTS_MAX_CONTROLS];
  gsize n_controls;
  limn_image *init;    /* NULL: begins with noise */
  GPtrArray *warnings; /* of char *: sentences */

  GPtrArray *images; /* of limn_image */
  GPtrArray *texts;  /* of char * */
};

struct limn_inputs_params {
  int width, height; /* of the pictures, as recipes keep them */
  bool shapes;       /* small black pictures instead: enough to forecast what they take */
  /* Set of char *: types of ControlNets that are loaded already and may be gone from the disk, or
   * NULL. */
  GHashTable *loaded;
};

/* Scribble layers that feed the same ControlNet in the same way are one drawing to it. What the
 * model has no ControlNet for is left out. */
void limn_inputs_init (struct limn_inputs *inputs,
                       const limn_request *request,
                       const struct limn_inputs_params *params);
void limn_inputs_clear (struct limn_inputs *inputs);
/* Points @params at them. */
void limn_inputs_use (const struct limn_inputs *inputs, struct limn_generate_params *params);
