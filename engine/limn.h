/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The engine as the program sees it. A model is opened on a device; a generation takes parameters
 * and a cancellable, tells of its progress by events, and returns a picture. Everything here may
 * block for seconds and belongs on a worker thread; a model and its device on one at a time. */

#include <gio/gio.h>

#include "bench/bench.h"
#include "error.h"
#include "image.h"
#include "io/file.h"
#include "io/json.h"
#include "io/picture.h"
#include "io/png-text.h"
#include "io/png.h"
#include "media/media.h"
#include "pipeline/edges.h"
#include "pipeline/pose.h"
#include "samplers/sampler.h"

typedef struct limn_device limn_device;
typedef struct limn_model limn_model;

/* --- devices --- */

/* What LIMN_DEBUG asks for, a list of these words with commas between. */
typedef enum {
  LIMN_DEBUG_VALIDATE = 1 << 0, /* Vulkan's validation layers; a message fails the job */
  LIMN_DEBUG_TIME = 1 << 1,     /* seconds of every pass on stderr */
  LIMN_DEBUG_MEMORY = 1 << 2,   /* device memory after every allocation on stderr */
  LIMN_DEBUG_SYNC = 1 << 3,     /* a barrier after every dispatch */
  LIMN_DEBUG_CHECK = 1 << 4,    /* the first NaN or infinity ends a pass and is named; slow */
  /* "lose-device=N": the N-th call that submits work or waits for it, and all later ones, fail as
   * on a lost device. "out-of-memory=N": the N-th call that takes device memory fails. */
  LIMN_DEBUG_LOSE_DEVICE = 1 << 5,
  LIMN_DEBUG_OUT_OF_MEMORY = 1 << 6,
  LIMN_DEBUG_FEW_ENCODERS = 1 << 7, /* all but MPEG-4, GIF and APNG count as missing */
} limn_debug;

limn_debug limn_debug_from_environment (void);

struct limn_device_info {
  char *id;       /* "cpu", "vulkan:0": what limn_device_open() takes */
  char *name;     /* the driver's */
  char *type;     /* "discrete GPU", "integrated GPU", "processor (software Vulkan)", ... */
  guint64 memory; /* bytes of its largest device-local heap; of a processor what we may have */
  bool software;  /* Vulkan that the processor computes: never chosen by itself */
  char *features; /* one line: driver, Vulkan version, what Limn looks for and finds */
  char *missing;  /* NULL, or the sentence that says why it cannot be used */
  char *use;      /* "default", "only when asked for" or "not usable", and why */
};

void limn_device_info_free (struct limn_device_info *info);

/* Every device of the machine; an empty array and no error where there is none. Of
 * limn_device_info, freed with the array. */
GPtrArray *limn_devices_list (void);

/* Storage of weights and activations. AUTO: bf16 on a processor that computes in it, f16 on a GPU,
 * f32 elsewhere. */
typedef enum {
  LIMN_PRECISION_AUTO,
  LIMN_PRECISION_F32,
  LIMN_PRECISION_F16,  /* Vulkan only */
  LIMN_PRECISION_BF16, /* the processor only */
  LIMN_N_PRECISIONS,
} limn_precision;

/* "auto", "f32", "f16", "bf16"; the index is the precision, NULL-terminated. */
extern const char *const limn_precision_names[];

struct limn_device_params {
  const char *id; /* "cpu", "vulkan", "vulkan:1"; NULL for the best */
  limn_precision precision;
  int threads; /* of the processor as a device; 0: one on each core */
  limn_debug debug;
};

/* LIMN_ERROR_DEVICE with a sentence that names what is missing. */
limn_device *limn_device_open (const struct limn_device_params *params, GError **error);
/* Every model, tensor and pass of the device must be gone. Takes NULL. */
void limn_device_free (limn_device *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_device, limn_device_free)
const char *limn_device_name (const limn_device *device);
/* Bytes that are in use now, and the most there were. */
void limn_device_memory_use (const limn_device *device, guint64 *current, guint64 *peak);
/* Bytes that there are for us; 0 where the device does not say. */
guint64 limn_device_memory_total (const limn_device *device);

/* --- models --- */

