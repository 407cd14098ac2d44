/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "prompt/models.h"

/* What one look at the disk found. Made on a worker, then given to the main thread. */
struct limn_found_model {
  char *model; /* the setting; "" for the bundled one */
  char *name, *family, *problem;
  char **controls;
};

struct limn_found_control {
  char *path, *type, *family;
};

struct limn_scan {
  GPtrArray *models;   /* of limn_found_model */
  GPtrArray *controls; /* of limn_found_control */
  GPtrArray *folders;  /* of char *: those that were read and should be watched */
};

struct limn_found_model *limn_found_model_copy (const struct limn_found_model *model);
void limn_found_model_free (struct limn_found_model *model);
void limn_scan_free (struct limn_scan *scan);

/* What an earlier look found at a path, so that a file that has not changed is not read again. Any
 * thread, one at a time. */
typedef struct limn_scan_cache limn_scan_cache;
limn_scan_cache *limn_scan_cache_new (void);
void limn_scan_cache_free (limn_scan_cache *cache);

/* Looks through @roots, NULL-terminated, some levels deep, and at @files, each of them a model by
 * itself. Blocks; for workers. */
struct limn_scan *limn_scan_run (const char *const *roots,
                                 const char *const *files,
                                 limn_scan_cache *cache,
                                 GCancellable *cancellable);
/* One path, which need not be a model; NULL with the sentence where there is nothing to read. */
struct limn_found_model *limn_scan_model (const char *path, GError **error);
/* The types of controlnet-TYPE/ in a model's folder, sorted. */
char **limn_scan_controls (const char *folder);

/* For entries. */
LimnModelEntry *limn_model_entry_new (const struct limn_found_model *found);
bool limn_model_entry_is (LimnModelEntry *entry, const struct limn_found_model *found);
