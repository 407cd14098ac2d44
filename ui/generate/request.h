/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/request.h"

/* Requests (document/request.h) with what the preferences and the list of models add to them. Main
 * thread only. */

/* Of @document as it is. NULL as long as pixels have to be copied that are too many for one turn of
 * the main loop, or while a stroke is drawn: limn_request_make() waits. */
limn_request *limn_request_try (LimnDocument *document);

typedef void (*limn_request_func) (limn_request *request, gpointer data);

/* Calls @func once, at once or from the main loop, with a request that it takes; with NULL when
 * @document was gone before, and never after @cancellable was cancelled. */
void limn_request_make (LimnDocument *document,
                        GCancellable *cancellable,
                        limn_request_func func,
                        gpointer data);
