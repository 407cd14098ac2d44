/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scene.h"

#include <math.h>
#include <string.h>

#include "fit.h"

/* --- keyframes --- */

/* Items begin with their frame: which of them holds at @frame, and how far, before easing, it is on
 * the way to the next. */
static guint
find_key (const GArray *keys, int frame, double *t)
{
  gsize size = g_array_get_element_size ((GArray *) keys);
  guint at = 0;
  int here, next;

  *t = 0;
  for (guint i = 1; i < keys->len; i++) {
    memcpy (&next, keys->data + i * size, sizeof next);
    if (next <= frame)
      at = i;
  }
  memcpy (&here, keys->data + at * size, sizeof here);
  if (at + 1 < keys->len && frame > here) {
    memcpy (&next, keys->data + (at + 1) * size, sizeof next);
    *t = (double) (frame - here) / (next - here);
  }
  return at;
}

static double
mix (double from, double to, double t)
{
  return from + (to - from) * t;
}

static float
weight_at (const GArray *keys, int frame)
{
  const struct limn_scene_weight *key;
  double t;
  guint at;

  if (keys == NULL || keys->len == 0)
    return 1;
  at = find_key (keys, frame, &t);
  key = &g_array_index (keys, struct limn_scene_weight, at);
  if (t == 0)
    return (float) key->weight;
  return (float) mix (key->weight, key[1].weight, limn_ease ((limn_easing) key->ease, t));
}

static struct limn_scene_camera
camera_at (const GArray *keys, int frame)
{
  struct limn_scene_camera camera = g_array_index (keys, struct limn_scene_camera, 0);
  double t;
  guint at = find_key (keys, frame, &t);
  const struct limn_scene_camera *from = &g_array_index (keys, struct limn_scene_camera, at);

  if (t == 0)
    return *from;
  t = limn_ease ((limn_easing) from->ease, t);
  /* Zoom by the same factor in the same time looks even. */
  camera.zoom = from->zoom * pow (from[1].zoom / from->zoom, t);
  camera.x = mix (from->x, from[1].x, t);
  camera.y = mix (from->y, from[1].y, t);
  camera.roll = mix (from->roll, from[1].roll, t);
  return camera;
}

/* --- the camera --- */

static void
sample (const limn_image *image, double x, double y, guint8 *pixel)
{
  double left = floor (x - 0.5), top = floor (y - 0.5);
  double fx = x - 0.5 - left, fy = y - 0.5 - top;

  for (int c = 0; c < 3; c++) {
    double sum = 0;

    for (int i = 0; i < 4; i++) {
      double column = left + i % 2, row = top + i / 2;
      double part = (i % 2 ? fx : 1 - fx) * (i / 2 ? fy : 1 - fy);

      /* Beyond the drawing it is black: no line. */
      if (column >= 0 && row >= 0 && column < image->width && row < image->height)
        sum += part *
               image->pixels[((gsize) row * (gsize) image->width + (gsize) column) * 3 + (gsize) c];
    }
    pixel[c] = (guint8) lrint (sum);
  }
}

/* @image has 3 channels. */
static limn_image *
move_image (const limn_image *image, const struct limn_scene_camera *camera)
{
  limn_image *moved = limn_image_new (image->width, image->height, 3);
  double turn = -camera->roll * G_PI / 180;
  double c = cos (turn) / camera->zoom, s = sin (turn) / camera->zoom;
  double middle_x = image->width / 2.0, middle_y = image->height / 2.0;

  for (int y = 0; y < image->height; y++) {
    for (int x = 0; x < image->width; x++) {
      double dx = x + 0.5 - middle_x - camera->x * image->width;
      double dy = y + 0.5 - middle_y - camera->y * image->height;

      sample (image, middle_x + c * dx - s * dy, middle_y + s * dx + c * dy,
              moved->pixels + ((gsize) y * (gsize) image->width + (gsize) x) * 3);
    }
  }
  return moved;
}

