/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "window/files.h"
#include "window/window-private.h"

/* Closing one window or all of them: what has something to save is asked about in one dialog, what
 * is to be saved is saved one after the other, and when all of that went well the windows go. */

struct closing {
  GList *windows;    /* of LimnWindow: all that are to go */
  GPtrArray *asked;  /* of LimnWindow: those with something to save */
  GPtrArray *checks; /* of GtkCheckButton, one for each of @asked, or empty for one */
  guint next;
};

static void
closing_free (struct closing *closing)
{
  for (GList *each = closing->windows; each != NULL; each = each->next)
    LIMN_WINDOW (each->data)->closing = false;
  g_list_free_full (closing->windows, g_object_unref);
  g_ptr_array_unref (closing->asked);
  g_ptr_array_unref (closing->checks);
  g_free (closing);
}

/* Takes @closing. */
static void
close_all (struct closing *closing)
{
  for (GList *each = closing->windows; each != NULL; each = each->next) {
    LimnWindow *window = each->data;

    window->decided = true;
    gtk_window_close (GTK_WINDOW (window));
  }
  closing_free (closing);
}

/* --- saving --- */

static void save_next (struct closing *closing);

static void
on_saved (LimnWindow *window, bool saved, gpointer data)
{
  struct closing *closing = data;

  if (!saved) {
    closing_free (closing);
    return;
  }
  closing->next++;
  save_next (closing);
}

static bool
is_wanted (const struct closing *closing, guint index)
{
  return closing->checks->len == 0 ||
         gtk_check_button_get_active (g_ptr_array_index (closing->checks, index));
}

/* Takes @closing. */
static void
save_next (struct closing *closing)
{
  while (closing->next < closing->asked->len && !is_wanted (closing, closing->next))
    closing->next++;
  if (closing->next == closing->asked->len) {
    close_all (closing);
    return;
  }
  gtk_window_present (g_ptr_array_index (closing->asked, closing->next));
  limn_window_save (g_ptr_array_index (closing->asked, closing->next), false, on_saved, closing);
}

/* --- asking --- */

static void
on_response (AdwMessageDialog *dialog, const char *response, struct closing *closing)
{
  /* Its parent may go now, and it would not notice. */
  gtk_window_set_transient_for (GTK_WINDOW (dialog), NULL);
  if (g_str_equal (response, "save"))
    save_next (closing);
  else if (g_str_equal (response, "discard"))
    close_all (closing);
  else
    closing_free (closing);
}

static GtkWidget *
list_drawings (struct closing *closing)
{
  GtkWidget *list = gtk_list_box_new ();

  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (list, "boxed-list");
  for (guint i = 0; i < closing->asked->len; i++) {
    LimnWindow *window = g_ptr_array_index (closing->asked, i);
    g_autofree char *title = limn_files_title (window->document);
    g_autofree char *folder = limn_files_folder (window->document);
    GtkWidget *row = adw_action_row_new (), *check = gtk_check_button_new ();

    adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), folder != NULL ? folder : _ ("New drawing"));
    gtk_check_button_set_active (GTK_CHECK_BUTTON (check), TRUE);
    gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
    adw_action_row_add_prefix (ADW_ACTION_ROW (row), check);
    adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), check);
    gtk_list_box_append (GTK_LIST_BOX (list), row);
    g_ptr_array_add (closing->checks, g_object_ref (check));
  }
  return list;
}

static void
describe (AdwMessageDialog *dialog, struct closing *closing)
{
  if (closing->asked->len > 1) {
    adw_message_dialog_set_body (
        dialog, _ ("These drawings have changes that are not saved. Those that are not saved now "
                   "are lost."));
    adw_message_dialog_set_extra_child (dialog, list_drawings (closing));
  } else {
    LimnWindow *window = g_ptr_array_index (closing->asked, 0);
    g_autofree char *title = limn_files_title (window->document);

    adw_message_dialog_format_body (
        dialog, _ ("“%s” has changes that are not saved. Without saving they are lost."), title);
  }
}

/* Takes @closing. */
static void
ask (struct closing *closing)
{
  GtkWindow *parent = g_ptr_array_index (closing->asked, 0);
  AdwMessageDialog *dialog =
      ADW_MESSAGE_DIALOG (adw_message_dialog_new (parent, _ ("Save Changes?"), NULL));

  describe (dialog, closing);
  adw_message_dialog_add_responses (dialog, "cancel", _ ("_Cancel"), "discard", _ ("_Discard"),
                                    "save", _ ("_Save"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "discard", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_response_appearance (dialog, "save", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (dialog, "save");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_signal_connect (dialog, "response", G_CALLBACK (on_response), closing);
  gtk_window_present (parent);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* --- when --- */

static void begin (struct closing *closing);

/* Whether the save was good or not, the document is looked at again. */
static void
on_quiet (LimnWindow *window, bool saved, gpointer data)
{
  begin (data);
}

/* Waits for what is being saved, then asks. Takes @closing. */
static void
begin (struct closing *closing)
{
  g_ptr_array_set_size (closing->asked, 0);
  for (GList *each = closing->windows; each != NULL; each = each->next) {
    LimnWindow *window = each->data;

    if (window->saving) {
      limn_window_save (window, false, on_quiet, closing);
      return;
    }
    if (limn_document_is_modified (window->document))
      g_ptr_array_add (closing->asked, window);
  }
  if (closing->asked->len > 0)
    ask (closing);
  else
    close_all (closing);
}

void
limn_windows_close (GList *windows)
{
  struct closing *closing = g_new0 (struct closing, 1);

  closing->asked = g_ptr_array_new ();
  closing->checks = g_ptr_array_new_with_free_func (g_object_unref);
  for (GList *each = windows; each != NULL; each = each->next) {
    LimnWindow *window = each->data;

    /* One that is being asked about is not asked about twice. */
    if (window->closing || window->closed)
      continue;
    window->closing = true;
    closing->windows = g_list_append (closing->windows, g_object_ref (window));
  }
  begin (closing);
}

bool
limn_window_hold_close (LimnWindow *window)
{
  g_autoptr (GList) one = g_list_append (NULL, window);

  if (window->decided || (!window->saving && !limn_document_is_modified (window->document)))
    return false;
  if (!window->closing)
    limn_windows_close (one);
  return true;
}
