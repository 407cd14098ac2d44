/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate-options.h"

/* The pictures that a generation looks at. */
struct limn_generate_inputs {
  GPtrArray *controls; /* of limn_image, in the order of the options' */
  GPtrArray *drawings; /* of limn_image or NULL, one for each of the options' guides */
  limn_image *init, *mask;
};

/* Reads all of them. */
bool limn_generate_inputs_load (struct limn_generate_inputs *inputs,
                                const struct limn_generate_options *options,
                                GError **error);
void limn_generate_inputs_clear (struct limn_generate_inputs *inputs);

/* The size that the options ask for, or that of the picture to begin with, or the model's. */
bool limn_generate_inputs_size (const struct limn_generate_inputs *inputs,
                                const struct limn_generate_options *options,
                                const limn_model *model,
                                int *width,
                                int *height,
                                GError **error);

/* Brings every picture into the form that its network sees, at the proportions of that size. */
void limn_generate_inputs_prepare (struct limn_generate_inputs *inputs,
                                   const struct limn_generate_options *options,
                                   int width,
                                   int height);
