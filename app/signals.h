/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

typedef struct limn_signals limn_signals;

/* From now on the first SIGINT or SIGTERM cancels @cancellable from the default main loop; the next
 * one ends the program at once, as it does by default. */
limn_signals *limn_signals_watch (GCancellable *cancellable);
/* Gives the signals back their default. Takes NULL. */
void limn_signals_free (limn_signals *signals);
