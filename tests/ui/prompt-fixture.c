/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt-fixture.h"

void
fixture_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
fixture_set_up (fixture *f, gconstpointer data)
{
  f->document = limn_document_new (512, 384);
  f->studio = limn_studio_new (f->document);
  f->window = g_object_ref_sink (gtk_window_new ());
  gtk_window_set_default_size (GTK_WINDOW (f->window), 340, 900);
  f->panel = LIMN_PROMPT_PANEL (limn_prompt_panel_new (f->studio));
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->panel));
  f->actions = limn_prompt_actions_new (f->panel);
  gtk_widget_insert_action_group (f->window, "prompt", f->actions);
  gtk_window_present (GTK_WINDOW (f->window));
  fixture_settle ();
}

void
fixture_collect (GtkWidget *widget, GPtrArray *widgets)
{
  g_ptr_array_add (widgets, widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    fixture_collect (child, widgets);
}

void
fixture_tear_down (fixture *f, gconstpointer data)
{
  GtkWidget *panel = GTK_WIDGET (g_object_ref (f->panel));

  gtk_window_set_child (GTK_WINDOW (f->window), NULL);
  gtk_window_destroy (GTK_WINDOW (f->window));
  g_assert_finalize_object (f->window);
  fixture_settle ();
  g_assert_finalize_object (panel);
  /* The actions outlive the panel and do nothing then. */
  g_action_group_activate_action (f->actions, "random-seed", NULL);
  g_action_group_activate_action (f->actions, "lock-seed", NULL);
  g_assert_finalize_object (f->actions);
  g_assert_finalize_object (f->studio);
  g_assert_finalize_object (f->document);
}

void
fixture_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  adw_init ();
}