static void
apply_camera (const limn_scene *scene, struct limn_scene_frames *frames)
{
  for (int i = 0; i < scene->frames && scene->camera->len > 0; i++) {
    struct limn_scene_camera camera = camera_at (scene->camera, i);

    if (frames->images[i] == NULL)
      continue;
    frames->images[i] = move_image (frames->images[i], &camera);
    g_ptr_array_add (frames->owned, (gpointer) frames->images[i]);
  }
}

/* --- where pictures come from --- */

/* OpenCV's thresholds that ControlNets were trained with. */
#define CANNY_LOW 100
#define CANNY_HIGH 200

/* What a ControlNet sees of a picture. */
static limn_image *
detect (const struct limn_scene_control *control, const limn_image *image)
{
  if (control->detect == LIMN_SCENE_DETECT_CANNY)
    return limn_image_canny (image, CANNY_LOW, CANNY_HIGH);
  if (control->detect == LIMN_SCENE_DETECT_LINES)
    return limn_image_lines (image);
  if (g_str_equal (control->type, "scribble"))
    return limn_image_scribble (image);
  return limn_image_to_rgb (image);
}

static limn_image *
fit (const limn_image *image, int width, int height)
{
  g_autoptr (limn_image) fitted = limn_fit (image, width, height);

  return limn_image_resize (fitted, width, height);
}

/* Takes @image. */
static const limn_image *
prepare (struct limn_scene_frames *frames,
         const struct limn_scene_control *control,
         limn_image *image,
         int width,
         int height)
{
  g_autoptr (limn_image) sized = fit (image, width, height);
  limn_image *seen = detect (control, sized);

  limn_image_free (image);
  g_ptr_array_add (frames->owned, seen);
  return seen;
}

/* NULL with @error. */
static const limn_image *
load_image (const limn_scene *scene,
            const struct limn_scene_control *control,
            const struct limn_scene_image *key,
            int width,
            int height,
            struct limn_scene_frames *frames,
            GError **error)
{
  bool plain = control->detect == LIMN_SCENE_DETECT_NONE;
  bool lines = plain && g_str_equal (control->type, "scribble");
  limn_image *image = key->file != NULL ? limn_picture_load (key->file, 0, error)
                                        : limn_scene_see_layer (scene, key->layer, lines, error);

  if (image == NULL)
    return NULL;
  if (key->file != NULL || !plain)
    return prepare (frames, control, image, width, height);
  g_ptr_array_add (frames->owned, fit (image, width, height));
  limn_image_free (image);
  return frames->owned->pdata[frames->owned->len - 1];
}

static bool
take_images (const limn_scene *scene,
             const struct limn_scene_control *control,
             int width,
             int height,
             struct limn_scene_frames *frames,
             GError **error)
{
  for (guint i = 0; i < control->images->len; i++) {
    const struct limn_scene_image *key =
        &g_array_index (control->images, struct limn_scene_image, i);
    int end = i + 1 < control->images->len ? key[1].frame : scene->frames;
    const limn_image *ready = load_image (scene, control, key, width, height, frames, error);

    if (ready == NULL)
      return false;
    if (control->sparse)
      end = key->frame + 1;
    for (int frame = i == 0 && !control->sparse ? 0 : key->frame; frame < MIN (end, scene->frames);
         frame++)
      frames->images[frame] = ready;
  }
  return true;
}

/* The people of one keyframe. */
static GArray *
load_people (const struct limn_scene_pose *key, int width, int height, GError **error)
{
  if (key->file != NULL)
    return limn_pose_load (key->file, width, height, error);
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT, "the pose of frame %d has no \"file\"",
               key->frame);
  return NULL;
}

/* Who is in one keyframe only stands still until the next. */
static limn_image *
draw_people (const GArray *from, const GArray *to, double t, int width, int height)
{
  g_autoptr (GArray) people = g_array_new (FALSE, TRUE, sizeof (struct limn_pose));

  g_array_set_size (people, from->len);
  for (guint i = 0; i < from->len; i++) {
    const struct limn_pose *here = &g_array_index (from, struct limn_pose, i);
    const struct limn_pose *there = i < to->len ? &g_array_index (to, struct limn_pose, i) : here;

    limn_pose_interpolate (here, there, t, &g_array_index (people, struct limn_pose, i));
  }
  return limn_pose_draw ((const struct limn_pose *) (void *) people->data, people->len, width,
                         height);
}

