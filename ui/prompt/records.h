/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "document/document.h"

/* Settings under a name: styles and presets. Some come with Limn; a person's own are in a file
 * below $XDG_CONFIG_HOME/limn, which is read and written on worker threads. Main thread only. */

#define LIMN_TYPE_RECORD (limn_record_get_type ())
G_DECLARE_FINAL_TYPE (LimnRecord, limn_record, LIMN, RECORD, GObject)

/* Translated where it comes with Limn. */
const char *limn_record_get_name (LimnRecord *record);
bool limn_record_is_own (LimnRecord *record);
/* NULL where the record does not say; borrowed. */
GVariant *limn_record_get_value (LimnRecord *record, limn_setting setting);
const char *limn_record_get_text (LimnRecord *record, limn_setting setting);

/* One step of undoing. */
void limn_record_apply (LimnRecord *record, LimnDocument *document);
/* Whether @document has all that the record says. */
bool limn_record_fits (LimnRecord *record, LimnDocument *document);

/* A GListModel of LimnRecord: those that come with Limn, then own ones by name. Signal:
 *   problem (const char *)   one sentence: the file cannot be read, or not written */
#define LIMN_TYPE_RECORDS (limn_records_get_type ())
G_DECLARE_FINAL_TYPE (LimnRecords, limn_records, LIMN, RECORDS, GObject)

/* One of each for the program; borrowed. The first call begins to read. */
LimnRecords *limn_styles (void);
LimnRecords *limn_presets (void);

/* For tests: @file is a path; @settings end with LIMN_N_SETTINGS. */
LimnRecords *limn_records_new (const char *file, const limn_setting *settings);
/* Whether nothing is being read or written. */
bool limn_records_is_idle (LimnRecords *records);
/* What went wrong before anybody listened; the caller frees it. */
char *limn_records_take_problem (LimnRecords *records);

/* Borrowed; NULL when there is none. */
LimnRecord *limn_records_find (LimnRecords *records, const char *name);
LimnRecord *limn_records_get (LimnRecords *records, guint index);
/* Replaces an own one of the same name. @values has LIMN_N_SETTINGS members, NULL where nothing is
 * said. False for a name that is empty or that of one that comes with Limn. */
bool limn_records_save (LimnRecords *records, const char *name, GVariant *const *values);
/* What @document has of the settings that such records hold. */
bool limn_records_save_document (LimnRecords *records, const char *name, LimnDocument *document);
/* False where that cannot be: not an own one, or the name is taken. */
bool limn_records_rename (LimnRecords *records, const char *name, const char *to);
bool limn_records_remove (LimnRecords *records, const char *name);
/* Brings all settings that such records hold to what documents begin with, in one step. */
void limn_records_reset (LimnRecords *records, LimnDocument *document);
