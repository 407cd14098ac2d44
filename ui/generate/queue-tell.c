/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "generate/queue-private.h"

/* Of the steps of a live picture, what is not shown: it would flicker between noise and pictures.
 */
#define LIVE_HIDDEN 3

/* The same sentence is said once, until something else has happened: a live mode that fails would
 * say it at every stroke. */
static void
say (LimnStudio *studio, const char *sentence)
{
  const char *last = g_object_get_data (G_OBJECT (studio), "limn-said");

  if (g_strcmp0 (last, sentence) == 0)
    return;
  g_object_set_data_full (G_OBJECT (studio), "limn-said", g_strdup (sentence), g_free);
  limn_studio_say (studio, sentence);
}

void
limn_job_tell (LimnJob *job, const struct limn_engine_result *result)
{
  g_autoptr (LimnStudio) studio = limn_job_ref_studio (job);

  if (studio == NULL)
    return;
  for (char **warning = result->warnings; warning != NULL && *warning != NULL; warning++)
    say (studio, *warning);
  if (result->error != NULL && !g_error_matches (result->error, LIMN_ERROR, LIMN_ERROR_CANCELLED))
    say (studio, result->error->message);
  else if (result->error == NULL && result->warnings == NULL)
    g_object_set_data (G_OBJECT (studio), "limn-said", NULL);
}

/* Whether its studio still shows the document that the job is for. */
static LimnStudio *
ref_viewer (LimnJob *job)
{
  g_autoptr (LimnStudio) studio = limn_job_ref_studio (job);
  g_autoptr (LimnDocument) document = limn_job_ref_document (job);

  if (studio == NULL || document == NULL || limn_studio_get_document (studio) != document)
    return NULL;
  return g_steal_pointer (&studio);
}

static bool
is_hidden (LimnJob *job, LimnStudio *studio, const struct limn_engine_progress *progress)
{
  return limn_job_get_live (job) && !progress->finished &&
         progress->step * LIVE_HIDDEN <= progress->steps &&
         limn_studio_get_picture (studio) != NULL;
}

void
limn_job_show (LimnJob *job, struct limn_engine_progress *progress)
{
  g_autoptr (LimnStudio) studio = ref_viewer (job);

  if (studio != NULL && progress->picture != NULL && !is_hidden (job, studio, progress))
    limn_studio_take_picture (studio, g_steal_pointer (&progress->picture));
}

void
limn_job_keep (LimnJob *job, const struct limn_engine_result *result)
{
  g_autoptr (LimnStudio) studio = limn_job_ref_studio (job);
  g_autoptr (LimnDocument) document = limn_job_ref_document (job);

  if (document == NULL || result->png == NULL)
    return;
  if (limn_document_add_result (document, result->png, result->recipe) == 0 && studio != NULL)
    say (studio, _ ("The picture is larger than all that is kept in a drawing: it is shown, and "
                    "not among its pictures."));
}
