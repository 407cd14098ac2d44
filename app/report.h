/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Exit codes of every subcommand. */
typedef enum {
  LIMN_EXIT_DONE = 0,
  LIMN_EXIT_FAILED = 1,
  LIMN_EXIT_USAGE = 2,
} limn_exit;

/* "limn: MESSAGE" on stderr, always exactly one line; returns LIMN_EXIT_FAILED. */
int limn_report_failure (const GError *error);

/* The same with a hint to `limn COMMAND --help`, COMMAND may be NULL; returns LIMN_EXIT_USAGE. */
int limn_report_usage (const char *command, const char *message);

/* For commands that have printed: LIMN_EXIT_DONE when all of it could be written to stdout, else a
 * sentence and LIMN_EXIT_FAILED. */
int limn_report_written (void);
