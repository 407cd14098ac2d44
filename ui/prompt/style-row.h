/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "prompt/setting-row.h"

/* The style: a name and templates, which are in the document, so that it is whole by itself. */
#define LIMN_TYPE_STYLE_ROW (limn_style_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnStyleRow, limn_style_row, LIMN, STYLE_ROW, LimnSettingRow)

/* Opens the dialog for the document's style, or for a new one. */
void limn_style_row_edit (LimnStyleRow *row);
