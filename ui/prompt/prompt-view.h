/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "prompt/setting-row.h"

/* A prompt: an entry of several lines with a title and a count of tokens. Properties: setting
 * ("prompt", "negative"), title, hint (what stands in it while it is empty), lines. */
#define LIMN_TYPE_PROMPT_VIEW (limn_prompt_view_get_type ())
G_DECLARE_FINAL_TYPE (LimnPromptView, limn_prompt_view, LIMN, PROMPT_VIEW, LimnSettingRow)

/* Of the selection or at the cursor, as limn_emphasis_change() does it. */
void limn_prompt_view_change_weight (LimnPromptView *view, double delta);
bool limn_prompt_view_has_focus (LimnPromptView *view);
GtkTextView *limn_prompt_view_get_text_view (LimnPromptView *view);
/* "23/75", or NULL while it is not known. */
const char *limn_prompt_view_get_count (LimnPromptView *view);
