/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "canvas/scene.h"

/* What the files of a scene share: scene.c follows the studio and its document, scene-stack.c says
 * what lies in the stack, scene-dirty.c keeps the pixels and what of them changed. */

enum source_kind {
  SOURCE_LAYER,
  SOURCE_CONTROL,
  SOURCE_PICTURE,
};

#define SOURCE_KEY(kind, layer) ((guint64) (kind) << 32 | (layer))

/* Pixels that a worker makes: the studio's picture, or what a layer gives to its ControlNet. */
struct computed {
  guint32 layer; /* 0: the picture */
  cairo_surface_t *pixels;
  bool stale;         /* what it was made from has changed */
  GCancellable *work; /* while a worker makes it */
  cairo_rectangle_int_t area;
};

struct _LimnScene {
  GObject parent;

  /* Owned */
  LimnStudio *studio;
  LimnDocument *document;
  GPtrArray *sources; /* of limn_source */
  GArray *items;      /* of limn_item */
  cairo_region_t *dirty;
  cairo_surface_t *replacement; /* of the layer @replaced */
  struct computed picture;
  GPtrArray *controls; /* of computed; only while models' view is shown */

  guint32 replaced;
  int width, height;
};

/* --- scene-dirty.c --- */

void limn_scene_free_source (struct limn_source *source);
/* NULL when there is none. */
struct limn_source *limn_scene_find_source (LimnScene *scene, guint64 key);
/* With @pixels, of which it takes a reference. */
struct limn_source *limn_scene_need_source (LimnScene *scene, guint64 key, cairo_surface_t *pixels);
/* Part of a source's pixels is other than before. */
void
limn_scene_touch_source (LimnScene *scene, struct limn_source *source, cairo_rectangle_int_t area);
void limn_scene_drop_unused_sources (LimnScene *scene);
/* @area of the canvas is dirty. */
void limn_scene_mark (LimnScene *scene, cairo_rectangle_int_t area);

/* --- scene-stack.c --- */

/* Makes the stack anew; what differs is dirty. */
void limn_scene_refresh (LimnScene *scene);
/* Of the layer, or the picture for 0; NULL when there is none. */
struct computed *limn_scene_find_computed (LimnScene *scene, guint32 layer);
/* Begins to make what is stale. One worker at a time makes it: what changes meanwhile is seen when
 * it has answered, so that fast changes cannot keep the picture from ever being renewed. */
void
limn_scene_want_computed (LimnScene *scene, struct computed *computed, const limn_layer *layer);
void limn_scene_clear_computed (struct computed *computed);

/* --- scene.c --- */

void limn_scene_emit_changed (LimnScene *scene);
