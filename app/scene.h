/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* What `limn animate` draws: a JSON file, described in docs/scenes.md. Keyframes of every kind
 * stand in the order of their frames; between two of them the first one's easing holds. Strings
 * belong to the scene; paths are complete. */

struct limn_scene_prompt {
  int frame;
  const char *prompt, *negative; /* NULL: the scene's */
};

struct limn_scene_image {
  int frame;
  const char *file;
};

struct limn_scene_pose {
  int frame;
  const char *file;
  int ease; /* limn_easing */
};

struct limn_scene_weight {
  int frame;
  double weight;
  int ease;
};

/* How control pictures lie in the frame: first enlarged @zoom times and turned by @roll degrees to
 * the right, about the middle, then moved by @x and @y, in parts of the frame's size. */
struct limn_scene_camera {
  int frame;
  double zoom, x, y, roll;
  int ease;
};

/* What is made of pictures before a ControlNet sees them. */
typedef enum {
  LIMN_SCENE_DETECT_NONE,
  LIMN_SCENE_DETECT_CANNY, /* limn_image_canny() */
  LIMN_SCENE_DETECT_LINES, /* limn_image_lines() */
  LIMN_N_SCENE_DETECTS,
} limn_scene_detect;

struct limn_scene_control {
  const char *type, *path; /* @path may be NULL: the model's own */
  double start, end;
  int mode;         /* limn_control_mode */
  int detect;       /* limn_scene_detect */
  bool sparse;      /* pictures stand at their frame alone, as SparseCtrl wants it */
  const char *film; /* a picture for each frame: a film or a folder; or NULL */
  GArray *images;   /* of limn_scene_image; each holds until the next */
  GArray *poses;    /* of limn_scene_pose */
  GArray *weights;  /* of limn_scene_weight */
};

struct limn_scene_lora {
  const char *path;
  double strength;
};

typedef struct limn_scene limn_scene;

struct limn_scene {
  const char *model, *prompt, *negative; /* NULL where it does not say */
  const char *motion, *adapter;          /* NULL: none */
  double adapter_strength;
  GArray *loras; /* of limn_scene_lora */
  int frames, width, height, steps;
  double fps, cfg;
  const char *source; /* the film that is restyled, or a folder; NULL: none */
  double strength;    /* how far from it */
  gint64 seed;        /* -1: none */
  int sampler, sigmas, noise;
  int windows_kind, windows_length, windows_stride, windows_overlap;
  GArray *prompts;  /* of limn_scene_prompt */
  GArray *controls; /* of limn_scene_control */
  GArray *camera;   /* of limn_scene_camera */

  GStringChunk *strings;
};

/* LIMN_ERROR_FILE, or FORMAT with the line and what is wrong there. */
limn_scene *limn_scene_load (const char *path, GError **error);
void limn_scene_free (limn_scene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_scene, limn_scene_free)

/* --- what a control is at each frame --- */

struct limn_scene_frames {
  GPtrArray *owned;          /* of limn_image */
  const limn_image **images; /* [frames], NULL where there is none */
  float *weights;            /* [frames] */
};

/* All pictures are read and brought to @width x @height; those for "scribble" become white lines
 * on black. LIMN_ERROR_FILE, FORMAT. */
bool limn_scene_make_frames (const limn_scene *scene,
                             const struct limn_scene_control *control,
                             int width,
                             int height,
                             struct limn_scene_frames *frames,
                             GError **error);
void limn_scene_frames_clear (struct limn_scene_frames *frames);

/* --- the film that is restyled --- */

typedef struct limn_scene_source limn_scene_source;

/* LIMN_ERROR_FILE, FORMAT. The scene is borrowed. */
limn_scene_source *
limn_scene_source_new (const limn_scene *scene, int width, int height, GError **error);
void limn_scene_source_free (limn_scene_source *source);
/* A limn_animate_source_func, @data being the source: frames in rising order. */
limn_image *limn_scene_source_read (int frame, gpointer data, GError **error);
