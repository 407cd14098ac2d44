/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The subcommands of `limn`. @argv[0] is the subcommand's name; each returns the exit code. */
int limn_command_generate (int argc, char **argv);
int limn_command_devices (int argc, char **argv);
int limn_command_inspect (int argc, char **argv);
int limn_command_animate (int argc, char **argv);
int limn_command_export (int argc, char **argv);
int limn_command_bench (int argc, char **argv);

/* A measurement that app/ does not know, since it opens a window: `limn bench NAME` runs it. To be
 * called before limn_command_bench(); the texts are kept. At most 4. */
void
limn_bench_add (const char *name, const char *summary, bool (*run) (bool json, GError **error));
