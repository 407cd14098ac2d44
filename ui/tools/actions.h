/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "shortcuts.h"
#include "studio.h"

/* Group "tool": choose (the name of a tool), size-up, size-down, softness-up, softness-down,
 * opacity-up, opacity-down, filled, swap-colours, default-colours; finish, cancel, take-back of
 * what is under way; select-all; erase-selection, flip-horizontal, flip-vertical. */
GActionGroup *limn_tool_actions_new (LimnStudio *studio);

/* Keys that the canvas takes itself while it has the focus, since they mean something else
 * everywhere else: to be listed, not to be bound. Ends with a NULL action. */
extern const struct limn_shortcut limn_tool_canvas_keys[];

/* To be asked before a step of the document is undone: takes back the last point of a polygon, or
 * ends a selection or a stroke without effect. False when no tool has anything under way. */
bool limn_tool_take_back (LimnStudio *studio);
