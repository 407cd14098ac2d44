/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

/* What a person can set for all drawings: the keys of limn_preferences(). */
#define LIMN_TYPE_PREFERENCES_WINDOW (limn_preferences_window_get_type ())
G_DECLARE_FINAL_TYPE (
    LimnPreferencesWindow, limn_preferences_window, LIMN, PREFERENCES_WINDOW, AdwPreferencesWindow)

GtkWidget *limn_preferences_window_new (void);
