/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "prompt/setting-row.h"

/* Rows of one setting. Their property "setting" is its name in limn_settings, "title" what stands
 * before it. */

/* A slider and an entry for a number. Properties: lower, upper (of the slider; the entry takes what
 * the setting takes), step, digits. */
#define LIMN_TYPE_NUMBER_ROW (limn_number_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnNumberRow, limn_number_row, LIMN, NUMBER_ROW, LimnSettingRow)

/* A drop-down for a setting with choices. */
#define LIMN_TYPE_CHOICE_ROW (limn_choice_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnChoiceRow, limn_choice_row, LIMN, CHOICE_ROW, LimnSettingRow)

/* A switch. */
#define LIMN_TYPE_TOGGLE_ROW (limn_toggle_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnToggleRow, limn_toggle_row, LIMN, TOGGLE_ROW, LimnSettingRow)

/* The seed: a number, dice, a lock. */
#define LIMN_TYPE_SEED_ROW (limn_seed_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnSeedRow, limn_seed_row, LIMN, SEED_ROW, LimnSettingRow)

/* Of the picture: the canvas's, one of a list, or width and height. */
#define LIMN_TYPE_SIZE_ROW (limn_size_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnSizeRow, limn_size_row, LIMN, SIZE_ROW, LimnSettingRow)
/* What the actions do. */
void limn_size_row_swap (LimnDocument *document);
void limn_size_row_set_canvas (LimnDocument *document);

/* Which device computes. */
#define LIMN_TYPE_DEVICE_ROW (limn_device_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnDeviceRow, limn_device_row, LIMN, DEVICE_ROW, LimnSettingRow)

/* Which model draws. */
#define LIMN_TYPE_MODEL_ROW (limn_model_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnModelRow, limn_model_row, LIMN, MODEL_ROW, LimnSettingRow)
/* Lets the person choose a folder, or a file. */
void limn_model_row_choose (LimnModelRow *row, bool folder);
