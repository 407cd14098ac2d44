/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "command.h"
#include "json-writer.h"
#include "limn.h"
#include "number.h"
#include "report.h"

#define N_COLUMNS 5

static const char *const headings[N_COLUMNS] = { "ID", "NAME", "TYPE", "MEMORY", "USE" };

/* What stands in the columns for one device; the caller frees the vector. */
static char **
make_row (const struct limn_device_info *info)
{
  char **row = g_new0 (char *, N_COLUMNS + 1);

  row[0] = g_strdup (info->id);
  row[1] = g_strdup (info->name);
  row[2] = g_strdup (info->type);
  row[3] = limn_format_bytes (info->memory);
  row[4] = g_strdup (info->use);
  return row;
}

static void
print_row (const char *const *row, const int *widths)
{
  for (int i = 0; i < N_COLUMNS; i++) {
    int padding = i + 1 < N_COLUMNS ? widths[i] - (int) g_utf8_strlen (row[i], -1) + 2 : 0;

    printf ("%s%*s", row[i], padding, "");
  }
  printf ("\n");
}

static void
print_table (const GPtrArray *devices)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  int widths[N_COLUMNS] = { 0 };

  for (int i = 0; i < N_COLUMNS; i++)
    widths[i] = (int) g_utf8_strlen (headings[i], -1);
  for (guint i = 0; i < devices->len; i++) {
    char **row = make_row (g_ptr_array_index (devices, i));

    for (int c = 0; c < N_COLUMNS; c++)
      widths[c] = MAX (widths[c], (int) g_utf8_strlen (row[c], -1));
    g_ptr_array_add (rows, row);
  }

  print_row (headings, widths);
  for (guint i = 0; i < devices->len; i++) {
    const struct limn_device_info *info = g_ptr_array_index (devices, i);

    print_row (g_ptr_array_index (rows, i), widths);
    printf ("%*s%s\n", widths[0] + 2, "", info->features);
    if (info->missing != NULL)
      printf ("%*smissing: %s\n", widths[0] + 2, "", info->missing);
  }
}

static void
print_json (const GPtrArray *devices)
{
  for (guint i = 0; i < devices->len; i++) {
    const struct limn_device_info *info = g_ptr_array_index (devices, i);
    GString *json = limn_json_write_begin ();

    limn_json_write_string (json, "id", info->id);
    limn_json_write_string (json, "name", info->name);
    limn_json_write_string (json, "type", info->type);
    limn_json_write_uint (json, "memory", info->memory);
    limn_json_write_string (json, "features", info->features);
    limn_json_write_string (json, "missing", info->missing);
    limn_json_write_string (json, "use", info->use);
    limn_json_write_end (json);
    printf ("%s\n", json->str);
    g_string_free (json, TRUE);
  }
}

int
limn_command_devices (int argc, char **argv)
{
  gboolean json = FALSE, help = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object a line", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &help, "Print this", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) devices = NULL;

  g_set_prgname ("limn devices");
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, "Lists the devices that can compute.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return limn_report_usage ("devices", error->message);
  if (argc > 1)
    return limn_report_usage ("devices", "devices takes options only");
  if (help) {
    g_autofree char *text = g_option_context_get_help (context, TRUE, NULL);

    fputs (text, stdout);
    return LIMN_EXIT_DONE;
  }

  devices = limn_devices_list ();
  if (json)
    print_json (devices);
  else
    print_table (devices);
  return limn_report_written ();
}
