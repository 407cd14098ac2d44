/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Weights in a prompt, in A1111's syntax, changed as with ctrl+Up and ctrl+Down there. */

/* A part of a text, in bytes. */
struct limn_range {
  gsize start, end;
};

struct limn_emphasis {
  struct limn_range replaced;  /* of the old text */
  char *text;                  /* what stands there now; freed by the caller */
  struct limn_range selection; /* of the new text: the words that were meant, without brackets */
};

/* Changes the weight of @selection, or where that is empty of the brackets around it or of the word
 * at it, by @delta. At 1 the brackets go; brackets around one pair of brackets become one pair.
 * False where there is no word. @text is UTF-8. */
bool limn_emphasis_change (const char *text,
                           struct limn_range selection,
                           double delta,
                           struct limn_emphasis *emphasis);

/* --- what is marked in a text --- */

typedef enum {
  LIMN_SPAN_COMMENT,
  LIMN_SPAN_CHOICE, /* the braces and bars of {a|b} */
  LIMN_SPAN_WEIGHT, /* brackets and numbers */
  LIMN_N_SPANS,
} limn_span_kind;

struct limn_span {
  struct limn_range range;
  limn_span_kind kind;
};

/* In the order of their starts; of limn_span, freed by g_array_unref(). */
GArray *limn_prompt_spans (const char *text);
