/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "recipe.h"

/* A recipe as one JSON object with nothing left out: { "version": 1, "prompt": ..., ... }, pictures
 * as PNG in base64. Members that a reader does not know are passed over; a member that is missing
 * has its default. A higher version means that a reader of this one would draw something else. */
#define LIMN_RECIPE_VERSION 1

/* NULL when a picture cannot be encoded. The caller frees it. */
char *limn_recipe_to_json (const limn_recipe *recipe, GError **error);

/* @name stands in messages. LIMN_ERROR_FORMAT. */
limn_recipe *
limn_recipe_from_json (const char *json, gsize length, const char *name, GError **error);
