/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "studio.h"

/* Edits the document's style: its name and its templates; saves it as one of the person's own. */
#define LIMN_TYPE_STYLE_DIALOG (limn_style_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LimnStyleDialog, limn_style_dialog, LIMN, STYLE_DIALOG, AdwWindow)

/* @parent may be NULL. The window is GTK's. */
LimnStyleDialog *limn_style_dialog_show (LimnStudio *studio, GtkWindow *parent);

/* All three in one step of undoing. */
void
limn_style_set (LimnDocument *document, const char *name, const char *prompt, const char *negative);
