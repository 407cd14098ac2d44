/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* One run of the built program, in an empty folder of its own. */
typedef struct {
  char *folder; /* the program's current folder */
  int status;   /* its exit status; -1 when a signal ended it */
  char *out, *err;
} run;

/* @arguments is NULL-terminated, without the program's name. @environment holds NAME, VALUE, ...,
 * NULL, or is NULL. */
run *run_limn (const char *const *arguments, const char *const *environment);
void run_free (run *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (run, run_free)

/* For tests that talk with the program while it runs: starts it with its output in pipes. */
GSubprocess *run_start (run *result, const char *const *arguments, const char *const *environment);
/* The same where no file may grow above @bytes: writes fail then as on a full disk. */
GSubprocess *run_start_limited (run *result,
                                const char *const *arguments,
                                const char *const *environment,
                                gsize bytes);
/* Waits for its end and fills @result with it and with what it said. */
void run_finish (run *result, GSubprocess *process);
run *run_new (void);

/* Exit 1, exactly one line on stderr that begins with "limn: " and holds @words. */
void run_assert_failed (const run *result, const char *words);
/* Exit 0 and nothing on stderr. */
void run_assert_done (const run *result);
/* The names in the run's folder are exactly @names, which are NULL-terminated and sorted. */
void run_assert_files (const run *result, const char *const *names);

/* @name in the source tree; the caller frees it. */
char *source_path (const char *name);
/* A folder that is there until clean_up(); the caller frees the name. */
char *make_folder (void);
/* A folder in which every file of @model is a symbolic link to the real one. */
char *link_model (const char *model);
/* Puts @data in the place of a file or link. */
void replace_file (const char *path, const char *data, gsize length);
/* Removes all folders; every test program calls it at its end. */
void clean_up (void);
