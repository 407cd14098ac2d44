/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "document/document.h"

/* What a window begins with: an empty drawing, or the sample of the first start. Made on a worker
 * thread, with its journal, since large ones take a while. */

/* 0 for the size that the preferences say. */
void limn_begin (int width, int height, bool sample, GAsyncReadyCallback callback, gpointer data);
/* Never NULL. *@problem, freed by the caller, is a sentence about what is not as it should be. */
LimnDocument *limn_begin_finish (GAsyncResult *result, char **problem);
/* Whether it became the sample. */
bool limn_begin_is_sample (GAsyncResult *result);
