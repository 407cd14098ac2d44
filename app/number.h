/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Decimal numbers as a person writes them on a command line: the whole of @text, with a point, no
 * hexadecimal, no "inf" and no "nan". */
bool limn_number_parse (const char *text, double *value);

/* Within [@min, @max], else G_OPTION_ERROR_BAD_VALUE with a sentence about @what. */
bool limn_number_double (
    const char *what, const char *text, double min, double max, double *value, GError **error);
bool
limn_number_int (const char *what, const char *text, int min, int max, int *value, GError **error);

/* @text's place in @names, which end with NULL; the same error. */
bool limn_number_choice (
    const char *what, const char *text, const char *const *names, int *choice, GError **error);

/* "512x768", each side from 1 to LIMN_MAX_SIDE; the same error. */
#define LIMN_MAX_SIDE 16384
bool limn_number_size (const char *what, const char *text, int *width, int *height, GError **error);

/* The shortest decimal number that reads back as the same value, as 7.3 and 0.0001; @value is
 * finite. The caller frees it. */
char *limn_format_double (double value);
char *limn_format_float (float value);

/* "812 KiB", "412 MiB", "23.4 GiB"; the caller frees it. */
char *limn_format_bytes (guint64 bytes);
