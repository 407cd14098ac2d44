/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* What `--control TYPE=FILE:weight:start:end` asks for. */
struct limn_control_spec {
  char *type, *file;
  const limn_image *image; /* of a recipe, as its network sees it, when @file is NULL; borrowed */
  float weight;            /* 0 to 10 */
  float start, end;        /* 0 to 1, start < end */
  limn_control_mode mode;
};

/* Everything after FILE may be left out: weight 1, from 0 to 1. Up to three last parts that are
 * numbers (or empty) are taken as such; other colons belong to the file's name. NULL with
 * G_OPTION_ERROR_BAD_VALUE. */
struct limn_control_spec *limn_control_spec_parse (const char *text, GError **error);
struct limn_control_spec *limn_control_spec_new (const char *type, const char *file);
void limn_control_spec_free (struct limn_control_spec *spec);

/* Splits "TYPE=REST" and checks TYPE, which becomes part of a folder's name. @option stands in
 * messages. The caller frees @type; @rest points into @text. */
bool limn_control_split (
    const char *option, const char *text, char **type, const char **rest, GError **error);