/* @path is a folder in the diffusers layout, or one .safetensors or .gguf file with all parts of a
 * model of Stable Diffusion 1.x or 2.x. Borrows @device. */
limn_model *limn_model_open (limn_device *device, const char *path, GError **error);
void limn_model_free (limn_model *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_model, limn_model_free)

/* Loads one more ControlNet under the name @type ("scribble", "pose", ...). Those inside the
 * model's folder, controlnet-TYPE/, load by themselves when they are first used. */
bool limn_model_add_control (limn_model *model, const char *type, const char *path, GError **error);

/* A LoRA file and how much of it is added: -10 to 10, and 0 adds nothing. */
struct limn_lora_file {
  const char *path;
  float strength;
  /* Of a MotionLoRA: its strength may be another one for each frame, as
   * limn_animate_params.strengths says. Such a one takes some time in every step, while others take
   * none. */
  bool by_frame;
};

/* Loads UNet and text encoder anew with LoRAs added to their weights (arXiv:2106.09685), or without
 * those of the call before. A file that does not fit leaves the model as it was; after a failure
 * that is none of the files' (memory, a lost device) the model can only be freed. */
bool limn_model_set_loras (limn_model *model,
                           const struct limn_lora_file *files,
                           gsize n_files,
                           GError **error);

/* What the UNet predicts, where the file does not say or says it wrong. */
void limn_model_set_prediction (limn_model *model, limn_prediction prediction);

/* Width and height that the model was made for, and the multiple that sizes must have. */
void limn_model_size (const limn_model *model, int *width, int *height, int *multiple);
/* A size that the model can draw, from wishes: a side that is 0 follows from the other by @aspect,
 * width over height, and both of them from the area that the model was made for. */
void limn_model_fit (const limn_model *model, double aspect, int *width, int *height);

/* --- tokens --- */

/* How long a prompt is to a model, without loading it: only vocabulary and configuration are read.
 * Counting takes well under a millisecond for what a person types. */
typedef struct limn_token_counter limn_token_counter;

struct limn_token_count {
  int tokens; /* of the text, without marks and padding */
  int limit;  /* of one chunk: 75 for Stable Diffusion */
  int chunks; /* 1 or more */
};

/* @path as for limn_model_open(). */
limn_token_counter *limn_token_counter_open (const char *path, GError **error);
void limn_token_counter_free (limn_token_counter *counter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_token_counter, limn_token_counter_free)
/* @text with the syntax of text/prompt.h, or @plain without. Any thread, also several at once. */
struct limn_token_count
limn_token_counter_count (const limn_token_counter *counter, const char *text, bool plain);

/* --- generation --- */

typedef enum {
  LIMN_EVENT_TEXT,   /* the prompts are long or have breaks: they take @chunks, 2 or more */
  LIMN_EVENT_STEP,   /* @step of @steps is done; @preview when asked for */
  LIMN_EVENT_DECODE, /* the latents are about to become the picture */
  LIMN_EVENT_WINDOW, /* of an animation: @window of @windows of step @step + 1 is done */
  LIMN_EVENT_FRAME,  /* of an animation: @frame of @frames has become a picture */
} limn_event_kind;

struct limn_event {
  limn_event_kind kind;
  int step, steps; /* 1-based */
  double seconds;  /* since the generation began */
  guint64 memory;  /* bytes of device memory in use */
  int chunks;
  const limn_image *preview; /* the predicted picture; borrowed for the call */
  int window, windows;       /* 1-based */
  int frame, frames;         /* 1-based; of a preview: which frame it is */
};

/* What of the predicted picture an event brings after each step. It changes nothing in the result.
 */
typedef enum {
  LIMN_PREVIEW_NONE,
  LIMN_PREVIEW_DECODER, /* what the autoencoder makes of it */
  LIMN_PREVIEW_LATENT,  /* one pixel a latent position, by a linear map: next to no time */
  LIMN_PREVIEW_AUTO,    /* the decoder where it was seen to take little of a step's time */
  LIMN_N_PREVIEWS,
} limn_preview;

/* "none", "decoder", "latent", "auto"; the index is the kind, NULL-terminated. */
extern const char *const limn_preview_names[];

typedef void (*limn_event_func) (const struct limn_event *event, gpointer data);

