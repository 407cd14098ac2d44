/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "pipeline/animate.h"

/* What controls see. The device has the embeddings of one window, and each window of each step
 * wants others: computing them anew takes as long as a seventh of a small network's step. So each
 * picture is embedded once and the result kept on the host, at most so many bytes of them: the
 * pictures of a long film would take more than its frames, and where embeddings are large so is the
 * network, of whose step they are some hundredths. Windows go over the film from one end to the
 * other, so that those which are kept are best the same ones always. */

#define DEFAULT_EMBEDDINGS ((guint64) 256 << 20)

/* One picture of one control, at a frame or at several. */
struct view {
  const limn_image *image; /* borrowed; NULL: SparseCtrl sees nothing here */
  float *latents;          /* of it, where the network sees such; else NULL */
  void *embedding;         /* NULL: none yet, or there was no room for it */
};

struct limn_animation_views {
  int frames, length;  /* of the film, of a window */
  GPtrArray *all;      /* owned struct view */
  struct view **seen;  /* [controls, frames]; NULL: nothing, and the control does nothing */
  struct view **shown; /* [controls, length]: what the denoiser has; NULL at first */
  guint64 room;        /* bytes that embeddings may still take */
};

static void
view_free (gpointer data)
{
  struct view *view = data;

  g_free (view->latents);
  g_free (view->embedding);
  g_free (view);
}

/* --- how many --- */

static guint64
embedding_bytes (const struct limn_animation *animation, int i)
{
  const limn_controlnet *network = animation->controls[i];
  gsize channels = (gsize) limn_vae_latent_channels (animation->job.model->vae);

  return animation->size / channels * (gsize) limn_controlnet_get_config (network)->channels[0] *
         limn_dtype_size (animation->job.model->device->storage);
}

/* Different things that control @i sees. */
static guint
count_views (const struct limn_animation *animation, int i)
{
  g_autoptr (GHashTable) images = g_hash_table_new (NULL, NULL);
  bool sparse = limn_controlnet_is_sparse (animation->controls[i]);

  for (int j = 0; j < animation->frames; j++) {
    const limn_image *image = animation->params->controls[i].images[j];

    if (image || sparse)
      g_hash_table_add (images, (gpointer) image);
  }
  return g_hash_table_size (images);
}

/* One window is shown once: nothing has to be kept. */
static guint64
most_bytes (const struct limn_animation *animation)
{
  guint64 wanted = animation->params->embeddings;

  if (animation->frames <= animation->windows.length)
    return 0;
  return wanted > 0 ? wanted : DEFAULT_EMBEDDINGS;
}

guint64
limn_animation_views_bytes (const struct limn_animation *animation)
{
  guint64 room = most_bytes (animation), bytes = 0;

  for (int i = 0; room > 0 && i < (int) animation->params->n_controls; i++)
    bytes += embedding_bytes (animation, i) * count_views (animation, i);
  return MIN (bytes, room);
}

/* --- the pictures --- */

/* The means of the autoencoder's distribution, since a keyframe is no noise. */
static bool
encode (struct limn_animation *animation, struct view *view, GError **error)
{
  g_autofree float *floats = limn_animation_floats (animation, view->image, -1);

  view->latents = g_new (float, animation->size);
  return limn_vae_encode (animation->job.model->vae, floats, animation->stage.width,
                          animation->stage.height, view->latents, NULL, animation->job.cancellable,
                          error);
}

static bool
add_control (limn_animation_views *views, struct limn_animation *animation, int i, GError **error)
{
  const limn_controlnet *network = animation->controls[i];
  const struct limn_animate_control *control = &animation->params->controls[i];
  g_autoptr (GHashTable) by_image = g_hash_table_new (NULL, NULL);

  for (int j = 0; j < views->frames; j++) {
    const limn_image *image = control->images[j];
    struct view *view = g_hash_table_lookup (by_image, image);

    if (!view && (image || limn_controlnet_is_sparse (network))) {
      view = g_new0 (struct view, 1);
      view->image = image;
      g_ptr_array_add (views->all, view);
      g_hash_table_insert (by_image, (gpointer) image, view);
      if (image && limn_controlnet_sees_latents (network) && !encode (animation, view, error))
        return false;
    }
    views->seen[i * views->frames + j] = view;
  }
  return true;
}

