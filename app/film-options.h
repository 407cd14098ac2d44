/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* The options of all commands that write a film. */
struct limn_film_options {
  char *out, *format, *quality, *rate, *encoder; /* as on the command line; NULL: not there */
};

/* @rate_words says in --help what --fps stands for. */
void limn_film_options_add (struct limn_film_options *options,
                            GOptionContext *context,
                            const char *rate_words);
/* Sets kind, quality, rate and encoder, which borrows from @options; rate 0: not there.
 * G_OPTION_ERROR. */
bool limn_film_options_check (const struct limn_film_options *options,
                              struct limn_film_params *params,
                              GError **error);
void limn_film_options_clear (struct limn_film_options *options);