/* Which matters more where prompt and drawing disagree; the modes of sd-webui-controlnet. */
typedef enum {
  LIMN_CONTROL_BALANCED,
  LIMN_CONTROL_PROMPT,  /* the prompt: the nearer to the input, the weaker a residual (0.825^k) */
  LIMN_CONTROL_CONTROL, /* the drawing: the negative prompt's half of the guidance lacks it */
  LIMN_N_CONTROL_MODES,
} limn_control_mode;

/* A ControlNet branch, arXiv:2302.05543. LIMN_CONTROL_CONTROL without a prompt is "guess mode". */
struct limn_control {
  const char *type;
  const limn_image *image; /* as the network sees it; resized to the picture's size */
  float weight;            /* 0 to 10 */
  float start, end;        /* part of the steps, 0 to 1, in which it works */
  limn_control_mode mode;
  const char *path; /* of its weights; NULL: those added under @type, or the model's own */
};

/* Guidance by a measure of the predicted picture: pipeline/guide.h says how. */
typedef enum {
  LIMN_GUIDE_COLOUR,     /* the mean colour of the region */
  LIMN_GUIDE_BRIGHTNESS, /* the mean brightness of the region */
  LIMN_GUIDE_EDGES,      /* edges where @drawing has lines */
  LIMN_N_GUIDES,
} limn_guide_kind;

/* "colour", "brightness", "edges"; the index is the kind, NULL-terminated. */
extern const char *const limn_guide_names[];

struct limn_guide {
  limn_guide_kind kind;
  float colour[3];           /* RGB, 0 to 1 */
  float brightness;          /* 0 to 1 */
  const limn_image *drawing; /* white lines on black; resized to the picture's size */
  float x, y, width, height; /* the region in parts of the picture, 0 to 1; width 0: all of it */
  float weight;              /* 0 to 10; 1 is a gentle pull */
};

/* How a picture is made larger between the two passes of hires fix. */
typedef enum {
  LIMN_UPSCALE_LATENT,  /* the latents, bilinear */
  LIMN_UPSCALE_PICTURE, /* the decoded picture, which is encoded again */
  LIMN_N_UPSCALES,
} limn_upscale;

/* "latent", "picture"; the index is the kind, NULL-terminated. */
extern const char *const limn_upscale_names[];

#define LIMN_VAE_WHOLE (-1)

struct limn_generate_params {
  const char *prompt, *negative; /* NULL is empty; with the syntax of text/prompt.h */
  bool plain_prompt;             /* brackets, backslashes and BREAK are text like any other */
  const struct limn_control *controls;
  gsize n_controls;
  const struct limn_guide *guides;
  gsize n_guides;
  limn_sampler_kind sampler;
  limn_sigmas sigmas;
  int steps;         /* 0 means 20 */
  float cfg;         /* classifier-free guidance; 1 runs without; 0 means 7 */
  float cfg_rescale; /* 0 to 1, arXiv:2305.08891 */
  double eta;        /* 0 to 1, for DDIM */
  guint64 seed;
  limn_rng_kind rng; /* whose noise a seed stands for */
  int width, height; /* 0 means the model's own */
  double aspect;     /* not 0: width and height are wishes, for limn_model_fit() */

  /* Image to image, arXiv:2108.01073: begins with @init under noise and runs the last @strength
   * (0 to 1) of the steps. With @mask it is inpainting: where that is light the picture is drawn
   * anew, elsewhere it stays as it was, pixel for pixel; over @mask_blur pixels within its edge the
   * new one fades in. Both are resized to the picture's size. NULL: neither. */
  const limn_image *init;
  const limn_image *mask;
  int mask_blur; /* 0 to 64 */
  float strength;

  /* Hires fix: the picture is made @hires_scale times larger than width and height, rounded to
   * what the model can, and the last @hires_strength of its steps is run again. 0: not. */
  float hires_scale;
  float hires_strength;
  int hires_steps; /* 0: as many as before */
  limn_upscale hires_upscale;

  /* Pixels of a side of the pieces in which the autoencoder works, to save memory: 0 lets it work
   * in one piece where that fits the device, LIMN_VAE_WHOLE always. */
  int vae_tile;

  limn_preview preview;
  limn_event_func event;
  gpointer event_data;
};

