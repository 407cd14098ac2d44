/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sched.h>
#include <string.h>

#include "cpu/cpu.h"

char *
limn_cpu_processor_name (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    return g_strdup ("processor");
  line = strstr (text, "model name");
  line = line ? strchr (line, ':') : NULL;
  if (!line)
    return g_strdup ("processor");
  return g_strstrip (g_strndup (line + 1, strcspn (line + 1, "\n")));
}

/* Whether processor @index comes first among those that share its core and may be used. */
static bool
is_first (int index, const cpu_set_t *allowed)
{
  g_autofree char *path =
      g_strdup_printf ("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", index);
  g_autofree char *text = NULL;
  g_auto (GStrv) ranges = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return true;
  ranges = g_strsplit (g_strstrip (text), ",", -1);
  for (char **range = ranges; *range; range++) {
    char *end;
    guint64 from = g_ascii_strtoull (*range, &end, 10);
    guint64 to = *end == '-' ? g_ascii_strtoull (end + 1, NULL, 10) : from;

    for (guint64 i = from; i <= to && i < (guint64) index; i++)
      if (CPU_ISSET (i, allowed))
        return false;
  }
  return true;
}

int
limn_cpu_processor_cores (void)
{
  cpu_set_t allowed;
  int cores = 0;

  CPU_ZERO (&allowed);
  if (sched_getaffinity (0, sizeof allowed, &allowed) != 0)
    return (int) g_get_num_processors ();
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET (i, &allowed) && is_first (i, &allowed))
      cores++;
  return MAX (cores, 1);
}
