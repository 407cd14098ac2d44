/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <stdio.h>

/* File names may hold line breaks; a message must not. */
static char *
one_line (const char *message)
{
  return g_strdelimit (g_strdup (message), "\r\n", ' ');
}

int
limn_report_failure (const GError *error)
{
  g_autofree char *line = one_line (error->message);

  fprintf (stderr, "limn: %s\n", line);
  return LIMN_EXIT_FAILED;
}

int
limn_report_usage (const char *command, const char *message)
{
  g_autofree char *line = one_line (message);

  if (command != NULL)
    fprintf (stderr, "limn: %s; see limn %s --help\n", line, command);
  else
    fprintf (stderr, "limn: %s; see limn --help\n", line);
  return LIMN_EXIT_USAGE;
}

int
limn_report_written (void)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return LIMN_EXIT_DONE;
  fputs ("limn: standard output cannot be written\n", stderr);
  return LIMN_EXIT_FAILED;
}
