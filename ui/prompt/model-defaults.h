/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"

/* Chooses @model, "" for the bundled one, in one step of undoing. Settings that still are what they
 * begin with, or what the model before wanted, become what this one wants. */
void limn_model_defaults_choose (LimnDocument *document, const char *model);
