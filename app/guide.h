/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* What `--guide KIND=VALUE[@X,Y,WIDTH,HEIGHT][:WEIGHT]` asks for. */
struct limn_guide_spec {
  limn_guide_kind kind;
  float colour[3];           /* 0 to 1 */
  float brightness;          /* 0 to 1 */
  char *file;                /* of edges, else NULL */
  const limn_image *image;   /* of a recipe, when @file is NULL; borrowed */
  float x, y, width, height; /* parts of the picture; all 0 for the whole */
  float weight;              /* 0 to 10 */
};

/* colour=#RRGGBB, #RGB or a name; brightness=NUMBER; edges=FILE. A last part behind a colon that is
 * a number is the weight, and behind the last "@" four numbers are the region; any other colon or
 * "@" belongs to the file's name. NULL with G_OPTION_ERROR_BAD_VALUE. */
struct limn_guide_spec *limn_guide_spec_parse (const char *text, GError **error);
void limn_guide_spec_free (struct limn_guide_spec *spec);
