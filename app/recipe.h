/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* How a picture was made, as the text that A1111's web UI writes under the key "parameters" and
 * other programs read. @model is its name. The caller frees it. */
char *limn_recipe_a1111 (const struct limn_generate_params *params, const char *model);
