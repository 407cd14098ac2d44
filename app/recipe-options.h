/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate-options.h"
#include "recipe.h"

/* Between recipes and the options of `limn generate`. */

/* What decides on the pixels beside the parameters of a generation: the weights of the model and of
 * the ControlNets that @options use, which are read in part. The caller sets @params of the recipe
 * for each picture. LIMN_ERROR_FILE. */
limn_recipe *
limn_recipe_for (const struct limn_generate_options *options, const char *device, GError **error);

/* Draws again: the options in @argv over those of the recipe that @options->from names. @notes gets
 * phrases about what cannot be used. G_OPTION_ERROR for wrong usage, LIMN_ERROR where the recipe
 * cannot be read or the weights are not those that it was made with. */
struct limn_generate_options *limn_recipe_options (const struct limn_generate_options *options,
                                                   int argc,
                                                   char **argv,
                                                   char **notes,
                                                   GError **error);
