/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/toolbox.h"

/* What can be done with the lasso's selection but by the pen. @state is the lasso's. */
bool limn_lasso_has_selection (gconstpointer state);
void limn_lasso_select_all (LimnToolbox *box, gpointer state);
void limn_lasso_erase (LimnToolbox *box, gpointer state);
void limn_lasso_flip (LimnToolbox *box, gpointer state, bool vertical);
