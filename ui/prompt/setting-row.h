/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* What shows and changes settings of the studio's document. It follows the document, also when that
 * is replaced; kinds of rows only say what is to be shown. Before it has a studio it is
 * insensitive.
 *
 * Properties, given when it is made: setting, a name in limn_settings, of a row that shows that one
 * alone; title, what stands before it. */
#define LIMN_TYPE_SETTING_ROW (limn_setting_row_get_type ())
G_DECLARE_DERIVABLE_TYPE (LimnSettingRow, limn_setting_row, LIMN, SETTING_ROW, GtkWidget)

/* All settings at once, and the size of the canvas. */
#define LIMN_ALL_SETTINGS (-1)

struct _LimnSettingRowClass {
  GtkWidgetClass parent_class;

  /* Shows what @document has; @setting is the one that changed, or LIMN_ALL_SETTINGS. What it does
   * to its widgets changes nothing in the document. */
  void (*update) (LimnSettingRow *row, LimnDocument *document, int setting);
};

void limn_setting_row_set_studio (LimnSettingRow *row, LimnStudio *studio);
/* Of @widget and all below it. */
void limn_setting_rows_set_studio (GtkWidget *widget, LimnStudio *studio);

/* Borrowed; NULL before there is one. */
LimnStudio *limn_setting_row_get_studio (LimnSettingRow *row);
LimnDocument *limn_setting_row_get_document (LimnSettingRow *row);

/* Whether it is showing something just now: changes of its widgets are not a person's. */
bool limn_setting_row_is_updating (LimnSettingRow *row);
/* Shows all again. */
void limn_setting_row_refresh (LimnSettingRow *row);
/* Between these nothing is shown, and some time after the second one all is: for what happens
 * because something was selected in a drop-down, whose list must not change meanwhile. */
void limn_setting_row_hold (LimnSettingRow *row);
void limn_setting_row_release (LimnSettingRow *row);

/* What a person does. Consumes a floating @value. Changes that follow each other within a second,
 * or in one drag, are one step of undoing. */
void limn_setting_row_set (LimnSettingRow *row, limn_setting setting, GVariant *value);
/* What follows is a step of its own. */
void limn_setting_row_new_step (LimnSettingRow *row);

/* The one that it shows, or LIMN_ALL_SETTINGS. */
int limn_setting_row_get_setting (LimnSettingRow *row);
/* Gives @widget the row's title for a screen reader. */
void limn_setting_row_name (LimnSettingRow *row, GtkWidget *widget);

/* Makes @list have exactly @texts, NULL-terminated, and touches it only where it differs: a
 * drop-down that loses what is selected selects something else. */
void limn_string_list_set (GtkStringList *list, const char *const *texts);