limn_animation_views *
limn_animation_views_new (struct limn_animation *animation, GError **error)
{
  limn_animation_views *views = g_new0 (limn_animation_views, 1);
  gsize n = animation->params->n_controls;

  views->frames = animation->frames;
  views->length = MIN (animation->windows.length, animation->frames);
  views->all = g_ptr_array_new_with_free_func (view_free);
  views->seen = g_new0 (struct view *, n * (gsize) views->frames);
  views->shown = g_new0 (struct view *, n * (gsize) views->length);
  views->room = most_bytes (animation);
  for (int i = 0; i < (int) n; i++)
    if (!add_control (views, animation, i, error)) {
      limn_animation_views_free (views);
      return NULL;
    }
  return views;
}

void
limn_animation_views_free (limn_animation_views *views)
{
  if (!views)
    return;
  g_ptr_array_unref (views->all);
  g_free (views->seen);
  g_free (views->shown);
  g_free (views);
}

/* --- a window --- */

/* What the network sees of it, as floats that the caller frees. */
static float *
view_floats (const struct limn_animation *animation,
             const limn_controlnet *network,
             const struct view *view)
{
  bool latents = limn_controlnet_sees_latents (network);
  gsize channels = (gsize) limn_controlnet_channels (network), seen = channels - 1, area;
  g_autofree float *floats = NULL;
  const float *values;
  float *all;

  if (view->image && !latents)
    floats = limn_animation_floats (animation, view->image, 0);
  if (!limn_controlnet_is_sparse (network))
    return g_steal_pointer (&floats);
  area = latents ? animation->size / seen
                 : (gsize) animation->stage.width * (gsize) animation->stage.height;
  all = g_new0 (float, area *channels);
  values = latents ? view->latents : floats;
  for (gsize j = 0; values && j < area; j++) {
    memcpy (all + j * channels, values + j * seen, seen * sizeof (float));
    all[j * channels + seen] = 1;
  }
  return all;
}

/* Memory for an embedding that @view keeps; NULL where there is no room. */
static void *
take_room (limn_animation_views *views, gsize bytes)
{
  void *room = bytes <= views->room ? g_try_malloc (bytes) : NULL;

  if (room)
    views->room -= bytes;
  return room;
}

static bool
show (struct limn_animation *animation, int i, int frame, struct view *view, GError **error)
{
  struct limn_branches *branches = limn_animate_denoiser_branches (animation->denoiser);
  gsize bytes = limn_branches_embedding_bytes (branches, i);
  g_autofree void *own = NULL, *computed = NULL;

  if (!view->embedding) {
    g_autofree float *floats = view_floats (animation, animation->controls[i], view);

    computed = take_room (animation->views, bytes);
    own = computed ? NULL : g_malloc (bytes);
    if (!limn_branches_embed (branches, i, floats, computed ? computed : own,
                              animation->job.cancellable, error))
      return false;
    view->embedding = g_steal_pointer (&computed);
  }
  return limn_branches_show (branches, i, frame, view->embedding ? view->embedding : own, error);
}

bool
limn_animation_views_show (struct limn_animation *animation, const int *frames, GError **error)
{
  limn_animation_views *views = animation->views;

  for (int i = 0; i < (int) animation->params->n_controls; i++) {
    for (int j = 0; j < views->length; j++) {
      struct view *view = views->seen[i * views->frames + frames[j]];
      struct view **shown = &views->shown[i * views->length + j];

      if (!view || view == *shown)
        continue;
      *shown = NULL;
      if (!show (animation, i, j, view, error))
        return false;
      *shown = view;
    }
  }
  return true;
}
