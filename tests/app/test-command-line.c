/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <json-glib/json-glib.h>

#include "run.h"

static const char *const no_vulkan[] = { "VK_DRIVER_FILES", "/nonexistent/icd.json",
                                         "VK_ICD_FILENAMES", "/nonexistent/icd.json", NULL };
static const char *const no_files[] = { NULL };

#define MAX_ARGUMENTS 6

static void
test_help (void)
{
  static const struct {
    const char *arguments[MAX_ARGUMENTS];
    const char *words;
  } cases[] = {
    { { "--help" }, "generate" },          { { "-h" }, "devices" },
    { { "help" }, "Subcommands" },         { { "help", "generate" }, "--scribble" },
    { { "help", "version" }, "version" },  { { "generate", "--help" }, "--control" },
    { { "generate", "-h" }, "--preview" }, { { "devices", "--help" }, "--json" },
    { { "version" }, "limn 0." },          { { "--version" }, "limn 0." },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (run) result = run_limn (cases[i].arguments, no_vulkan);

    run_assert_done (result);
    g_assert_nonnull (strstr (result->out, cases[i].words));
    run_assert_files (result, no_files);
  }
}

static const struct {
  const char *arguments[MAX_ARGUMENTS];
  const char *words;
} wrong_usage[] = {
  { { "paint" }, "\"paint\"" },
  { { "--nonsense" }, "\"--nonsense\"" },
  { { "help", "paint" }, "\"paint\"" },
  { { "help", "generate", "devices" }, "one subcommand" },
  { { "version", "now" }, "no arguments" },
  { { "devices", "all" }, "options only" },
  { { "devices", "--nonsense" }, "--nonsense" },
  { { "generate" }, "--prompt" },
  { { "generate", "--nonsense" }, "--nonsense" },
  { { "generate", "--prompt" }, "--prompt" },
  { { "generate", "--prompt", "a", "b" }, "quotes" },
  { { "generate", "-p", "a", "--steps", "0" }, "--steps" },
  { { "generate", "-p", "a", "--steps", "ten" }, "\"ten\"" },
  { { "generate", "-p", "a", "--steps", "4001" }, "4000" },
  { { "generate", "-p", "a", "--cfg", "0" }, "--cfg" },
  { { "generate", "-p", "a", "--cfg", "nan" }, "--cfg" },
  { { "generate", "-p", "a", "--seed", "-1" }, "--seed" },
  { { "generate", "-p", "a", "--seed", "18446744073709551616" }, "--seed" },
  { { "generate", "-p", "a", "--size", "256" }, "--size" },
  { { "generate", "-p", "a", "--size", "256x" }, "--size" },
  { { "generate", "-p", "a", "--size", "0x256" }, "--size" },
  { { "generate", "-p", "a", "--size", "256x256x3" }, "--size" },
  { { "generate", "-p", "a", "--sampler", "magic" }, "dpm++2m" },
  { { "generate", "-p", "a", "--precision", "f64" }, "--precision" },
  { { "generate", "-p", "a", "--control", "a.png" }, "TYPE=PATH" },
  { { "generate", "-p", "a", "--control", "pose=a.png:12" }, "weight" },
  { { "generate", "-p", "a", "--controlnet", "pose" }, "--controlnet" },
  { { "generate", "-p", "a", "--out", "a.jpg" }, ".png" },
};

static void
test_wrong_usage (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wrong_usage); i++) {
    g_autoptr (run) result = run_limn (wrong_usage[i].arguments, no_vulkan);

    g_test_message ("%.*s", (int) strcspn (result->err, "\n"), result->err);
    g_assert_cmpint (result->status, ==, 2);
    g_assert_cmpstr (result->out, ==, "");
    g_assert_true (g_str_has_prefix (result->err, "limn: "));
    g_assert_nonnull (strstr (result->err, wrong_usage[i].words));
    g_assert_nonnull (strstr (result->err, "--help"));
    g_assert_true (strchr (result->err, '\n') == result->err + strlen (result->err) - 1);
    run_assert_files (result, no_files);
  }
}

/* Without a subcommand there must be somewhere to open the window; the same with a file. */
static void
test_no_display (void)
{
  static const char *const nowhere[] = { "DISPLAY", "", "WAYLAND_DISPLAY", "", NULL };
  static const char *const lines[][2] = { { NULL }, { "drawing.limn" }, { "--new-window" } };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    const char *const arguments[] = { lines[i][0], NULL };
    g_autoptr (run) result = run_limn (arguments, nowhere);

    run_assert_failed (result, "no display");
    run_assert_files (result, no_files);
  }
}

static void
test_devices_table (void)
{
  const char *const arguments[] = { "devices", NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);

  run_assert_done (result);
  g_assert_true (g_str_has_prefix (result->out, "ID "));
  g_assert_nonnull (strstr (result->out, "vulkan:0"));
}

static void
test_devices_json (void)
{
  static const char *const texts[] = { "id", "name", "type", "features", "use" };
  const char *const arguments[] = { "devices", "--json", NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);
  g_auto (GStrv) lines = NULL;

  run_assert_done (result);
  lines = g_strsplit (g_strchomp (result->out), "\n", -1);
  g_assert_nonnull (lines[0]);
  for (char **line = lines; *line != NULL; line++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (GError) error = NULL;
    JsonObject *object;

    json_parser_load_from_data (parser, *line, -1, &error);
    g_assert_no_error (error);
    object = json_node_get_object (json_parser_get_root (parser));
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
      g_assert_cmpstr (json_object_get_string_member (object, texts[i]), !=, "");
    g_assert_cmpint (json_object_get_int_member (object, "memory"), >, 0);
    g_assert_true (json_object_has_member (object, "missing"));
  }
}

/* A machine without any driver has its processor, which is the default then. */
static void
test_devices_none (void)
{
  const char *const table[] = { "devices", NULL };
  const char *const json[] = { "devices", "--json", NULL };
  g_autoptr (run) as_table = run_limn (table, no_vulkan);
  g_autoptr (run) as_json = run_limn (json, no_vulkan);

  run_assert_done (as_table);
  g_assert_nonnull (strstr (as_table->out, "\ncpu "));
  g_assert_nonnull (strstr (as_table->out, "default: there is no GPU"));
  g_assert_null (strstr (as_table->out, "vulkan:"));
  run_assert_done (as_json);
  g_assert_nonnull (strstr (as_json->out, "\"cpu\""));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/help", test_help);
  g_test_add_func ("/app/wrong-usage", test_wrong_usage);
  g_test_add_func ("/app/no-display", test_no_display);
  g_test_add_func ("/app/devices/table", test_devices_table);
  g_test_add_func ("/app/devices/json", test_devices_json);
  g_test_add_func ("/app/devices/none", test_devices_none);
  status = g_test_run ();
  clean_up ();
  return status;
}
