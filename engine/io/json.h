/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A strict reader of foreign JSON (RFC 8259) that walks over the text once and builds nothing. It
 * serves where exact integers, duplicate keys or hostile nesting matter. The first failure is kept
 * in @problem with @at on the place; every later call fails. */
typedef struct {
  const char *start, *at, *end;
  const char *problem; /* NULL while all is well */
} limn_json;

/* Deeper nesting than this is a failure, so that no reader of the same text runs out of stack. */
#define LIMN_JSON_MAX_DEPTH 64

/* @text must outlive the reader; it needs no terminating NUL. Anything but UTF-8 is a failure. */
void limn_json_init (limn_json *json, const char *text, gsize length);

/* The next character after white space, which stays unread; 0 at the end and after a failure. */
char limn_json_peek (limn_json *json);
/* Reads @c after white space; fails when something else is there. */
bool limn_json_expect (limn_json *json, char c);
/* Steps through an array or object whose opening bracket was read: true when another element
 * follows; reads the comma, or the bracket @close at the end. @first starts out true. */
bool limn_json_next (limn_json *json, char close, bool *first);

/* The string's UTF-8 replaces what is in @value. \u0000 is a failure. */
bool limn_json_string (limn_json *json, GString *value);
bool limn_json_bool (limn_json *json, bool *value);
/* A whole number without fraction and exponent, from 0 to the largest gint64. */
bool limn_json_natural (limn_json *json, gint64 *value);
/* Any number that a double can hold; infinity is a failure. */
bool limn_json_double (limn_json *json, double *value);
/* Any value, checked and left behind. */
bool limn_json_skip (limn_json *json);
/* Fails when something other than white space is left. */
bool limn_json_finish (limn_json *json);

/* Fails by hand, @problem being a literal. Always false. */
bool limn_json_fail (limn_json *json, const char *problem);
/* Bytes from the start, for messages. */
gsize limn_json_position (const limn_json *json);

/* Sets LIMN_ERROR_FORMAT: @path, the line and what is wrong there. Always false. */
bool limn_json_set_error (GError **error, const char *path, const limn_json *json);