static bool
take_poses (const limn_scene *scene,
            const struct limn_scene_control *control,
            int width,
            int height,
            struct limn_scene_frames *frames,
            GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  for (guint i = 0; i < control->poses->len; i++) {
    GArray *people = load_people (&g_array_index (control->poses, struct limn_scene_pose, i), width,
                                  height, error);

    if (people == NULL)
      return false;
    g_ptr_array_add (all, people);
  }
  for (int frame = 0; frame < scene->frames && all->len > 0; frame++) {
    double t;
    guint at = find_key (control->poses, frame, &t);
    const struct limn_scene_pose *key = &g_array_index (control->poses, struct limn_scene_pose, at);
    limn_image *drawn =
        draw_people (all->pdata[at], all->pdata[MIN (at + 1, all->len - 1)],
                     t > 0 ? limn_ease ((limn_easing) key->ease, t) : 0, width, height);

    g_ptr_array_add (frames->owned, drawn);
    frames->images[frame] = drawn;
  }
  return true;
}

/* A film that is too short stays at its last frame. */
static bool
take_film (const limn_scene *scene,
           const struct limn_scene_control *control,
           int width,
           int height,
           struct limn_scene_frames *frames,
           GError **error)
{
  g_autoptr (limn_film_reader) reader = limn_film_reader_new (control->film, error);

  if (reader == NULL)
    return false;
  for (int frame = 0; frame < scene->frames; frame++) {
    g_autoptr (GError) problem = NULL;
    limn_image *image = limn_film_reader_next (reader, &problem);

    if (problem != NULL) {
      g_propagate_error (error, g_steal_pointer (&problem));
      return false;
    }
    if (image != NULL)
      frames->images[frame] = prepare (frames, control, image, width, height);
    else if (frame > 0)
      frames->images[frame] = frames->images[frame - 1];
  }
  return true;
}

static void
frames_init (struct limn_scene_frames *frames, const limn_scene *scene)
{
  *frames = (struct limn_scene_frames){
    .owned = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free),
    .images = g_new0 (const limn_image *, (gsize) scene->frames),
    .weights = g_new (float, (gsize) scene->frames),
  };
}

bool
limn_scene_make_frames (const limn_scene *scene,
                        const struct limn_scene_control *control,
                        int width,
                        int height,
                        struct limn_scene_frames *frames,
                        GError **error)
{
  bool good;

  frames_init (frames, scene);
  for (int i = 0; i < scene->frames; i++)
    frames->weights[i] = weight_at (control->weights, i);
  if (control->images != NULL)
    good = take_images (scene, control, width, height, frames, error);
  else if (control->poses != NULL)
    good = take_poses (scene, control, width, height, frames, error);
  else
    good = take_film (scene, control, width, height, frames, error);
  if (good)
    apply_camera (scene, frames);
  return good;
}

void
limn_scene_hold_frame (const limn_scene *scene,
                       const limn_image *image,
                       float weight,
                       int width,
                       int height,
                       struct limn_scene_frames *frames)
{
  limn_image *sized = fit (image, width, height);

  frames_init (frames, scene);
  g_ptr_array_add (frames->owned, sized);
  for (int i = 0; i < scene->frames; i++) {
    frames->images[i] = sized;
    frames->weights[i] = weight;
  }
  apply_camera (scene, frames);
}

float *
limn_scene_strengths (const limn_scene *scene, const struct limn_scene_lora *lora)
{
  float *strengths;

  if (lora->strengths == NULL || lora->strengths->len == 0)
    return NULL;
  strengths = g_new (float, (gsize) scene->frames);
  for (int i = 0; i < scene->frames; i++)
    strengths[i] = weight_at (lora->strengths, i);
  return strengths;
}

void
limn_scene_frames_clear (struct limn_scene_frames *frames)
{
  g_clear_pointer (&frames->owned, g_ptr_array_unref);
  g_clear_pointer (&frames->images, g_free);
  g_clear_pointer (&frames->weights, g_free);
}
