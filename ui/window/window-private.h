/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "window/window.h"

/* What the files of the window share. */

typedef void (*limn_saved_func) (LimnWindow *window, bool saved, gpointer data);

struct limn_waiting {
  limn_saved_func func;
  gpointer data;
};

struct _LimnWindow {
  AdwApplicationWindow parent;

  /* Template */
  AdwToastOverlay *toasts;
  AdwWindowTitle *title;
  GtkSpinner *spinner;
  GtkWidget *undo_button, *redo_button;
  GtkMenuButton *view_button;
  AdwFlap *flap;
  AdwBin *tools_place, *options_place, *canvas_place, *generate_place, *results_place;
  AdwBin *prompt_place, *layers_place;
  GtkRevealer *results_revealer;
  GMenu *recent_menu;

  /* Owned */
  LimnStudio *studio;
  GtkNativeDialog *chooser;
  GCancellable *loading; /* NULL when nothing is being read */
  GHashTable *groups;    /* names to GActionGroup: those of the parts */
  GArray *waiting;       /* of struct limn_waiting: for the end of a save */
  guint busy_source;     /* shows the spinner once something takes long */
  guint recent_source, view_source;
  int busy; /* files that are being read and written */
  bool saving;
  bool left;                     /* it was the active one once, and is not now */
  bool closing, decided, closed; /* being asked about; may go; gone */

  /* Borrowed */
  LimnDocument *document; /* the studio's, for its signals */
  GtkWidget *canvas;
};

/* --- window.c --- */

/* Title, mark and what can be undone. */
void limn_window_update (LimnWindow *window);
/* They nest. */
void limn_window_begin_busy (LimnWindow *window);
void limn_window_end_busy (LimnWindow *window);

/* --- actions.c --- */

void limn_window_add_actions (LimnWindow *window);
void limn_window_update_actions (LimnWindow *window);

/* --- files: open.c, save.c --- */

void limn_window_choose_open (LimnWindow *window);
/* Asks for a name where there is none, or when @ask. @func (may be NULL) comes when it is on the
 * disk, with false when it is not. */
void limn_window_save (LimnWindow *window, bool ask, limn_saved_func func, gpointer data);
void limn_window_choose_export (LimnWindow *window);
void limn_window_revert (LimnWindow *window);
/* Whether nothing would be lost if another document came here. */
bool limn_window_is_pristine (LimnWindow *window);

/* --- recent.c --- */

void limn_window_add_recent (LimnWindow *window, const char *path);
void limn_window_follow_recent (LimnWindow *window);

/* --- brushes.c --- */

/* The brush of every tool is kept for the next start. */
void limn_brushes_restore (LimnStudio *studio);
void limn_brushes_remember (LimnStudio *studio);

/* --- closing: close.c --- */

/* Of "close-request": whether the window stays for now. */
bool limn_window_hold_close (LimnWindow *window);
/* Asks about all of @windows (of LimnWindow) that have something to save, then closes all of them;
 * none if the person wants that. */
void limn_windows_close (GList *windows);
