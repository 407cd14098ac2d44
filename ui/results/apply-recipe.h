/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "recipe.h"
#include "studio.h"

/* Recipes of pictures, ours and A1111's, as settings of a document. */

/* Gives @document what @recipe says, as one step of undoing: prompts, sampler, schedule, steps,
 * guidance, seed (locked), size, strength, hires, the model where it is there, and weight, range
 * and mode of the layers that feed a ControlNet of the recipe. A drawing is not touched. Returns
 * NULL, or a translated sentence that says what could not be used; the caller frees it. Looks
 * whether files exist, and reads none. */
char *limn_recipe_apply (const limn_recipe *recipe, LimnDocument *document);

/* The same for the studio's document from a file, or the bytes of one: reads it on a worker thread,
 * looks there for the model by its fingerprint, and tells in a toast what came of it. Nothing
 * happens when the document is replaced in the meantime. */
void limn_recipe_apply_file (LimnStudio *studio, GFile *file);
/* @name stands in messages. */
void limn_recipe_apply_bytes (LimnStudio *studio, GBytes *bytes, const char *name);
/* Its seed alone, locked. */
void limn_recipe_apply_seed (LimnStudio *studio, GBytes *bytes, const char *name);
