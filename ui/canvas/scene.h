/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "studio.h"

/* What a canvas shows, as a stack of pixels, and what of it changed since it was last shown. The
 * renderers know nothing else. All is composed onto transparent, as limn_document_composite() does;
 * white paper lies below the whole.
 *
 * From below: the visible layers; the studio's picture; the visible scribble layers once more, with
 * the drawing's opacity. When the studio shows what models see, and a visible layer feeds a
 * ControlNet, there is nothing but what those layers give to theirs, the lightest on top.
 *
 * Main thread only. What takes long (the picture's new size, the networks' view) is computed by
 * worker threads and shown when it is ready.
 *
 * Signals:
 *   changed             something is dirty
 *   resized (gboolean)  the canvas has another size; whether it is another document's. All is dirty
 */
#define LIMN_TYPE_SCENE (limn_scene_get_type ())
G_DECLARE_FINAL_TYPE (LimnScene, limn_scene, LIMN, SCENE, GObject)

/* Pixels that are shown once or more often. */
struct limn_source {
  guint64 key;             /* which layer, or what else */
  guint64 serial;          /* another one for another surface, in the whole program */
  cairo_surface_t *pixels; /* ARGB32 */
  cairo_region_t *dirty;   /* of its pixels: what changed */
};

struct limn_item {
  struct limn_source *source;
  guint64 serial;             /* the source's */
  cairo_rectangle_int_t area; /* on the canvas */
  int blend;                  /* index of limn_blend_names */
  double opacity;
};

LimnScene *limn_scene_new (LimnStudio *studio);

void limn_scene_get_size (LimnScene *scene, int *width, int *height);
/* The lowest first. */
const struct limn_item *limn_scene_get_items (LimnScene *scene, guint *count);
struct limn_source *const *limn_scene_get_sources (LimnScene *scene, guint *count);

/* Has @compose called for what is dirty within @sight, part by part, which is clean then. It stops
 * after 8 ms: what is left is for the next frame, so that the main loop is not held up. False when
 * @compose says so. The sources were uploaded before, if they are at all: they are clean too. */
bool limn_scene_compose_dirty (LimnScene *scene,
                               const cairo_rectangle_int_t *sight,
                               bool (*compose) (gpointer data,
                                                cairo_rectangle_int_t area,
                                                GError **error),
                               gpointer data,
                               GError **error);
/* Whether something is dirty within @sight. */
bool limn_scene_is_dirty (LimnScene *scene, const cairo_rectangle_int_t *sight);
/* All is dirty, for a renderer that begins. */
void limn_scene_spoil (LimnScene *scene);

/* See limn_canvas_set_replacement(). */
void limn_scene_set_replacement (LimnScene *scene,
                                 guint32 layer,
                                 cairo_surface_t *pixels,
                                 const cairo_rectangle_int_t *changed);

/* Composes @area of the canvas onto @target, a surface whose corner lies at @area's, by Cairo. */
void
limn_scene_compose (LimnScene *scene, cairo_surface_t *target, const cairo_rectangle_int_t *area);

/* Whether a worker computes something that will be shown. */
bool limn_scene_is_busy (LimnScene *scene);
