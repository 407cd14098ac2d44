/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/pose.h"

#include <math.h>

const char *const limn_easing_names[] = {
  [LIMN_EASE_LINEAR] = "linear", [LIMN_EASE_IN] = "in",     [LIMN_EASE_OUT] = "out",
  [LIMN_EASE_IN_OUT] = "in-out", [LIMN_EASE_HOLD] = "hold", NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_easing_names) == LIMN_N_EASINGS + 1);

/* What each joint hangs on, itself for the root; parents stand before their children in @order. */
static const guint8 parents[LIMN_N_JOINTS] = {
  [LIMN_JOINT_NOSE] = LIMN_JOINT_NECK,          [LIMN_JOINT_NECK] = LIMN_JOINT_NECK,
  [LIMN_JOINT_SHOULDER_R] = LIMN_JOINT_NECK,    [LIMN_JOINT_ELBOW_R] = LIMN_JOINT_SHOULDER_R,
  [LIMN_JOINT_WRIST_R] = LIMN_JOINT_ELBOW_R,    [LIMN_JOINT_SHOULDER_L] = LIMN_JOINT_NECK,
  [LIMN_JOINT_ELBOW_L] = LIMN_JOINT_SHOULDER_L, [LIMN_JOINT_WRIST_L] = LIMN_JOINT_ELBOW_L,
  [LIMN_JOINT_HIP_R] = LIMN_JOINT_NECK,         [LIMN_JOINT_KNEE_R] = LIMN_JOINT_HIP_R,
  [LIMN_JOINT_ANKLE_R] = LIMN_JOINT_KNEE_R,     [LIMN_JOINT_HIP_L] = LIMN_JOINT_NECK,
  [LIMN_JOINT_KNEE_L] = LIMN_JOINT_HIP_L,       [LIMN_JOINT_ANKLE_L] = LIMN_JOINT_KNEE_L,
  [LIMN_JOINT_EYE_R] = LIMN_JOINT_NOSE,         [LIMN_JOINT_EYE_L] = LIMN_JOINT_NOSE,
  [LIMN_JOINT_EAR_R] = LIMN_JOINT_EYE_R,        [LIMN_JOINT_EAR_L] = LIMN_JOINT_EYE_L,
};

static const guint8 order[LIMN_N_JOINTS] = {
  LIMN_JOINT_NECK,    LIMN_JOINT_NOSE,       LIMN_JOINT_SHOULDER_R, LIMN_JOINT_ELBOW_R,
  LIMN_JOINT_WRIST_R, LIMN_JOINT_SHOULDER_L, LIMN_JOINT_ELBOW_L,    LIMN_JOINT_WRIST_L,
  LIMN_JOINT_HIP_R,   LIMN_JOINT_KNEE_R,     LIMN_JOINT_ANKLE_R,    LIMN_JOINT_HIP_L,
  LIMN_JOINT_KNEE_L,  LIMN_JOINT_ANKLE_L,    LIMN_JOINT_EYE_R,      LIMN_JOINT_EYE_L,
  LIMN_JOINT_EAR_R,   LIMN_JOINT_EAR_L,
};

double
limn_ease (limn_easing easing, double t)
{
  t = CLAMP (t, 0, 1);
  switch (easing) {
  case LIMN_EASE_IN:
    return t * t;
  case LIMN_EASE_OUT:
    return t * (2 - t);
  case LIMN_EASE_IN_OUT:
    return t * t * (3 - 2 * t);
  case LIMN_EASE_HOLD:
    return t < 1 ? 0 : 1;
  default:
    return t;
  }
}

/* --- between keyframes --- */

/* From a joint's parent to the joint: length and direction. */
struct bone {
  double length, angle;
};

static struct bone
bone_of (const struct limn_pose *pose, int joint)
{
  double x = (double) pose->x[joint] - (double) pose->x[parents[joint]];
  double y = (double) pose->y[joint] - (double) pose->y[parents[joint]];

  return (struct bone){ hypot (x, y), atan2 (y, x) };
}

static struct bone
mix_bones (struct bone from, struct bone to, double t)
{
  double turn = remainder (to.angle - from.angle, 2 * G_PI);

  return (struct bone){ from.length + (to.length - from.length) * t, from.angle + turn * t };
}

static bool
has_bone (const struct limn_pose *pose, int joint)
{
  return pose->seen[joint] && pose->seen[parents[joint]];
}

/* Where the root is; of two that see it, in a line. */
static void
place_root (const struct limn_pose *from,
            const struct limn_pose *to,
            double t,
            int root,
            struct limn_pose *pose)
{
  if (!from->seen[root])
    t = 1;
  else if (!to->seen[root])
    t = 0;
  pose->x[root] = (float) (from->x[root] + (double) (to->x[root] - from->x[root]) * t);
  pose->y[root] = (float) (from->y[root] + (double) (to->y[root] - from->y[root]) * t);
}

