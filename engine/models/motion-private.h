/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/motion.h"

#define LIMN_MOTION_MAX_LAYERS 8 /* of a transformer */

/* What the layouts of files call the same. */
struct limn_motion_names {
  const char *root;   /* before everything */
  const char *module; /* between a module and its layers */
  const char *attention[2], *attention_norm[2], *ff_norm;
};

/* Those of the modules below the loader's prefix; diffusers' where there are none, since what is
 * missing is missed by its name. */
const struct limn_motion_names *limn_motion_find_names (limn_weights *weights);
/* The settings of motion modules alone: config.json of the folder @path, or what the file tells by
 * its names and shapes. LIMN_ERROR_MODEL or LIMN_ERROR_FORMAT. */
bool limn_motion_find_config (struct limn_motion_config *config,
                              const char *path,
                              limn_weights *weights,
                              GError **error);
