/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/toolbox.h"

/* What the files of the toolbox share. */

struct _LimnToolbox {
  GObject parent;

  LimnStudio *studio; /* borrowed: it owns this */
  LimnDocument *document;
  const struct limn_tool_view *view;
  gpointer view_data;

  gpointer states[LIMN_N_TOOLS];
  limn_tool_id tool; /* the one that is chosen, as far as it was told */
  bool pressed;
  limn_tool_id pressed_tool;
  struct limn_tool_event last; /* where the pointer is, or was */
  bool has_pointer;
  GdkModifierType modifiers;

  guint32 layer; /* that the last tool began on */
  int layer_x, layer_y;
  bool painting; /* what changes the layer now are the tools */

  guint32 background;
  double stabiliser;
  bool open, selection; /* as they were told */
};

extern const struct limn_tool *const limn_tools[LIMN_N_TOOLS];

bool limn_toolbox_tool_is_open (LimnToolbox *box, limn_tool_id tool);
/* What the tool or layer has under way is brought to its end there. */
void limn_toolbox_end_all (LimnToolbox *box);
