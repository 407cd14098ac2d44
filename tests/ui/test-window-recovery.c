/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal.h"
#include "window-fixture.h"
#include "window/recovery-window.h"

/* What a crash left is offered at the next start, before anything else; and the very first start.
 */

/* A drawing whose program ended without closing its journal. */
static LimnDocument *
leave_drawing (const char *path, int strokes)
{
  LimnDocument *document = limn_document_new (200, 160), *copy;
  guint32 layer = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "Drawing", 0);

  limn_document_set_path (document, path);
  g_assert_true (limn_journal_start (document, NULL, NULL));
  for (int i = 0; i < strokes; i++) {
    g_assert_true (limn_document_stroke_begin (document, layer, &limn_brush_default));
    for (int j = 0; j <= 10; j++)
      limn_document_stroke_add (document, 20 + j * 15, 20 + i * 30 + j, 0.6, (guint32) j * 8);
    g_assert_true (limn_document_stroke_end (document));
  }
  copy = limn_document_copy (document);
  g_object_unref (document);
  return copy;
}

static bool
has_recovery (gpointer data)
{
  return fixture_count (LIMN_TYPE_RECOVERY_WINDOW) > 0;
}

static bool
has_window (gpointer count)
{
  return fixture_count (LIMN_TYPE_WINDOW) == GPOINTER_TO_UINT (count) && !has_recovery (NULL);
}

static guint
count_left (void)
{
  g_autoptr (GPtrArray) left = limn_journal_recover (NULL);

  return left->len;
}

/* The program starts anew: in this process, as often as a test wants. */
static LimnApplication *
start (void)
{
  LimnApplication *application = fixture_new_application ();
  g_autoptr (GError) error = NULL;

  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  g_application_set_default (G_APPLICATION (application));
  g_application_activate (G_APPLICATION (application));
  return application;
}

static void
end (LimnApplication *application)
{
  GtkWidget *window;

  while ((window = fixture_find (LIMN_TYPE_WINDOW)) != NULL)
    fixture_close (LIMN_WINDOW (window));
  fixture_settle ();
  g_application_set_default (NULL);
  g_object_unref (application);
}

struct search {
  const char *label;
  GtkWidget *button;
};

static void
find_button (GtkWidget *widget, gpointer data)
{
  struct search *search = data;

  if (GTK_IS_BUTTON (widget) && search->button == NULL && gtk_widget_get_visible (widget) &&
      (g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widget)), search->label) == 0 ||
       g_strcmp0 (gtk_widget_get_tooltip_text (widget), search->label) == 0))
    search->button = widget;
}

static void
click (GtkWidget *window, const char *label)
{
  struct search search = { .label = label };

  fixture_walk (window, find_button, &search);
  g_assert_nonnull (search.button);
  g_assert_true (gtk_widget_activate (search.button));
  fixture_settle ();
}

/* The first start of all: the sample, with nothing to save. */
static void
test_first_start (void)
{
  LimnApplication *application = start ();
  LimnDocument *document;
  LimnWindow *window;

  fixture_wait (has_window, GUINT_TO_POINTER (1));
  window = LIMN_WINDOW (fixture_find (LIMN_TYPE_WINDOW));
  document = limn_studio_get_document (limn_window_get_studio (window));
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_PROMPT), ==,
                   "red balloon on sky");
  g_assert_true (g_variant_get_boolean (limn_document_get_value (document, LIMN_SETTING_LIVE)));
  g_assert_false (limn_document_is_modified (document));
  g_assert_null (limn_document_undo_label (document));
  g_assert_null (limn_document_get_path (document));
  fixture_screenshot (GTK_WIDGET (window), "first-start");
  end (application);

  /* The second one is empty. */
  application = start ();
  fixture_wait (has_window, GUINT_TO_POINTER (1));
  window = LIMN_WINDOW (fixture_find (LIMN_TYPE_WINDOW));
  document = limn_studio_get_document (limn_window_get_studio (window));
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_PROMPT), ==, "");
  end (application);
}

static void
test_restore (void)
{
  g_autoptr (LimnDocument) left = leave_drawing ("/somewhere/Dog.limn", 4);
  LimnApplication *application = start ();
  LimnDocument *document;

  fixture_wait (has_recovery, NULL);
  g_assert_cmpuint (fixture_count (LIMN_TYPE_WINDOW), ==, 0);
  fixture_screenshot (fixture_find (LIMN_TYPE_RECOVERY_WINDOW), "recovery");
  click (fixture_find (LIMN_TYPE_RECOVERY_WINDOW), "_Restore");
  fixture_wait (has_window, GUINT_TO_POINTER (1));
  document = limn_studio_get_document (
      limn_window_get_studio (LIMN_WINDOW (fixture_find (LIMN_TYPE_WINDOW))));
  fixture_assert_equal (left, document);
  g_assert_cmpstr (limn_document_get_path (document), ==, "/somewhere/Dog.limn");
  g_assert_true (limn_document_is_modified (document));
  /* It has a journal of its own now, which is locked. */
  g_assert_cmpuint (count_left (), ==, 0);
  end (application);
  g_assert_cmpuint (count_left (), ==, 0);
}

static void
test_restore_all (void)
{
  g_autoptr (LimnDocument) one = leave_drawing (NULL, 1);
  g_autoptr (LimnDocument) two = leave_drawing ("/somewhere/Two.limn", 2);
  LimnApplication *application = start ();

  fixture_wait (has_recovery, NULL);
  click (fixture_find (LIMN_TYPE_RECOVERY_WINDOW), "_Restore All");
  fixture_wait (has_window, GUINT_TO_POINTER (2));
  end (application);
  g_assert_cmpuint (count_left (), ==, 0);
}

static bool
has_question (gpointer data)
{
  return fixture_count (ADW_TYPE_MESSAGE_DIALOG) > 0;
}

static void
test_discard (void)
{
  g_autoptr (LimnDocument) left = leave_drawing (NULL, 1);
  LimnApplication *application = start ();

  fixture_wait (has_recovery, NULL);
  click (fixture_find (LIMN_TYPE_RECOVERY_WINDOW), "Discard");
  fixture_wait (has_question, NULL);
  fixture_respond (fixture_find (ADW_TYPE_MESSAGE_DIALOG), "discard");
  /* An empty drawing, since nothing else is open. */
  fixture_wait (has_window, GUINT_TO_POINTER (1));
  end (application);
  g_assert_cmpuint (count_left (), ==, 0);
}

/* Who decides later finds everything again. */
static void
test_later (void)
{
  g_autoptr (LimnDocument) left = leave_drawing (NULL, 2);

  for (int i = 0; i < 2; i++) {
    LimnApplication *application = start ();

    fixture_wait (has_recovery, NULL);
    click (fixture_find (LIMN_TYPE_RECOVERY_WINDOW), "_Later");
    fixture_wait (has_window, GUINT_TO_POINTER (1));
    end (application);
    g_assert_cmpuint (count_left (), ==, 1);
  }
  {
    g_autoptr (GPtrArray) all = limn_journal_recover (NULL);

    limn_left_discard (g_ptr_array_index (all, 0));
  }
}

int
main (int argc, char **argv)
{
  /* A program stays on the bus as long as its object lives, and there are several here. */
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
  fixture_init (&argc, &argv);
  g_test_add_func ("/window-recovery/first-start", test_first_start);
  g_test_add_func ("/window-recovery/restore", test_restore);
  g_test_add_func ("/window-recovery/restore-all", test_restore_all);
  g_test_add_func ("/window-recovery/discard", test_discard);
  g_test_add_func ("/window-recovery/later", test_later);
  return g_test_run ();
}