/* NULL with LIMN_ERROR_CANCELLED within one step of cancelling. The caller frees the picture. */
limn_image *limn_generate (limn_model *model,
                           const struct limn_generate_params *params,
                           GCancellable *cancellable,
                           GError **error);

/* The most bytes of memory that such a generation would need on @device with the model at @path,
 * found by running it on the measure device, which computes nothing. */
bool limn_forecast (const limn_device *device,
                    const char *path,
                    const struct limn_generate_params *params,
                    guint64 *bytes,
                    GError **error);

/* LIMN_ERROR_MEMORY where such a generation needs more than a processor as a device may have: there
 * memory that is not there ends the program. Other devices say so by themselves. */
bool limn_forecast_check (const limn_device *device,
                          const char *path,
                          const struct limn_generate_params *params,
                          GError **error);

/* --- animation --- */

/* What couples the frames of an animation: AnimateDiff's motion modules (arXiv:2307.04725). */
struct limn_motion_params {
  const char *path; /* a folder as diffusers' MotionAdapter, or AnimateDiff's file; NULL: none */
  const struct limn_lora_file *loras; /* MotionLoRAs, added to the motion modules */
  gsize n_loras;
  /* The domain adapter, or another LoRA, in the place of those of limn_model_set_loras(); its path
   * may be NULL. */
  struct limn_lora_file adapter;
};

/* Loads motion modules, or lets those go that there are. After a failure that is none of the
 * files' (memory, a lost device) the model can only be freed. */
bool
limn_model_set_motion (limn_model *model, const struct limn_motion_params *params, GError **error);
/* The most frames that the motion modules can see at once: 24 or 32; 0 without any. */
int limn_model_motion_frames (const limn_model *model);

typedef enum {
  LIMN_WINDOWS_UNIFORM, /* from the first frame to the last */
  LIMN_WINDOWS_LOOPED,  /* and round the end: the clip can be shown in a loop */
  LIMN_N_WINDOWS_KINDS,
} limn_windows_kind;

/* "uniform", "looped"; the index is the kind, NULL-terminated. */
extern const char *const limn_windows_names[];

#define LIMN_WINDOWS_NO_OVERLAP (-1)

/* A clip longer than @length is drawn in windows of so many frames, and where they overlap the
 * mean of their predictions counts, weighted towards their middles: memory does not grow with the
 * clip. All zero is a good choice. */
struct limn_windows {
  limn_windows_kind kind;
  int length;  /* 0: 16 with motion modules, or what those can see; 1 without */
  int stride;  /* 1: neighbours; 2: also windows of every second frame; 3: of every fourth, ... */
  int overlap; /* 0: a quarter of the length */
};

typedef enum {
  LIMN_ANIMATE_NOISE_AUTO,        /* shared without motion modules, independent with them */
  LIMN_ANIMATE_NOISE_INDEPENDENT, /* each frame has its own */
  LIMN_ANIMATE_NOISE_SHARED,      /* all frames begin with the same */
  LIMN_N_ANIMATE_NOISES,
} limn_animate_noise;

/* "auto", "independent", "shared"; the index is the kind, NULL-terminated. */
extern const char *const limn_animate_noise_names[];

/* A prompt at a frame; between two of them their embeddings are interpolated. */
struct limn_prompt_key {
  int frame;                     /* rises from key to key */
  const char *prompt, *negative; /* NULL: that of the base */
};

/* A ControlNet by frame, or SparseCtrl (arXiv:2311.16933), which is one that guesses the frames
 * without a picture from those that have one. */
struct limn_animate_control {
  const char *type, *path;         /* as those of limn_control */
  const limn_image *const *images; /* of each frame; NULL: it does nothing there */
  const float *weights;            /* of each frame, 0 to 10; NULL: 1 */
  float start, end;                /* part of the steps, 0 to 1, in which it works */
  limn_control_mode mode;
};

/* Called once for each frame of the clip, in their order, when all steps are done; frames that stay
 * come out as they were. @latents are the frame's clean ones, @n_latents floats, for a later
 * limn_animate_params.latents. Both are borrowed for the call. False with @error ends the
 * animation.
 */
