/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/ask-name.h"

#include <adwaita.h>
#include <glib/gi18n.h>

struct question {
  AdwMessageDialog *dialog; /* borrowed: it owns this */
  GtkEditable *entry;
  limn_name_check check;
  limn_name_func done;
  gpointer data;
  GDestroyNotify destroy;
};

static void
question_free (gpointer data)
{
  struct question *question = data;

  if (question->destroy != NULL)
    question->destroy (question->data);
  g_free (question);
}

static void
on_changed (struct question *question)
{
  const char *name = gtk_editable_get_text (question->entry);

  adw_message_dialog_set_response_enabled (question->dialog, "accept",
                                           question->check (name, question->data));
}

static void
on_response (AdwMessageDialog *dialog, const char *response, struct question *question)
{
  const char *name = gtk_editable_get_text (question->entry);

  if (g_str_equal (response, "accept") && question->check (name, question->data))
    question->done (name, question->data);
}

void
limn_ask_name (GtkWidget *parent,
               const char *title,
               const char *accept,
               const char *name,
               limn_name_check check,
               limn_name_func done,
               gpointer data,
               GDestroyNotify destroy)
{
  GtkRoot *root = gtk_widget_get_root (parent);
  GtkWidget *dialog =
      adw_message_dialog_new (GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, title, NULL);
  GtkWidget *entry = gtk_entry_new ();
  struct question *question = g_new0 (struct question, 1);

  *question = (struct question){
    ADW_MESSAGE_DIALOG (dialog), GTK_EDITABLE (entry), check, done, data, destroy,
  };
  gtk_editable_set_text (GTK_EDITABLE (entry), name);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Name"),
                                  -1);
  adw_message_dialog_set_extra_child (question->dialog, entry);
  adw_message_dialog_add_responses (question->dialog, "cancel", _ ("_Cancel"), "accept", accept,
                                    NULL);
  adw_message_dialog_set_response_appearance (question->dialog, "accept", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (question->dialog, "accept");
  adw_message_dialog_set_close_response (question->dialog, "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "limn-question", question, question_free);
  g_signal_connect_swapped (entry, "changed", G_CALLBACK (on_changed), question);
  g_signal_connect (dialog, "response", G_CALLBACK (on_response), question);
  on_changed (question);
  gtk_window_present (GTK_WINDOW (dialog));
  gtk_widget_grab_focus (entry);
}
