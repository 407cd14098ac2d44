/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Seconds to wait after a text has become @after, where a @pause ends a thought and the last
 * picture took @picture seconds. */
double limn_live_pause_after (double pause, double picture, const char *before, const char *after);