typedef bool (*limn_animate_func) (int frame,
                                   const limn_image *image,
                                   const float *latents,
                                   gsize n_latents,
                                   gpointer data,
                                   GError **error);

/* The picture that frame @frame begins with, which is resized; it becomes the animation's. Called
 * once for each frame that is drawn, in their order, before the first step: only one of them is in
 * memory. NULL with @error ends the animation. */
typedef limn_image *(*limn_animate_source_func) (int frame, gpointer data, GError **error);

#define LIMN_ANIMATE_MAX_FRAMES 100000

struct limn_animate_params {
  /* Size, sampler, steps, guidance, seed, the prompts where there are no keys, preview and events.
   * No controls, guides, picture to begin with or hires fix. */
  const struct limn_generate_params *base;
  int frames;
  const struct limn_prompt_key *prompts;
  gsize n_prompts;
  const struct limn_animate_control *controls;
  gsize n_controls;
  /* NULL, or [n_loras], one for each of limn_motion_params.loras: NULL, or [frames], its strength
   * at each frame, -10 to 10, where it is by_frame. What is NULL has the strength of its file.
   * Borrowed for the call. */
  const float *const *strengths;
  /* The most bytes outside of the device for what networks make of controls' pictures, so that it
   * need not be made again for each window of each step; 0: 256 MiB. */
  guint64 embeddings;
  struct limn_windows windows;
  limn_animate_noise noise;
  int preview_frame; /* the frame that events show */

  /* Restyles a film, as limn_generate_params.init does a picture: every frame begins with its
   * picture under noise, and the last @strength (0 to 1) of the steps is run. NULL: noise alone. */
  limn_animate_source_func source;
  gpointer source_data;
  float strength;

  /* Draws only @count frames from @first on again, and what @latents has of the others stays: those
   * of all frames, @n_latents floats each, as an earlier run gave them. NULL: draws all. */
  const float *latents;
  gsize n_latents;
  int first, count;

  limn_animate_func frame;
  gpointer frame_data;
};

/* Events tell of windows beside steps. False with LIMN_ERROR_CANCELLED soon after cancelling. */
bool limn_animate (limn_model *model,
                   const struct limn_animate_params *params,
                   GCancellable *cancellable,
                   GError **error);

/* What an animation needs. */
struct limn_animate_need {
  guint64 device;  /* the most bytes on the device: the same from one window of frames on */
  guint64 latents; /* bytes outside of it, which grow with the frames: with controls' embeddings */
  guint64 frames;  /* bytes of all finished pictures, which are the caller's to keep or not */
  int windows;     /* evaluations of the network in all steps */
};

/* As limn_forecast(), with the motion modules of @motion (NULL: none). */
bool limn_animate_forecast (const limn_device *device,
                            const char *path,
                            const struct limn_motion_params *motion,
                            const struct limn_animate_params *params,
                            struct limn_animate_need *need,
                            GError **error);

/* --- inspection --- */

struct limn_inspection_type {
  const char *name; /* "F16", "Q8_0", ... as the file says it */
  guint64 tensors, parameters;
};

/* What a file or folder is. */
struct limn_inspection {
  const char *kind;   /* "model", "unet", "autoencoder", "text encoder", "ControlNet", "LoRA" or
                         "unknown" */
  char *parts;        /* of a model: "text encoder, unet, autoencoder"; else NULL */
  const char *family; /* "Stable Diffusion 1.x", "SDXL", ...; NULL when the file does not tell */
  const char *format; /* "folder", "safetensors", "gguf" */
  const char *prediction; /* "epsilon" or "v"; NULL but for a model in one file */
  bool inpainting;        /* the UNet takes 9 channels */
  guint64 tensors, parameters, bytes;
  GArray *types; /* of limn_inspection_type, in the order they appear */
  /* Bytes of weights on a device with that precision; 0 where Limn cannot load it. */
  guint64 memory_f32, memory_f16;
  char *problem; /* the sentence that says why Limn cannot load it, or NULL */
};

/* @path is a folder in the diffusers layout, one of its parts, or one file of weights. Reads
 * headers only. LIMN_ERROR_FILE or FORMAT for what is no such thing. */
struct limn_inspection *limn_inspect (const char *path, GError **error);
void limn_inspection_free (struct limn_inspection *inspection);
