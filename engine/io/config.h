/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A JSON configuration as diffusers writes it. The getters keep the first failure inside the
 * config, so that a model can read all of its settings in a row and ask once, by
 * limn_config_finish(), whether they were good. Messages name file, key, value and what was
 * wanted. */
typedef struct limn_config limn_config;

limn_config *limn_config_open (const char *path, GError **error);
/* For tests and fuzzing; @name stands for the path in messages. */
limn_config *limn_config_parse (const char *name, const char *text, gssize length, GError **error);
void limn_config_free (limn_config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_config, limn_config_free)
const char *limn_config_path (const limn_config *config);

bool limn_config_has (const limn_config *config, const char *key); /* false for null as well */

/* Absent or null: @fallback. Wrong type or outside [@min, @max]: a failure, and @fallback. */
int limn_config_int (limn_config *config, const char *key, int fallback, int min, int max);
double
limn_config_double (limn_config *config, const char *key, double fallback, double min, double max);
bool limn_config_bool (limn_config *config, const char *key, bool fallback);
/* Borrowed until the config is freed. */
const char *limn_config_string (limn_config *config, const char *key, const char *fallback);
/* As above, and one of the NULL-terminated @choices: its index. */
int
limn_config_choice (limn_config *config, const char *key, const char *const *choices, int fallback);

/* An array of 1 to @max_count integers, or one integer that stands for @repeat equal ones. Returns
 * how many were stored in @values. Absent: 0. */
int limn_config_ints (
    limn_config *config, const char *key, int *values, int max_count, int repeat, int min, int max);
/* An array of strings, one of @choices each; stores indices. Returns the count, absent: 0. */
int limn_config_choices (
    limn_config *config, const char *key, const char *const *choices, int *values, int max_count);

/* Sets a failure by hand, for values that do not fit together. The first one counts. */
void limn_config_fail (limn_config *config, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Moves the first failure, LIMN_ERROR_FORMAT, to @error; true when there was none. */
bool limn_config_finish (limn_config *config, GError **error);
