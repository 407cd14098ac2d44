/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>
#include <stdbool.h>

/* The program with windows. The first start of it in a session is the one that runs; later ones
 * hand it their files. What a crash left is offered before any window opens. */
#define LIMN_TYPE_APPLICATION (limn_application_get_type ())
G_DECLARE_FINAL_TYPE (LimnApplication, limn_application, LIMN, APPLICATION, AdwApplication)

LimnApplication *limn_application_new (void);

/* Whether what a crash left is still being looked at: windows wait for that. */
bool limn_application_is_recovering (LimnApplication *application);

/* A window for @file. */
void limn_application_open (LimnApplication *application, GFile *file);
/* A window with an empty drawing; 0 for the size that the preferences say. */
void limn_application_new_drawing (LimnApplication *application, int width, int height);
/* The window that has @file open, or NULL; borrowed. @application may be NULL. */
GtkWidget *limn_application_find (GtkApplication *application, GFile *file);

/* The program with its windows from its beginning to its end, in place of main(). @argv are names
 * of files, and --new-window. Without a display, one sentence on stderr. */
int limn_application_main (int argc, char **argv);
