/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "canvas/bench.h"
#include "command.h"
#include "report.h"
#include "window/application.h"

struct command {
  const char *name, *summary;
  int (*run) (int argc, char **argv);
};

static int run_help (int argc, char **argv);
static int run_version (int argc, char **argv);

static const struct command commands[] = {
  { "generate", "draw a picture from a scribble and a prompt", limn_command_generate },
  { "devices", "list the devices that can compute, and what is missing", limn_command_devices },
  { "inspect", "say what a model file or folder is", limn_command_inspect },
  { "animate", "draw a film from a scene or a drawing", limn_command_animate },
  { "export", "turn frames into a film, or a film into another", limn_command_export },
  { "bench", "measure speed and memory", limn_command_bench },
  { "help", "explain a subcommand", run_help },
  { "version", "print the version", run_version },
};

/* Other spellings that people try first. */
static const struct {
  const char *spelling, *name;
} spellings[] = {
  { "--help", "help" },
  { "-h", "help" },
  { "--version", "version" },
  { "-V", "version" },
};

static const struct command *
find_command (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (spellings); i++) {
    if (g_str_equal (name, spellings[i].spelling))
      name = spellings[i].name;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (g_str_equal (name, commands[i].name))
      return &commands[i];
  }
  return NULL;
}

static int
unknown_command (const char *name)
{
  g_autofree char *message = g_strdup_printf ("there is no subcommand \"%s\"", name);

  return limn_report_usage (NULL, message);
}

static void
print_overview (void)
{
  printf ("Usage:\n  limn [--new-window] [FILE...]\n  limn SUBCOMMAND [OPTION...]\n\n"
          "Turns drawings into pictures with a diffusion model. Without a subcommand it opens its\n"
          "window, with each FILE as a drawing.\n\nSubcommands:\n");
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    printf ("  %-10s %s\n", commands[i].name, commands[i].summary);
  printf ("\n`limn SUBCOMMAND --help` lists the options of one.\n");
}

static int
run_help (int argc, char **argv)
{
  const struct command *command;
  char *help_argv[] = { NULL, (char *) "--help", NULL };

  if (argc > 2)
    return limn_report_usage (NULL, "help takes the name of one subcommand");
  if (argc < 2) {
    print_overview ();
    return LIMN_EXIT_DONE;
  }
  command = find_command (argv[1]);
  if (command == NULL)
    return unknown_command (argv[1]);
  if (command->run == run_help || command->run == run_version) {
    printf ("limn %s: %s\n", command->name, command->summary);
    return LIMN_EXIT_DONE;
  }
  help_argv[0] = (char *) command->name;
  return command->run (2, help_argv);
}

static int
run_version (int argc, char **argv)
{
  if (argc > 1)
    return limn_report_usage (NULL, "version takes no arguments");
  printf ("limn %s\n", LIMN_VERSION);
  return LIMN_EXIT_DONE;
}

/* Whether the window is meant: by nothing, an option of it, or the name of a file. What is called
 * like a subcommand is one. */
static bool
wants_window (int argc, char **argv)
{
  if (argc < 2)
    return true;
  if (find_command (argv[1]) != NULL)
    return false;
  return g_str_equal (argv[1], "--new-window") || strpbrk (argv[1], "./") != NULL ||
         g_file_test (argv[1], G_FILE_TEST_EXISTS);
}

/* OpenMP's threads wait for each other many times a second. GNU's spin meanwhile, and beside other
 * busy programs they take that time from the one they wait for; waiting in the kernel at once costs
 * a third where nothing else runs. A short spin costs nothing there and halves the time here.
 * libgomp reads this before main(), so it must be there when the program starts. */
static void
limit_spinning (char **argv)
{
  g_autofree char *path = NULL;

  if (g_getenv ("GOMP_SPINCOUNT") != NULL || g_getenv ("OMP_WAIT_POLICY") != NULL)
    return;
  g_setenv ("GOMP_SPINCOUNT", "2000", TRUE);
  /* By its own path, since the process takes the name of what is executed. */
  path = g_file_read_link ("/proc/self/exe", NULL);
  if (path != NULL)
    execv (path, argv);
}

int
main (int argc, char **argv)
{
  const struct command *command;

  limit_spinning (argv);
  /* SVT-AV1 tells stderr of itself otherwise; the environment belongs to the one thread there is.
   */
  g_setenv ("SVT_LOG", "1", FALSE);

  /* Numbers are written with a point in every language. */
  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");
  /* A reader that has gone shows as a failed write, which ends the job in order. */
  signal (SIGPIPE, SIG_IGN);
  /* So does a file that may not grow, under ulimit -f. */
  signal (SIGXFSZ, SIG_IGN);
  g_set_prgname ("limn");
  limn_bench_add ("canvas", "drawing: frames, and from a stroke to the screen", limn_canvas_bench);

  if (wants_window (argc, argv))
    return limn_application_main (argc, argv);
  command = find_command (argv[1]);
  if (command == NULL)
    return unknown_command (argv[1]);
  return command->run (argc - 1, argv + 1);
}
