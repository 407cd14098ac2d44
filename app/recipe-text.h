/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "recipe.h"

/* A recipe as the text that A1111's web UI (1.6 to 1.10) writes under the key "parameters":
 *
 *   the prompt, which may have several lines
 *   Negative prompt: what it shall not show
 *   Steps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x512, ...
 *
 * Values with commas, colons or line breaks are JSON strings. It has words for most of a recipe;
 * guides and the pictures are not in it. */

/* The caller frees it. */
char *limn_recipe_to_text (const limn_recipe *recipe);

/* Whether a text has the line of settings at all. */
bool limn_recipe_is_text (const char *text);

/* Takes what it understands into @recipe, and names in @recipe->unused what it understands and
 * cannot do. Fields that nobody knows are passed over. Never fails. @text is UTF-8. */
void limn_recipe_from_text (limn_recipe *recipe, const char *text);
