/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "prompt/setting-row.h"

/* Presets: all settings but the prompt under a name. */
#define LIMN_TYPE_PRESET_ROW (limn_preset_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnPresetRow, limn_preset_row, LIMN, PRESET_ROW, LimnSettingRow)

/* What was chosen last, as long as it is there; NULL for none. "own" says whether it can be
 * updated, renamed and deleted; notify::chosen tells of changes. */
const char *limn_preset_row_get_chosen (LimnPresetRow *row);
bool limn_preset_row_is_own (LimnPresetRow *row);

/* These ask where a name is needed. */
void limn_preset_row_save (LimnPresetRow *row);
void limn_preset_row_rename (LimnPresetRow *row);
/* Of the chosen one. */
void limn_preset_row_overwrite (LimnPresetRow *row);
void limn_preset_row_delete (LimnPresetRow *row);
void limn_preset_row_reset (LimnPresetRow *row);
