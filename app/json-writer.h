/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Writes one JSON object without line breaks. Keys are plain ASCII; a NULL string is null; text
 * that is not UTF-8 (file names) has its broken bytes replaced. */
GString *limn_json_write_begin (void);
void limn_json_write_string (GString *json, const char *key, const char *value);
void limn_json_write_uint (GString *json, const char *key, guint64 value);
/* Three decimals. @value is finite. */
void limn_json_write_double (GString *json, const char *key, double value);
/* A string in quotes, without a key. */
void limn_json_append_string (GString *json, const char *value);
/* @value is JSON already: a number, an array, an object. */
void limn_json_write_raw (GString *json, const char *key, const char *value);
void limn_json_write_end (GString *json);
