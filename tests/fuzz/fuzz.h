/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

/* A fuzz target gives one input to one parser of foreign bytes and aborts when the parser breaks
 * its promises; what the input says does not matter. Linked with libFuzzer (meson -Dfuzz=true) or
 * with run-corpus.c. Always returns 0. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* libFuzzer's: makes warnings of GLib fatal, as they are in the tests. */
int LLVMFuzzerInitialize (int *argc, char ***argv);

/* For parsers that read files: a folder of this process, removed at exit. */
const char *fuzz_folder (void);

/* Makes @name in that folder a regular file with these bytes, in memory. With @data NULL the name
 * is taken away. Returns its path, which stays. What mapped the file before must be closed. */
const char *fuzz_put (const char *name, const void *data, size_t size);

/* Aborts unless there is an error exactly where something failed, of this domain. Those of the
 * engine must be one line of UTF-8. */
void fuzz_check (bool good, const GError *error, GQuark domain);
