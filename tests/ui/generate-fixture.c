/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate-fixture.h"

#include <math.h>

void
fixture_set_int (LimnStudio *studio, limn_setting setting, int value)
{
  g_assert_true (limn_document_set_value (limn_studio_get_document (studio), setting,
                                          g_variant_new_int32 (value), 0));
}

void
fixture_set_text (LimnStudio *studio, limn_setting setting, const char *text)
{
  g_assert_true (limn_document_set_value (limn_studio_get_document (studio), setting,
                                          g_variant_new_string (text), 0));
}

void
fixture_set_bool (LimnStudio *studio, limn_setting setting, bool value)
{
  g_assert_true (limn_document_set_value (limn_studio_get_document (studio), setting,
                                          g_variant_new_boolean (value), 0));
}

void
fixture_draw_line (LimnStudio *studio, int x1, int y1, int x2, int y2)
{
  LimnDocument *document = limn_studio_get_document (studio);
  struct limn_point points[] = {
    limn_point_new (x1, y1, 1, 0),
    limn_point_new (x2, y2, 1, 8),
  };

  g_assert_true (limn_document_paint (document, limn_document_layer (document, 0)->id,
                                      limn_op_stroke (&limn_brush_default, points, 2)));
}

static void
draw_ring (LimnStudio *studio)
{
  LimnDocument *document = limn_studio_get_document (studio);
  struct limn_point points[65];

  for (int i = 0; i <= 64; i++)
    points[i] =
        limn_point_new (128 + 70 * cos (i * G_PI / 32), 110 + 70 * sin (i * G_PI / 32), 1, 8);
  g_assert_true (limn_document_paint (document, limn_document_layer (document, 0)->id,
                                      limn_op_stroke (&limn_brush_default, points, 65)));
}

LimnStudio *
fixture_studio_new (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (256, 256);
  LimnStudio *studio = limn_studio_new (document);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "drawing", 0);

  limn_document_set_layer (document, id, LIMN_LAYER_CONTROL, g_variant_new_string ("scribble"), 0);
  fixture_set_text (studio, LIMN_SETTING_PROMPT, "a red balloon");
  fixture_set_text (studio, LIMN_SETTING_DEVICE, "cpu");
  fixture_set_int (studio, LIMN_SETTING_STEPS, 4);
  fixture_set_bool (studio, LIMN_SETTING_SEED_LOCKED, true);
  limn_document_set_value (document, LIMN_SETTING_SEED, g_variant_new_uint64 (7), 0);
  draw_ring (studio);
  return studio;
}

void
fixture_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

LimnJob *
fixture_job (guint index)
{
  g_autoptr (LimnJob) job = g_list_model_get_item (G_LIST_MODEL (limn_queue_get_default ()), index);

  g_assert_nonnull (job);
  return job;
}

void
fixture_ask (LimnStudio *studio, guint count)
{
  GListModel *list = G_LIST_MODEL (limn_queue_get_default ());

  limn_queue_generate (limn_queue_get_default (), studio);
  fixture_wait (g_list_model_get_n_items (list) == count);
}

void
fixture_studio_free (LimnStudio *studio)
{
  limn_queue_release_default ();
  fixture_settle ();
  g_assert_finalize_object (studio);
}

static void
on_message (LimnStudio *studio, const char *sentence, gpointer data)
{
  struct fixture_messages *messages = data;

  messages->count++;
  g_free (messages->last);
  messages->last = g_strdup (sentence);
}

static void
messages_free (gpointer data)
{
  struct fixture_messages *messages = data;

  g_free (messages->last);
  g_free (messages);
}

struct fixture_messages *
fixture_listen (LimnStudio *studio)
{
  struct fixture_messages *messages = g_new0 (struct fixture_messages, 1);

  g_signal_connect (studio, "message", G_CALLBACK (on_message), messages);
  g_object_set_data_full (G_OBJECT (studio), "messages", messages, messages_free);
  return messages;
}
