/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate/queue.h"

/* Whether the next picture of a studio can be drawn, and what it would need: looked at again when
 * settings or layers have changed and rest, on threads of the engine. Main thread only.
 *
 * Signal: changed */
#define LIMN_TYPE_OUTLOOK (limn_outlook_get_type ())
G_DECLARE_FINAL_TYPE (LimnOutlook, limn_outlook, LIMN, OUTLOOK, GObject)

/* The one of @studio, made when it is first asked for; borrowed, and gone with the studio. It opens
 * the model, too, so that the first picture begins at once. */
LimnOutlook *limn_outlook_get (LimnStudio *studio);

/* Something outside of the drawing may have changed: a model that is gone is said. */
void limn_outlook_look_again (LimnOutlook *outlook);

/* The sentence that says why it cannot be drawn, or NULL; borrowed. */
const char *limn_outlook_get_problem (LimnOutlook *outlook);
/* "Needs 512 MB of 8.2 GB", or NULL as long as it is not known; borrowed. */
const char *limn_outlook_get_note (LimnOutlook *outlook);
/* Whether that is so much that it may fail. */
bool limn_outlook_get_tight (LimnOutlook *outlook);
