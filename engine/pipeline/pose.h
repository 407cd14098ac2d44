/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "image.h"

/* Poses in OpenPose's form: the 18 joints of COCO's order, as ControlNets for poses were trained on
 * them. */
typedef enum {
  LIMN_JOINT_NOSE,
  LIMN_JOINT_NECK,
  LIMN_JOINT_SHOULDER_R, /* the person's right */
  LIMN_JOINT_ELBOW_R,
  LIMN_JOINT_WRIST_R,
  LIMN_JOINT_SHOULDER_L,
  LIMN_JOINT_ELBOW_L,
  LIMN_JOINT_WRIST_L,
  LIMN_JOINT_HIP_R,
  LIMN_JOINT_KNEE_R,
  LIMN_JOINT_ANKLE_R,
  LIMN_JOINT_HIP_L,
  LIMN_JOINT_KNEE_L,
  LIMN_JOINT_ANKLE_L,
  LIMN_JOINT_EYE_R,
  LIMN_JOINT_EYE_L,
  LIMN_JOINT_EAR_R,
  LIMN_JOINT_EAR_L,
  LIMN_N_JOINTS,
} limn_joint;

/* x to the right and y down, in pixels of some picture. */
struct limn_pose {
  float x[LIMN_N_JOINTS], y[LIMN_N_JOINTS];
  bool seen[LIMN_N_JOINTS];
};

/* How the time between two keyframes passes. */
typedef enum {
  LIMN_EASE_LINEAR,
  LIMN_EASE_IN,     /* begins slowly */
  LIMN_EASE_OUT,    /* ends slowly */
  LIMN_EASE_IN_OUT, /* both */
  LIMN_EASE_HOLD,   /* stays until the next keyframe */
  LIMN_N_EASINGS,
} limn_easing;

/* "linear", "in", "out", "in-out", "hold"; NULL-terminated. */
extern const char *const limn_easing_names[];

/* @t and the result from 0 to 1. */
double limn_ease (limn_easing easing, double t);

/* The pose at @t, 0 to 1, between @from and @to. The neck moves in a line; each bone turns from its
 * one direction to the other the shorter way, and what hangs on it with it, so that a limb that is
 * as long in both keeps its length between. A joint that one of them lacks keeps the direction that
 * it has in the other, and is seen in the half that is nearer to that one. */
void limn_pose_interpolate (const struct limn_pose *from,
                            const struct limn_pose *to,
                            double t,
                            struct limn_pose *pose);

/* The joints and limbs of @count poses on black, in OpenPose's colours. */
limn_image *limn_pose_draw (const struct limn_pose *poses, gsize count, int width, int height);

/* A file as the editors of poses write it: {"canvas_width": 512, "canvas_height": 512, "people":
 * [{"pose_keypoints_2d": [x, y, confidence, ...]}]}, 18 or 25 joints a person. Coordinates are
 * brought to @width x @height; those of a file without a canvas stay as they are. An array of
 * limn_pose; LIMN_ERROR_FILE or FORMAT. */
GArray *limn_pose_load (const char *path, int width, int height, GError **error);
