/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "prompt/panel.h"

#include "prompt/preset-row.h"
#include "prompt/prompt-view.h"
#include "prompt/rows.h"
#include "prompt/style-row.h"

struct _LimnPromptPanel {
  GtkWidget parent;

  /* Template */
  GtkWidget *scroller;
  LimnPresetRow *preset;
  LimnPromptView *prompt, *negative;
  LimnStyleRow *style;
  LimnModelRow *model;
  GtkWidget *sampling, *more; /* what is in the expanders */

  /* Owned */
  LimnStudio *studio;
};

/* The negative prompt where the keyboard is in it, else the prompt. */
LimnPromptView *limn_prompt_panel_get_active (LimnPromptPanel *panel);
