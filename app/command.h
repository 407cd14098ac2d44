/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The subcommands of `limn`. @argv[0] is the subcommand's name; each returns the exit code. */
int limn_command_generate (int argc, char **argv);
int limn_command_devices (int argc, char **argv);
int limn_command_inspect (int argc, char **argv);
int limn_command_export (int argc, char **argv);
int limn_command_bench (int argc, char **argv);
