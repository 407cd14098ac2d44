/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* What a person writes in a prompt, made into what the engine gets. Before the weights and breaks
 * of text/prompt.h there are:
 *
 *   # ...        a comment, to the end of the line, wherever the # stands: C# needs C\#
 *   {a|b|c}      one of these; they nest, and may be empty
 *   \# \{ \| \}  the character itself
 *
 * Which one it is follows from the seed and from how many others begin before it in the text, so
 * that the same seed says the same everywhere and a choice here changes none there. White space
 * around a choice goes. Braces without a | between them, and those without a partner, are text, as
 * is a | outside braces. All other backslashes stay, for text/prompt.h. */

/* UTF-8, never longer than @text where that is UTF-8; broken bytes count as U+FFFD. The caller
 * frees it. */
char *limn_prompt_expand (const char *text, guint64 seed);

/* @text with backslashes, so that limn_prompt_expand() gives @text again: for a prompt that comes
 * from a recipe, which has been expanded already. A single backslash before one of those
 * characters, which means nothing to anybody, goes. The caller frees it. */
char *limn_prompt_escape (const char *text);

/* A style's template with @text in the place of every "{prompt}"; without one the template follows
 * behind a comma. An empty template is no style, an empty @text leaves the template. Comments of
 * both are dropped, since one would swallow what follows; what else there is to expand is left to
 * limn_prompt_expand(), which goes over the result. The caller frees it. */
char *limn_style_apply (const char *template_text, const char *text);
