/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"
#include "document/inputs.h"
#include "limn.h"

/* What `limn animate` draws: a JSON file, described in docs/scenes.md. Keyframes of every kind
 * stand in the order of their frames; between two of them the first one's easing holds. Strings
 * belong to the scene; paths are complete. */

#define LIMN_SCENE_MAX_FRAMES 10000

struct limn_scene_prompt {
  int frame;
  const char *prompt, *negative; /* NULL: the scene's */
};

struct limn_scene_image {
  int frame;
  const char *file, *layer; /* one of the two: a layer of the project, by its name */
};

struct limn_scene_pose {
  int frame;
  const char *file;
  int ease; /* limn_easing */
};

/* Of a control, or the strength of a LoRA. */
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
  double strength;   /* where there are no keyframes of it */
  GArray *strengths; /* of limn_scene_weight, or NULL */
};

typedef struct limn_scene limn_scene;

struct limn_scene {
  const char *project;                   /* a document, or NULL */
  const char *model, *prompt, *negative; /* NULL where it does not say */
  const char *motion, *adapter;          /* NULL: none */
  double adapter_strength;
  GArray *loras; /* of limn_scene_lora */
  int frames, width, height, steps;
  double fps, cfg, cfg_rescale, eta;
  const char *source; /* the film that is restyled, or a folder; NULL: none */
  double strength;    /* how far from it */
  gint64 seed;        /* -1: none */
  int sampler, sigmas, noise;
  int windows_kind, windows_length, windows_stride, windows_overlap;
  GArray *prompts;  /* of limn_scene_prompt */
  GArray *controls; /* of limn_scene_control */
  GArray *camera;   /* of limn_scene_camera */

  /* Of the project: the document and what a scene has no words for. */
  LimnDocument *document; /* of one thread at a time; NULL: no project */
  double aspect;          /* of its canvas, and sizes are wishes; 0: no project */
  guint64 document_seed;
  bool has_document_seed;                    /* it is locked */
  const char *style_prompt, *style_negative; /* templates; NULL: none */
  GPtrArray *notes;                          /* of char *: sentences on what is not used */

  GStringChunk *strings;
};

/* From a scene file, or from a project alone. LIMN_ERROR_FILE, or FORMAT with the line and what is
 * wrong there. */
limn_scene *limn_scene_load (const char *path, GError **error);
void limn_scene_free (limn_scene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_scene, limn_scene_free)
/* Puts the project's style round every prompt and expands it (prompt-expand.h): once, when the seed
 * is known. */
void limn_scene_expand (limn_scene *scene, guint64 seed);

/* --- the project --- */

/* Opens it and takes from it all that a new scene has a member for. LIMN_ERROR_FILE, FORMAT. */
bool limn_scene_open_project (limn_scene *scene, const char *path, GError **error);
/* Whether each layer that keyframes name is there once; these feed no control by themselves.
 * @path is the scene's, for the message. */
bool limn_scene_check_layers (limn_scene *scene, const char *path, GError **error);
/* What a network sees of the layer @name: with @lines, and for a scribble, white lines on black.
 * LIMN_ERROR_MEMORY. */
limn_image *
limn_scene_see_layer (const limn_scene *scene, const char *name, bool lines, GError **error);
/* What the other visible layers of the project give to ControlNets, as large as its canvas. */
void limn_scene_project_inputs (const limn_scene *scene, struct limn_inputs *inputs);

/* --- what controls are at each frame --- */

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
/* One picture, as its network sees it, for the whole film. */
void limn_scene_hold_frame (const limn_scene *scene,
                            const limn_image *image,
                            float weight,
                            int width,
                            int height,
                            struct limn_scene_frames *frames);
void limn_scene_frames_clear (struct limn_scene_frames *frames);

/* The strength of a LoRA at each frame, freed by the caller; NULL where it has one for all. */
float *limn_scene_strengths (const limn_scene *scene, const struct limn_scene_lora *lora);

/* All of them: the scene's, then the project's. */
struct limn_scene_controls {
  struct limn_animate_control *controls;
  struct limn_scene_frames *frames; /* one for each */
  gsize count;
  struct limn_inputs inputs; /* of the project; its warnings say what is left out */
};

/* LIMN_ERROR_FILE, FORMAT. Cleared by the caller in any case. */
bool limn_scene_controls_init (struct limn_scene_controls *controls,
                               const limn_scene *scene,
                               int width,
                               int height,
                               GError **error);
void limn_scene_controls_clear (struct limn_scene_controls *controls);

/* What pictures have as "parameters" (recipe-text.h), of the first frame; freed by the caller. */
char *limn_scene_recipe (const limn_scene *scene,
                         const struct limn_generate_params *base,
                         const struct limn_scene_controls *controls);

/* --- the film that is restyled --- */

typedef struct limn_scene_source limn_scene_source;

/* LIMN_ERROR_FILE, FORMAT. The scene is borrowed. */
limn_scene_source *
limn_scene_source_new (const limn_scene *scene, int width, int height, GError **error);
void limn_scene_source_free (limn_scene_source *source);
/* A limn_animate_source_func, @data being the source: frames in rising order. */
limn_image *limn_scene_source_read (int frame, gpointer data, GError **error);
