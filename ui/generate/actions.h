/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "shortcuts.h"
#include "studio.h"

/* The group "generate": run, cancel, cancel-all, clear-finished, live (boolean), keep-live,
 * show-queue. Starts live mode for @studio. The caller owns it. */
GActionGroup *limn_generate_actions_new (LimnStudio *studio);
