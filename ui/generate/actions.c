/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/actions.h"

#include <glib/gi18n.h>

#include "generate/live.h"
#include "generate/outlook.h"
#include "generate/queue.h"

const struct limn_shortcut limn_generate_shortcuts[] = {
  { "generate.run", "<Control>Return", N_ ("Generate a picture"), N_ ("Pictures") },
  { "generate.cancel", "<Shift>Escape", N_ ("Stop the picture that is drawn"), N_ ("Pictures") },
  { "generate.cancel-all", "<Control><Shift>Escape", N_ ("Stop all pictures"), N_ ("Pictures") },
  { "generate.live", "<Control>l", N_ ("Live mode: draw again after every stroke"),
    N_ ("Pictures") },
  { "generate.keep-live", "<Control>k", N_ ("Keep the live picture"), N_ ("Pictures") },
  { "generate.show-queue", "<Control><Shift>g", N_ ("Show the queue"), N_ ("Pictures") },
  { NULL },
};

/* What the actions are about; freed with the group. */
struct context {
  LimnStudio *studio;     /* owned */
  LimnDocument *document; /* whose settings are followed; owned */
  GSimpleActionGroup *group;
};

static GSimpleAction *
get_action (struct context *context, const char *name)
{
  return G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (context->group), name));
}

static bool
is_own (struct context *context, LimnJob *job)
{
  g_autoptr (LimnStudio) studio = job != NULL ? limn_job_ref_studio (job) : NULL;

  return studio == context->studio;
}

/* --- what they do --- */

static void
on_run (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  struct context *context = data;

  limn_queue_generate (limn_queue_get_default (), context->studio);
  limn_outlook_look_again (limn_outlook_get (context->studio));
}

static void
on_cancel (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  struct context *context = data;
  LimnQueue *queue = limn_queue_get_default ();
  LimnJob *running = limn_queue_get_running (queue);

  if (is_own (context, running))
    limn_queue_cancel (queue, running);
}

static void
on_cancel_all (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  struct context *context = data;

  limn_queue_cancel_all (limn_queue_get_default (), context->studio);
  on_cancel (action, parameter, data);
}

static void
on_clear_finished (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_queue_clear_finished (limn_queue_get_default ());
}

static void
on_live (GSimpleAction *action, GVariant *state, gpointer data)
{
  struct context *context = data;

  limn_document_set_value (limn_studio_get_document (context->studio), LIMN_SETTING_LIVE, state, 0);
}

static void
on_keep_live (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  struct context *context = data;

  limn_live_keep (limn_live_get (context->studio));
}

static void
on_show_queue (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  struct context *context = data;

  limn_queue_show (limn_queue_get_default (), context->studio);
}

/* --- when they can be used --- */

static void
update_queue (GSimpleActionGroup *group)
{
  struct context *context = g_object_get_data (G_OBJECT (group), "limn-context");
  LimnQueue *queue = limn_queue_get_default ();
  LimnJob *running = limn_queue_get_running (queue);
  bool own = is_own (context, running);

  g_simple_action_set_enabled (get_action (context, "cancel"), running != NULL && own);
  g_simple_action_set_enabled (get_action (context, "cancel-all"),
                               (running != NULL && own) || limn_queue_get_waiting (queue) > 0);
}

static void
update_run (GSimpleActionGroup *group)
{
  struct context *context = g_object_get_data (G_OBJECT (group), "limn-context");
  const char *problem = limn_outlook_get_problem (limn_outlook_get (context->studio));

  g_simple_action_set_enabled (get_action (context, "run"), problem == NULL);
}

static void
update_keep (GSimpleActionGroup *group)
{
  struct context *context = g_object_get_data (G_OBJECT (group), "limn-context");

  g_simple_action_set_enabled (get_action (context, "keep-live"),
                               limn_live_get_can_keep (limn_live_get (context->studio)));
}

static void
update_live (GSimpleActionGroup *group)
{
  struct context *context = g_object_get_data (G_OBJECT (group), "limn-context");

  g_simple_action_set_state (get_action (context, "live"),
                             limn_document_get_value (context->document, LIMN_SETTING_LIVE));
}

static void
on_setting_changed (GSimpleActionGroup *group, int setting)
{
  if (setting == LIMN_SETTING_LIVE)
    update_live (group);
}

static void
update_document (GSimpleActionGroup *group)
{
  struct context *context = g_object_get_data (G_OBJECT (group), "limn-context");
  LimnDocument *document = limn_studio_get_document (context->studio);

  if (context->document != NULL)
    g_signal_handlers_disconnect_by_data (context->document, group);
  g_set_object (&context->document, document);
  g_signal_connect_object (document, "setting-changed", G_CALLBACK (on_setting_changed), group,
                           G_CONNECT_SWAPPED);
  update_live (group);
}

/* --- the group --- */

static void
context_free (gpointer data)
{
  struct context *context = data;

  g_clear_object (&context->document);
  g_object_unref (context->studio);
  g_free (context);
}

static void
follow (struct context *context)
{
  const struct {
    gpointer object;
    const char *signal;
    void (*update) (GSimpleActionGroup *group);
  } sources[] = {
    { limn_queue_get_default (), "notify::running", update_queue },
    { limn_queue_get_default (), "notify::waiting", update_queue },
    { limn_outlook_get (context->studio), "changed", update_run },
    { limn_live_get (context->studio), "notify::can-keep", update_keep },
    { context->studio, "notify::document", update_document },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++) {
    g_signal_connect_object (sources[i].object, sources[i].signal, G_CALLBACK (sources[i].update),
                             context->group, G_CONNECT_SWAPPED);
    sources[i].update (context->group);
  }
}

GActionGroup *
limn_generate_actions_new (LimnStudio *studio)
{
  static const GActionEntry entries[] = {
    { .name = "run", .activate = on_run },
    { .name = "cancel", .activate = on_cancel },
    { .name = "cancel-all", .activate = on_cancel_all },
    { .name = "clear-finished", .activate = on_clear_finished },
    { .name = "live", .state = "false", .change_state = on_live },
    { .name = "keep-live", .activate = on_keep_live },
    { .name = "show-queue", .activate = on_show_queue },
  };
  GSimpleActionGroup *group = g_simple_action_group_new ();
  struct context *context = g_new0 (struct context, 1);

  context->studio = g_object_ref (studio);
  context->group = group;
  g_object_set_data_full (G_OBJECT (group), "limn-context", context, context_free);
  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), context);
  follow (context);
  return G_ACTION_GROUP (group);
}
