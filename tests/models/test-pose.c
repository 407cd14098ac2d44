/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pipeline/pose.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "error.h"
#include "io/png.h"

static GArray *
load (const char *name, int width, int height)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "golden", "pose", name, NULL);
  g_autoptr (GError) error = NULL;
  GArray *people = limn_pose_load (path, width, height, &error);

  g_assert_no_error (error);
  return people;
}

/* As the ControlNet for poses saw them in its training. */
static void
test_drawing (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "golden", "pose", "pose.png", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) expected = limn_png_load (path, &error);
  g_autoptr (GArray) people = load ("pose.json", expected->width, expected->height);
  g_autoptr (limn_image) drawn = limn_pose_draw ((struct limn_pose *) (void *) people->data,
                                                 people->len, expected->width, expected->height);

  g_assert_no_error (error);
  for (int i = 0; i < drawn->width * drawn->height * 3; i++)
    g_assert_cmpint (ABS (drawn->pixels[i] - expected->pixels[i]), <=, 1);
}

static double
bone (const struct limn_pose *pose, int from, int to)
{
  return hypot (pose->x[to] - pose->x[from], pose->y[to] - pose->y[from]);
}

/* A person who stands, with both arms hanging down. */
static struct limn_pose
standing (void)
{
  static const float at[LIMN_N_JOINTS][2] = {
    { 50, 20 }, { 50, 30 }, { 40, 30 }, { 40, 45 }, { 40, 60 }, { 60, 30 },
    { 60, 45 }, { 60, 60 }, { 44, 60 }, { 44, 80 }, { 44, 99 }, { 56, 60 },
    { 56, 80 }, { 56, 99 }, { 48, 18 }, { 52, 18 }, { 46, 20 }, { 54, 20 },
  };
  struct limn_pose pose;

  for (int i = 0; i < LIMN_N_JOINTS; i++) {
    pose.x[i] = at[i][0];
    pose.y[i] = at[i][1];
    pose.seen[i] = true;
  }
  return pose;
}

/* The right arm goes from hanging down to straight up: in a circle, not through the shoulder. */
static void
test_lengths (void)
{
  struct limn_pose from = standing (), to = standing (), half;

  to.y[LIMN_JOINT_ELBOW_R] = 15;
  to.y[LIMN_JOINT_WRIST_R] = 0;
  /* A hair to the side decides which way round. */
  to.x[LIMN_JOINT_ELBOW_R] = 39.9f;
  to.x[LIMN_JOINT_WRIST_R] = 39.8f;
  for (int i = 0; i <= 10; i++) {
    limn_pose_interpolate (&from, &to, i / 10.0, &half);
    g_assert_cmpfloat_with_epsilon (bone (&half, LIMN_JOINT_SHOULDER_R, LIMN_JOINT_ELBOW_R), 15,
                                    1e-3);
    g_assert_cmpfloat_with_epsilon (bone (&half, LIMN_JOINT_ELBOW_R, LIMN_JOINT_WRIST_R), 15, 1e-3);
  }
  limn_pose_interpolate (&from, &to, 0.5, &half);
  g_assert_cmpfloat_with_epsilon (half.x[LIMN_JOINT_WRIST_R], 10, 0.2);
  g_assert_cmpfloat_with_epsilon (half.y[LIMN_JOINT_WRIST_R], 30, 0.2);
}

static void
assert_same (const struct limn_pose *a, const struct limn_pose *b)
{
  for (int i = 0; i < LIMN_N_JOINTS; i++) {
    g_assert_cmpfloat_with_epsilon (a->x[i], b->x[i], 1e-3);
    g_assert_cmpfloat_with_epsilon (a->y[i], b->y[i], 1e-3);
    g_assert_cmpint (a->seen[i], ==, b->seen[i]);
  }
}

/* The body bends by what the neck's bones do, and the ends are the keyframes themselves. */
static void
test_ends (void)
{
  g_autoptr (GArray) people = load ("pose.json", 100, 100);
  struct limn_pose from = standing (), to = g_array_index (people, struct limn_pose, 0), pose;

  for (int i = 0; i < LIMN_N_JOINTS; i++)
    to.seen[i] = true;
  limn_pose_interpolate (&from, &to, 0, &pose);
  assert_same (&pose, &from);
  limn_pose_interpolate (&from, &to, 1, &pose);
  assert_same (&pose, &to);
}

/* What one keyframe does not see hangs on as it does in the other. */
static void
test_unseen (void)
{
  struct limn_pose from = standing (), to = standing (), pose;

  to.seen[LIMN_JOINT_WRIST_L] = false;
  to.x[LIMN_JOINT_WRIST_L] = to.y[LIMN_JOINT_WRIST_L] = 0;
  limn_pose_interpolate (&from, &to, 0.25, &pose);
  g_assert_true (pose.seen[LIMN_JOINT_WRIST_L]);
  g_assert_cmpfloat_with_epsilon (pose.x[LIMN_JOINT_WRIST_L], 60, 1e-3);
  g_assert_cmpfloat_with_epsilon (pose.y[LIMN_JOINT_WRIST_L], 60, 1e-3);
  limn_pose_interpolate (&from, &to, 0.75, &pose);
  g_assert_false (pose.seen[LIMN_JOINT_WRIST_L]);
}

static void
test_easing (void)
{
  for (int easing = 0; easing < LIMN_N_EASINGS; easing++) {
    double last = 0;

    g_assert_cmpfloat (limn_ease (easing, 0), ==, 0);
    g_assert_cmpfloat (limn_ease (easing, 1), ==, 1);
    g_assert_cmpfloat (limn_ease (easing, -1), ==, 0);
    g_assert_cmpfloat (limn_ease (easing, 2), ==, 1);
    for (int i = 1; i <= 100; i++) {
      double now = limn_ease (easing, i / 100.0);

      g_assert_cmpfloat (now, >=, last);
      last = now;
    }
  }
  g_assert_cmpfloat (limn_ease (LIMN_EASE_HOLD, 0.999), ==, 0);
  g_assert_cmpfloat (limn_ease (LIMN_EASE_IN_OUT, 0.5), ==, 0.5);
}

static void
test_refused (void)
{
  static const char *const texts[] = {
    "",
    "[]",
    "{}",
    "{\"people\": []}",
    "{\"people\": [{\"pose_keypoints_2d\": [1, 2, 3]}]}",
    "{\"people\": [{\"pose_keypoints_2d\": [1, 2, \"3\"]}]}",
    "{\"people\": [{}]} x",
  };
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "limn-test-pose.json", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
    g_assert_null (limn_pose_load (path, 64, 64, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, "limn-test-pose.json"));
  }
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pose/drawing", test_drawing);
  g_test_add_func ("/pose/lengths", test_lengths);
  g_test_add_func ("/pose/ends", test_ends);
  g_test_add_func ("/pose/unseen", test_unseen);
  g_test_add_func ("/pose/easing", test_easing);
  g_test_add_func ("/pose/refused", test_refused);
  return g_test_run ();
}
