/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "error.h"
#include "io/file.h"
#include "io/json.h"
#include "pipeline/pose.h"

/* More is no drawing of people. */
#define MAX_PEOPLE 100
/* Joints of OpenPose's other model, BODY_25; the first 8 are the same. */
#define BODY_25 25

/* Where BODY_25 has the joints of COCO. */
static const guint8 of_body_25[LIMN_N_JOINTS] = {
  0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
};

struct file {
  double width, height; /* of the canvas; 0: not said */
  GArray *people;       /* of limn_pose, in the canvas's pixels */
};

static bool
read_numbers (limn_json *json, double *numbers, gsize room, gsize *count)
{
  bool first = true;

  *count = 0;
  if (!limn_json_expect (json, '['))
    return false;
  while (limn_json_next (json, ']', &first)) {
    double number;

    if (!limn_json_double (json, &number))
      return false;
    if (*count == room)
      return limn_json_fail (json, "more joints than a person has, wanted 18 or 25");
    numbers[(*count)++] = number;
  }
  return json->problem == NULL;
}

static bool
read_joints (limn_json *json, struct limn_pose *pose)
{
  double numbers[BODY_25 * 3];
  gsize count;

  if (!read_numbers (json, numbers, G_N_ELEMENTS (numbers), &count))
    return false;
  if (count != LIMN_N_JOINTS * 3 && count != BODY_25 * 3)
    return limn_json_fail (json, "wanted three numbers for each of 18 or 25 joints");
  for (int joint = 0; joint < LIMN_N_JOINTS; joint++) {
    const double *at = numbers + 3 * (count == BODY_25 * 3 ? of_body_25[joint] : joint);

    pose->x[joint] = (float) CLAMP (at[0], -1e6, 1e6);
    pose->y[joint] = (float) CLAMP (at[1], -1e6, 1e6);
    pose->seen[joint] = at[2] > 0;
  }
  return true;
}

static bool
read_person (limn_json *json, GArray *people)
{
  g_autoptr (GString) key = g_string_new (NULL);
  struct limn_pose pose = { 0 };
  bool first = true;

  if (!limn_json_expect (json, '{'))
    return false;
  while (limn_json_next (json, '}', &first)) {
    if (!limn_json_string (json, key) || !limn_json_expect (json, ':'))
      return false;
    if (!(g_str_equal (key->str, "pose_keypoints_2d") ? read_joints (json, &pose)
                                                      : limn_json_skip (json)))
      return false;
  }
  if (people->len == MAX_PEOPLE)
    return limn_json_fail (json, "more than 100 people");
  g_array_append_val (people, pose);
  return json->problem == NULL;
}

static bool
read_people (limn_json *json, GArray *people)
{
  bool first = true;

  if (!limn_json_expect (json, '['))
    return false;
  while (limn_json_next (json, ']', &first))
    if (!read_person (json, people))
      return false;
  return json->problem == NULL;
}

static bool
read_file (limn_json *json, struct file *file)
{
  g_autoptr (GString) key = g_string_new (NULL);
  bool first = true, good;

  if (!limn_json_expect (json, '{'))
    return false;
  while (limn_json_next (json, '}', &first)) {
    if (!limn_json_string (json, key) || !limn_json_expect (json, ':'))
      return false;
    if (g_str_equal (key->str, "canvas_width"))
      good = limn_json_double (json, &file->width);
    else if (g_str_equal (key->str, "canvas_height"))
      good = limn_json_double (json, &file->height);
    else if (g_str_equal (key->str, "people"))
      good = read_people (json, file->people);
    else
      good = limn_json_skip (json);
    if (!good)
      return false;
  }
  if (json->problem == NULL && file->people->len == 0)
    return limn_json_fail (json, "nobody in it: \"people\" is missing or empty");
  return limn_json_finish (json);
}

static void
scale (GArray *people, float x, float y)
{
  for (guint i = 0; i < people->len; i++) {
    struct limn_pose *pose = &g_array_index (people, struct limn_pose, i);

    for (int joint = 0; joint < LIMN_N_JOINTS; joint++) {
      pose->x[joint] *= x;
      pose->y[joint] *= y;
    }
  }
}

GArray *
limn_pose_load (const char *path, int width, int height, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);
  struct file file = { 0 };
  g_autoptr (GArray) people = g_array_new (FALSE, TRUE, sizeof (struct limn_pose));
  limn_json json;

  if (map == NULL)
    return NULL;
  file.people = people;
  limn_json_init (&json, g_mapped_file_get_contents (map), g_mapped_file_get_length (map));
  if (!read_file (&json, &file)) {
    limn_json_set_error (error, path, &json);
    return NULL;
  }
  if (file.width >= 1 && file.height >= 1)
    scale (people, (float) (width / file.width), (float) (height / file.height));
  return g_steal_pointer (&people);
}
