/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "command.h"
#include "json-writer.h"
#include "limn.h"
#include "number.h"
#include "report.h"

#define LABEL "  %-12s"

static void
print_line (const char *label, const char *value)
{
  if (value != NULL)
    printf (LABEL "%s\n", label, value);
}

static void
print_memory (const struct limn_inspection *inspection)
{
  g_autofree char *f32 = limn_format_bytes (inspection->memory_f32);
  g_autofree char *f16 = limn_format_bytes (inspection->memory_f16);

  if (inspection->memory_f32 > 0)
    printf (LABEL "%s in f32, %s in f16\n", "weights", f32, f16);
}

static void
print_text (const char *path, const struct limn_inspection *inspection)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *bytes = limn_format_bytes (inspection->bytes);
  const char *inpainting = inspection->inpainting ? ", for inpainting" : "";

  printf ("%s\n" LABEL "%s%s\n", name, "kind", inspection->kind, inpainting);
  print_line ("parts", inspection->parts);
  print_line ("family", inspection->family);
  print_line ("prediction", inspection->prediction);
  print_line ("format", inspection->format);
  printf (LABEL "%" G_GUINT64_FORMAT ", %s\n", "tensors", inspection->tensors, bytes);
  printf (LABEL "%" G_GUINT64_FORMAT "\n", "parameters", inspection->parameters);
  for (guint i = 0; i < inspection->types->len; i++) {
    const struct limn_inspection_type *type =
        &g_array_index (inspection->types, struct limn_inspection_type, i);

    printf (LABEL "%s: %" G_GUINT64_FORMAT " tensors, %" G_GUINT64_FORMAT " parameters\n",
            i == 0 ? "types" : "", type->name, type->tensors, type->parameters);
  }
  print_memory (inspection);
  print_line ("problem", inspection->problem);
}

static void
append_types (GString *json, const GArray *types)
{
  g_string_append (json, ",\"types\":[");
  for (guint i = 0; i < types->len; i++) {
    const struct limn_inspection_type *type =
        &g_array_index (types, struct limn_inspection_type, i);
    GString *object = limn_json_write_begin ();

    limn_json_write_string (object, "name", type->name);
    limn_json_write_uint (object, "tensors", type->tensors);
    limn_json_write_uint (object, "parameters", type->parameters);
    limn_json_write_end (object);
    g_string_append_printf (json, "%s%s", i > 0 ? "," : "", object->str);
    g_string_free (object, TRUE);
  }
  g_string_append_c (json, ']');
}

static void
print_json (const char *path, const struct limn_inspection *inspection)
{
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "path", path);
  limn_json_write_string (json, "kind", inspection->kind);
  limn_json_write_string (json, "parts", inspection->parts);
  limn_json_write_string (json, "family", inspection->family);
  limn_json_write_string (json, "prediction", inspection->prediction);
  limn_json_write_string (json, "format", inspection->format);
  limn_json_write_uint (json, "inpainting", inspection->inpainting);
  limn_json_write_uint (json, "tensors", inspection->tensors);
  limn_json_write_uint (json, "parameters", inspection->parameters);
  limn_json_write_uint (json, "bytes", inspection->bytes);
  append_types (json, inspection->types);
  limn_json_write_uint (json, "memory_f32", inspection->memory_f32);
  limn_json_write_uint (json, "memory_f16", inspection->memory_f16);
  limn_json_write_string (json, "problem", inspection->problem);
  limn_json_write_end (json);
  printf ("%s\n", json->str);
  g_string_free (json, TRUE);
}

static int
inspect (const char *path, bool json)
{
  g_autoptr (GError) error = NULL;
  struct limn_inspection *inspection = limn_inspect (path, &error);

  if (inspection == NULL)
    return limn_report_failure (error);
  if (json)
    print_json (path, inspection);
  else
    print_text (path, inspection);
  limn_inspection_free (inspection);
  return limn_report_written ();
}

int
limn_command_inspect (int argc, char **argv)
{
  gboolean json = FALSE, help = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &help, "Print this", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE|FOLDER");
  g_autoptr (GError) error = NULL;

  g_set_prgname ("limn inspect");
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (
      context, "Says what a model, or a part of one, is, and how much memory its weights take.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return limn_report_usage ("inspect", error->message);
  if (help) {
    g_autofree char *text = g_option_context_get_help (context, TRUE, NULL);

    fputs (text, stdout);
    return LIMN_EXIT_DONE;
  }
  if (argc != 2)
    return limn_report_usage ("inspect", "inspect takes one file or folder");
  return inspect (argv[1], json);
}
