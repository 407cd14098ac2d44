/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What can be done, by action. Each part of the window has a table of these, which ends with a NULL
 * action: the window binds the keys, and the shortcuts window lists them.
 *
 * Keys without Control or Alt work where no text is being typed. */
struct limn_shortcut {
  const char *action;      /* detailed: "tool.choose::brush" */
  const char *accelerator; /* as gtk_accelerator_parse() takes it; NULL for none */
  const char *title;       /* N_() */
  const char *section;     /* N_(): "Canvas", "Tools", "Layers", "Prompt", "Pictures", "File" */
};

extern const struct limn_shortcut limn_canvas_shortcuts[];   /* canvas/ */
extern const struct limn_shortcut limn_tool_shortcuts[];     /* tools/ */
extern const struct limn_shortcut limn_layer_shortcuts[];    /* layers/ */
extern const struct limn_shortcut limn_prompt_shortcuts[];   /* prompt/ */
extern const struct limn_shortcut limn_generate_shortcuts[]; /* generate/ */
extern const struct limn_shortcut limn_result_shortcuts[];   /* results/ */
extern const struct limn_shortcut limn_window_shortcuts[];   /* window/ */