void
limn_pose_interpolate (const struct limn_pose *from,
                       const struct limn_pose *to,
                       double t,
                       struct limn_pose *pose)
{
  for (gsize i = 0; i < LIMN_N_JOINTS; i++) {
    int joint = order[i], parent = parents[joint];
    bool in_from = has_bone (from, joint), in_to = has_bone (to, joint);
    struct bone bone;

    pose->seen[joint] = t < 0.5 ? from->seen[joint] : to->seen[joint];
    if (joint == parent || (!in_from && !in_to)) {
      place_root (from, to, t, joint, pose);
      continue;
    }
    if (in_from && in_to)
      bone = mix_bones (bone_of (from, joint), bone_of (to, joint), t);
    else
      bone = bone_of (in_from ? from : to, joint);
    pose->x[joint] = (float) (pose->x[parent] + bone.length * cos (bone.angle));
    pose->y[joint] = (float) (pose->y[parent] + bone.length * sin (bone.angle));
  }
}

/* --- drawing --- */

static const guint8 limbs[][2] = {
  { 1, 2 }, { 1, 5 },  { 2, 3 },   { 3, 4 },  { 5, 6 },   { 6, 7 },
  { 1, 8 }, { 8, 9 },  { 9, 10 },  { 1, 11 }, { 11, 12 }, { 12, 13 },
  { 1, 0 }, { 0, 14 }, { 14, 16 }, { 0, 15 }, { 15, 17 },
};

/* The colour wheel in steps of 20 degrees: limb i and joint i have colour i. */
static const guint8 colours[LIMN_N_JOINTS][3] = {
  { 255, 0, 0 }, { 255, 85, 0 }, { 255, 170, 0 }, { 255, 255, 0 }, { 170, 255, 0 }, { 85, 255, 0 },
  { 0, 255, 0 }, { 0, 255, 85 }, { 0, 255, 170 }, { 0, 255, 255 }, { 0, 170, 255 }, { 0, 85, 255 },
  { 0, 0, 255 }, { 85, 0, 255 }, { 170, 0, 255 }, { 255, 0, 255 }, { 255, 0, 170 }, { 255, 0, 85 },
};
#define LIMB_LIGHT 0.6f
/* Half of a limb's width and a joint's radius, as a part of the shorter side. */
#define WIDTH (4.0f / 512)

/* A limb that is a point is a joint. */
struct stroke {
  float x[2], y[2];
  float width;
  float colour[3];
};

/* OpenPose draws a limb as an ellipse: thin at its ends. */
static float
stroke_distance (const struct stroke *stroke, float x, float y)
{
  float dx = stroke->x[1] - stroke->x[0], dy = stroke->y[1] - stroke->y[0];
  float length = dx * dx + dy * dy, place, thin;

  if (length == 0)
    return hypotf (x - stroke->x[0], y - stroke->y[0]);
  place = ((x - stroke->x[0]) * dx + (y - stroke->y[0]) * dy) / length;
  place = CLAMP (place, 0, 1);
  thin = sqrtf (MAX (1 - (2 * place - 1) * (2 * place - 1), 0));
  return hypotf (x - stroke->x[0] - place * dx, y - stroke->y[0] - place * dy) +
         stroke->width * (1 - thin);
}

static void
paint (float *rgb, int width, int height, const struct stroke *stroke)
{
  float reach = stroke->width + 1;
  int left = (int) CLAMP (floorf (fminf (stroke->x[0], stroke->x[1]) - reach), 0, width);
  int right = (int) CLAMP (ceilf (fmaxf (stroke->x[0], stroke->x[1]) + reach), 0, width);
  int top = (int) CLAMP (floorf (fminf (stroke->y[0], stroke->y[1]) - reach), 0, height);
  int bottom = (int) CLAMP (ceilf (fmaxf (stroke->y[0], stroke->y[1]) + reach), 0, height);

  for (int y = top; y < bottom; y++) {
    for (int x = left; x < right; x++) {
      float *pixel = rgb + ((gsize) y * (gsize) width + (gsize) x) * 3;
      float distance = stroke_distance (stroke, (float) x + 0.5f, (float) y + 0.5f);
      float cover = CLAMP (stroke->width - distance + 0.5f, 0, 1);

      for (int c = 0; c < 3; c++)
        pixel[c] += (stroke->colour[c] - pixel[c]) * cover;
    }
  }
}

static struct stroke
make_stroke (const struct limn_pose *pose, int from, int to, int colour, float light, float width)
{
  struct stroke stroke = {
    { pose->x[from], pose->x[to] }, { pose->y[from], pose->y[to] }, width, { 0 }
  };

  for (int c = 0; c < 3; c++)
    stroke.colour[c] = (float) colours[colour][c] / 255 * light;
  return stroke;
}

limn_image *
limn_pose_draw (const struct limn_pose *poses, gsize count, int width, int height)
{
  g_autofree float *rgb = g_new0 (float, (gsize) width *(gsize) height * 3);
  float thick = WIDTH * (float) MIN (width, height);

  for (gsize i = 0; i < count; i++) {
    for (gsize limb = 0; limb < G_N_ELEMENTS (limbs); limb++) {
      int from = limbs[limb][0], to = limbs[limb][1];
      struct stroke stroke = make_stroke (&poses[i], from, to, (int) limb, LIMB_LIGHT, thick);

      if (poses[i].seen[from] && poses[i].seen[to])
        paint (rgb, width, height, &stroke);
    }
    for (int joint = 0; joint < LIMN_N_JOINTS; joint++) {
      struct stroke stroke = make_stroke (&poses[i], joint, joint, joint, 1, thick);

      if (poses[i].seen[joint])
        paint (rgb, width, height, &stroke);
    }
  }
  return limn_image_from_floats (rgb, width, height, 0, 1);
}
