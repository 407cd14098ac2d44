/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "prompt/records.h"

/* Takes nothing; @values may be NULL. */
LimnRecord *limn_record_new (const char *name, bool own, GVariant *const *values);
void limn_record_set_value (LimnRecord *record, limn_setting setting, GVariant *value);

/* The file: {"limn":1,"records":[{"name":"...","steps":20,...},...]}. Any thread. */
char *limn_records_to_json (GPtrArray *records); /* of LimnRecord; only own ones are written */
/* Of LimnRecord; NULL with the sentence. Values that are out of range are left out, members that
 * are not known passed over. */
GPtrArray *
limn_records_from_json (const char *path, const char *text, gsize length, GError **error);

/* What comes with Limn. */
extern const limn_setting limn_style_settings[], limn_preset_settings[];
void limn_records_add_styles (GPtrArray *records);
void limn_records_add_presets (GPtrArray *records);
