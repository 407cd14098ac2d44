/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate/queue.h"

/* Live mode, while the document's setting "live" is on: draws again when the pen lifts or typing
 * pauses, never in the middle of a stroke or a word; what is out of date ends at the next step, and
 * one job is in flight at a time. Its seed is the document's. A picture replaces the one before and
 * is a result only when it is kept. Main thread only.
 *
 * Properties, each with notify: can-keep (boolean). */
#define LIMN_TYPE_LIVE (limn_live_get_type ())
G_DECLARE_FINAL_TYPE (LimnLive, limn_live, LIMN, LIVE, GObject)

/* The one of @studio, made when it is first asked for; borrowed, and gone with the studio. */
LimnLive *limn_live_get (LimnStudio *studio);

/* Puts the last live picture among the document's results; false when there is none, or it was kept
 * already. */
bool limn_live_keep (LimnLive *live);
bool limn_live_get_can_keep (LimnLive *live);

/* Seconds that typing has to pause for; twice that within a word or where a picture takes long. For
 * tests, and for a preference. */
void limn_live_set_pause (LimnLive *live, double seconds);
