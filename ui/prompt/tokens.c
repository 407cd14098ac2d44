/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/tokens.h"

#include "prompt-expand.h"

struct _LimnTokens {
  GObject parent;

  /* Owned */
  char *path;
  limn_token_counter *counter; /* of @counter_path; lent to the worker while there is one */
  char *counter_path;
  char *style, *text;
  guint64 seed;

  struct limn_token_count count;
  bool known;
  bool stale;   /* what was set is not what is being counted */
  bool working; /* one worker at a time */
};

G_DEFINE_FINAL_TYPE (LimnTokens, limn_tokens, G_TYPE_OBJECT)

static guint signal_changed;

/* What a worker gets and what comes back. */
struct work {
  char *path, *style, *text;
  guint64 seed;
  char *counter_path;
  limn_token_counter *counter; /* moves to the worker and back */
  struct limn_token_count count;
};

static void
work_free (gpointer data)
{
  struct work *work = data;

  g_free (work->path);
  g_free (work->style);
  g_free (work->text);
  g_free (work->counter_path);
  limn_token_counter_free (work->counter);
  g_free (work);
}

/* A model that cannot be read is somebody else's message: here there is no number. */
static void
run (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct work *work = data;
  g_autofree char *styled = limn_style_apply (work->style, work->text);
  g_autofree char *expanded = limn_prompt_expand (styled, work->seed);

  if (g_strcmp0 (work->path, work->counter_path) != 0) {
    g_clear_pointer (&work->counter, limn_token_counter_free);
    g_free (work->counter_path);
    work->counter_path = g_strdup (work->path);
    work->counter = limn_token_counter_open (work->path, NULL);
  }
  if (work->counter != NULL)
    work->count = limn_token_counter_count (work->counter, expanded, false);
  g_task_return_boolean (task, work->counter != NULL);
}

static void start (LimnTokens *self);

/* The tasks of this folder have no source object: a worker may hold its task a moment longer, and
 * nothing of the main thread's may go in a worker. */

static void
on_done (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnTokens) self = data;
  struct work *work = g_task_get_task_data (G_TASK (result));

  self->working = false;
  self->known = g_task_propagate_boolean (G_TASK (result), NULL);
  self->count = work->count;
  self->counter = g_steal_pointer (&work->counter);
  g_free (self->counter_path);
  self->counter_path = g_steal_pointer (&work->counter_path);
  if (self->stale)
    start (self);
  g_signal_emit (self, signal_changed, 0);
}

static void
start (LimnTokens *self)
{
  g_autoptr (GTask) task = NULL;
  struct work *work;

  self->stale = true;
  if (self->working || self->path == NULL || self->text == NULL)
    return;
  work = g_new0 (struct work, 1);
  work->path = g_strdup (self->path);
  work->style = g_strdup (self->style);
  work->text = g_strdup (self->text);
  work->seed = self->seed;
  work->counter = g_steal_pointer (&self->counter);
  work->counter_path = g_steal_pointer (&self->counter_path);
  self->stale = false;
  self->working = true;
  task = g_task_new (NULL, NULL, on_done, g_object_ref (self));
  g_task_set_task_data (task, work, work_free);
  g_task_run_in_thread (task, run);
}

void
limn_tokens_set_model (LimnTokens *self, const char *path)
{
  if (g_strcmp0 (self->path, path) == 0)
    return;
  g_free (self->path);
  self->path = g_strdup (path);
  start (self);
}

void
limn_tokens_set_text (LimnTokens *self, const char *style, const char *text, guint64 seed)
{
  if (g_strcmp0 (self->style, style) == 0 && g_strcmp0 (self->text, text) == 0 &&
      self->seed == seed)
    return;
  g_free (self->style);
  g_free (self->text);
  self->style = g_strdup (style);
  self->text = g_strdup (text);
  self->seed = seed;
  start (self);
}

bool
limn_tokens_get_count (LimnTokens *self, struct limn_token_count *count)
{
  *count = self->count;
  return self->known;
}

bool
limn_tokens_is_idle (LimnTokens *self)
{
  return !self->working && !self->stale;
}

static void
limn_tokens_finalize (GObject *object)
{
  LimnTokens *self = LIMN_TOKENS (object);

  g_free (self->path);
  g_free (self->style);
  g_free (self->text);
  g_free (self->counter_path);
  limn_token_counter_free (self->counter);
  G_OBJECT_CLASS (limn_tokens_parent_class)->finalize (object);
}

static void
limn_tokens_class_init (LimnTokensClass *class)
{
  G_OBJECT_CLASS (class)->finalize = limn_tokens_finalize;
  signal_changed = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
limn_tokens_init (LimnTokens *self)
{
}

LimnTokens *
limn_tokens_new (void)
{
  return g_object_new (LIMN_TYPE_TOKENS, NULL);
}
