/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

/* For `limn bench start`: with LIMN_MEASURE_START in the environment the program prints, in
 * microseconds of the monotonic clock, when the first frame of its window was painted ("frame N")
 * and when a picture could be drawn ("ready N"), and ends. */
bool limn_measure_wanted (void);
void limn_measure_window (GtkWidget *window);
