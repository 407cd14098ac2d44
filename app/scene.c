/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scene.h"

#include <stddef.h>
#include <string.h>

#include "number.h"

#define MAX_FRAMES LIMN_SCENE_MAX_FRAMES
#define MAX_STEPS 4000

/* --- what is in a scene: one table for each object --- */

typedef enum {
  MEMBER_STRING,
  MEMBER_PATH, /* beside the scene, unless it is absolute */
  MEMBER_BOOL,
  MEMBER_INT,
  MEMBER_WHOLE, /* gint64 */
  MEMBER_DOUBLE,
  MEMBER_CHOICE, /* the place in @names */
  MEMBER_ARRAY,  /* a GArray of structs with @members */
  MEMBER_OBJECT, /* @members of the struct itself */
} member_kind;

struct member {
  const char *key;
  member_kind kind;
  gsize offset;
  double min, max;
  const char *const *names;
  const struct member *members; /* ends with a NULL key */
  gsize size;                   /* of an array's item */
  void (*init) (gpointer item); /* its defaults */
  bool keyframes;               /* an array's items begin with a frame, which rises */
};

static const char *const detects[] = { "none", "canny", "lines", NULL };
G_STATIC_ASSERT (G_N_ELEMENTS (detects) == LIMN_N_SCENE_DETECTS + 1);

#define AT(type, field) offsetof (struct type, field)
#define FRAME(type)                                                                                \
  {                                                                                                \
    "frame", MEMBER_INT, AT (type, frame), 0, MAX_FRAMES - 1                                       \
  }
#define EASE(type)                                                                                 \
  {                                                                                                \
    "ease", MEMBER_CHOICE, AT (type, ease), .names = limn_easing_names                             \
  }

static const struct member prompt_members[] = {
  FRAME (limn_scene_prompt),
  { "prompt", MEMBER_STRING, AT (limn_scene_prompt, prompt) },
  { "negative", MEMBER_STRING, AT (limn_scene_prompt, negative) },
  { NULL },
};

static const struct member image_members[] = {
  FRAME (limn_scene_image),
  { "file", MEMBER_PATH, AT (limn_scene_image, file) },
  { "layer", MEMBER_STRING, AT (limn_scene_image, layer) },
  { NULL },
};

static const struct member pose_members[] = {
  FRAME (limn_scene_pose),
  EASE (limn_scene_pose),
  { "file", MEMBER_PATH, AT (limn_scene_pose, file) },
  { NULL },
};

static const struct member weight_members[] = {
  FRAME (limn_scene_weight),
  EASE (limn_scene_weight),
  { "weight", MEMBER_DOUBLE, AT (limn_scene_weight, weight), 0, 10 },
  { NULL },
};

static const struct member camera_members[] = {
  FRAME (limn_scene_camera),
  EASE (limn_scene_camera),
  { "zoom", MEMBER_DOUBLE, AT (limn_scene_camera, zoom), 0.01, 100 },
  { "x", MEMBER_DOUBLE, AT (limn_scene_camera, x), -10, 10 },
  { "y", MEMBER_DOUBLE, AT (limn_scene_camera, y), -10, 10 },
  { "roll", MEMBER_DOUBLE, AT (limn_scene_camera, roll), -36000, 36000 },
  { NULL },
};

static const struct member strength_members[] = {
  FRAME (limn_scene_weight),
  EASE (limn_scene_weight),
  { "strength", MEMBER_DOUBLE, AT (limn_scene_weight, weight), -10, 10 },
  { NULL },
};

static const struct member lora_members[] = {
  { "path", MEMBER_PATH, AT (limn_scene_lora, path) },
  { "strength", MEMBER_DOUBLE, AT (limn_scene_lora, strength), -10, 10 },
  { "strengths", MEMBER_ARRAY, AT (limn_scene_lora, strengths), .members = strength_members,
    .size = sizeof (struct limn_scene_weight), .keyframes = true },
  { NULL },
};

static const struct member control_members[] = {
  { "type", MEMBER_STRING, AT (limn_scene_control, type) },
  { "path", MEMBER_PATH, AT (limn_scene_control, path) },
  { "start", MEMBER_DOUBLE, AT (limn_scene_control, start), 0, 1 },
  { "end", MEMBER_DOUBLE, AT (limn_scene_control, end), 0, 1 },
  { "mode", MEMBER_CHOICE, AT (limn_scene_control, mode), .names = limn_mode_names },
  { "detect", MEMBER_CHOICE, AT (limn_scene_control, detect), .names = detects },
  { "sparse", MEMBER_BOOL, AT (limn_scene_control, sparse) },
  { "film", MEMBER_PATH, AT (limn_scene_control, film) },
  { "images", MEMBER_ARRAY, AT (limn_scene_control, images), .members = image_members,
    .size = sizeof (struct limn_scene_image), .keyframes = true },
  { "poses", MEMBER_ARRAY, AT (limn_scene_control, poses), .members = pose_members,
    .size = sizeof (struct limn_scene_pose), .keyframes = true },
  { "weights", MEMBER_ARRAY, AT (limn_scene_control, weights), .members = weight_members,
    .size = sizeof (struct limn_scene_weight), .keyframes = true },
  { NULL },
};

static const struct member windows_members[] = {
  { "kind", MEMBER_CHOICE, AT (limn_scene, windows_kind), .names = limn_windows_names },
  { "length", MEMBER_INT, AT (limn_scene, windows_length), 1, MAX_FRAMES },
  { "stride", MEMBER_INT, AT (limn_scene, windows_stride), 1, 16 },
  { "overlap", MEMBER_INT, AT (limn_scene, windows_overlap), 0, MAX_FRAMES },
  { NULL },
};

static void init_camera (gpointer item);
static void init_control (gpointer item);
static void init_lora (gpointer item);

static const struct member motion_members[] = {
  { "path", MEMBER_PATH, AT (limn_scene, motion) },
  { "adapter", MEMBER_PATH, AT (limn_scene, adapter) },
  { "adapter_strength", MEMBER_DOUBLE, AT (limn_scene, adapter_strength), -10, 10 },
  { "loras", MEMBER_ARRAY, AT (limn_scene, loras), .members = lora_members,
    .size = sizeof (struct limn_scene_lora), .init = init_lora },
  { NULL },
};

static const struct member scene_members[] = {
  { "project", MEMBER_PATH, AT (limn_scene, project) },
  { "model", MEMBER_PATH, AT (limn_scene, model) },
  { "prompt", MEMBER_STRING, AT (limn_scene, prompt) },
  { "negative", MEMBER_STRING, AT (limn_scene, negative) },
  { "motion", MEMBER_OBJECT, .members = motion_members },
  { "frames", MEMBER_INT, AT (limn_scene, frames), 1, MAX_FRAMES },
  { "fps", MEMBER_DOUBLE, AT (limn_scene, fps), 0.1, 240 },
  { "width", MEMBER_INT, AT (limn_scene, width), 1, LIMN_MAX_SIDE },
  { "height", MEMBER_INT, AT (limn_scene, height), 1, LIMN_MAX_SIDE },
  { "seed", MEMBER_WHOLE, AT (limn_scene, seed) },
  { "steps", MEMBER_INT, AT (limn_scene, steps), 1, MAX_STEPS },
  { "cfg", MEMBER_DOUBLE, AT (limn_scene, cfg), 1, 100 },
  { "cfg_rescale", MEMBER_DOUBLE, AT (limn_scene, cfg_rescale), 0, 1 },
  { "eta", MEMBER_DOUBLE, AT (limn_scene, eta), 0, 1 },
  { "sampler", MEMBER_CHOICE, AT (limn_scene, sampler), .names = limn_sampler_names },
  { "schedule", MEMBER_CHOICE, AT (limn_scene, sigmas), .names = limn_sigmas_names },
  { "source", MEMBER_PATH, AT (limn_scene, source) },
  { "strength", MEMBER_DOUBLE, AT (limn_scene, strength), 0.001, 1 },
  { "noise", MEMBER_CHOICE, AT (limn_scene, noise), .names = limn_animate_noise_names },
  { "windows", MEMBER_OBJECT, .members = windows_members },
  { "prompts", MEMBER_ARRAY, AT (limn_scene, prompts), .members = prompt_members,
    .size = sizeof (struct limn_scene_prompt), .keyframes = true },
  { "controls", MEMBER_ARRAY, AT (limn_scene, controls), .members = control_members,
    .size = sizeof (struct limn_scene_control), .init = init_control },
  { "camera", MEMBER_ARRAY, AT (limn_scene, camera), .members = camera_members,
    .size = sizeof (struct limn_scene_camera), .init = init_camera, .keyframes = true },
  { NULL },
};

static void
init_camera (gpointer item)
{
  ((struct limn_scene_camera *) item)->zoom = 1;
}

static void
init_control (gpointer item)
{
  ((struct limn_scene_control *) item)->end = 1;
}

static void
init_lora (gpointer item)
{
  ((struct limn_scene_lora *) item)->strength = 1;
}

/* --- reading --- */

struct reader {
  limn_json json;
  char *folder; /* that the scene is in */
  GStringChunk *strings;
  char *problem; /* a sentence where json->problem has too few words */
};

static bool read_object (struct reader *reader, const struct member *members, gpointer object);

static bool
read_string (struct reader *reader, const struct member *member, const char **value)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *path = NULL;

  if (!limn_json_string (&reader->json, text))
    return false;
  if (member->kind == MEMBER_PATH && text->len > 0)
    path = g_canonicalize_filename (text->str, reader->folder);
  *value = g_string_chunk_insert (reader->strings, path != NULL ? path : text->str);
  return true;
}

static bool
read_number (struct reader *reader, const struct member *member, double *number)
{
  if (!limn_json_double (&reader->json, number))
    return false;
  if (*number >= member->min && *number <= member->max &&
      (member->kind == MEMBER_DOUBLE || *number == (double) (int) *number))
    return true;
  reader->problem = g_strdup_printf ("\"%s\" is %g, wanted %s from %g to %g", member->key, *number,
                                     member->kind == MEMBER_INT ? "a whole number" : "a number",
                                     member->min, member->max);
  return limn_json_fail (&reader->json, "out of range");
}

static bool
read_choice (struct reader *reader, const struct member *member, int *choice)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *all = NULL;

  if (!limn_json_string (&reader->json, text))
    return false;
  for (*choice = 0; member->names[*choice] != NULL; (*choice)++)
    if (g_str_equal (member->names[*choice], text->str))
      return true;
  all = g_strjoinv (", ", (char **) member->names);
  reader->problem = g_strdup_printf ("\"%s\" is not one of %s", member->key, all);
  return limn_json_fail (&reader->json, "no choice");
}

/* Keyframes begin with their frame. */
static bool
check_order (struct reader *reader, const struct member *member, const GArray *items)
{
  const char *last = items->data + (items->len - 1) * member->size;
  int frame, before;

  if (!member->keyframes || items->len < 2)
    return true;
  memcpy (&frame, last, sizeof frame);
  memcpy (&before, last - member->size, sizeof before);
  if (frame > before)
    return true;
  reader->problem = g_strdup_printf ("\"%s\" has frame %d after frame %d, wanted rising frames",
                                     member->key, frame, before);
  return limn_json_fail (&reader->json, "order");
}

static bool
read_array (struct reader *reader, const struct member *member, GArray **items)
{
  bool first = true;

  if (*items == NULL)
    *items = g_array_new (FALSE, TRUE, (guint) member->size);
  if (!limn_json_expect (&reader->json, '['))
    return false;
  while (limn_json_next (&reader->json, ']', &first)) {
    gpointer item;

    if ((*items)->len == MAX_FRAMES)
      return limn_json_fail (&reader->json, "more than 10000 elements");
    g_array_set_size (*items, (*items)->len + 1);
    item = (*items)->data + ((*items)->len - 1) * member->size;
    if (member->init != NULL)
      member->init (item);
    if (!read_object (reader, member->members, item) || !check_order (reader, member, *items))
      return false;
  }
  return reader->json.problem == NULL;
}

static bool
read_member (struct reader *reader, const struct member *member, gpointer object)
{
  gpointer place = (char *) object + member->offset;
  double number;

  switch (member->kind) {
  case MEMBER_STRING:
  case MEMBER_PATH:
    return read_string (reader, member, place);
  case MEMBER_BOOL:
    return limn_json_bool (&reader->json, place);
  case MEMBER_INT:
    if (!read_number (reader, member, &number))
      return false;
    *(int *) place = (int) number;
    return true;
  case MEMBER_WHOLE:
    return limn_json_natural (&reader->json, place);
  case MEMBER_DOUBLE:
    return read_number (reader, member, place);
  case MEMBER_CHOICE:
    return read_choice (reader, member, place);
  case MEMBER_ARRAY:
    return read_array (reader, member, place);
  default:
    return read_object (reader, member->members, object);
  }
}

/* A key that nobody knows is a failure: it is a mistake in typing, or of a newer Limn. */
static bool
read_object (struct reader *reader, const struct member *members, gpointer object)
{
  g_autoptr (GString) key = g_string_new (NULL);
  bool first = true;

  if (!limn_json_expect (&reader->json, '{'))
    return false;
  while (limn_json_next (&reader->json, '}', &first)) {
    const struct member *member = members;

    if (!limn_json_string (&reader->json, key) || !limn_json_expect (&reader->json, ':'))
      return false;
    while (member->key != NULL && !g_str_equal (member->key, key->str))
      member++;
    if (member->key == NULL) {
      g_autofree char *quoted = limn_file_quote (key->str);

      reader->problem = g_strdup_printf ("%s means nothing here", quoted);
      return limn_json_fail (&reader->json, "unknown key");
    }
    if (!read_member (reader, member, object))
      return false;
  }
  return reader->json.problem == NULL;
}

static bool
check_images (const struct limn_scene_control *control, const char *path, GError **error)
{
  for (guint i = 0; control->images != NULL && i < control->images->len; i++) {
    const struct limn_scene_image *key =
        &g_array_index (control->images, struct limn_scene_image, i);

    if ((key->file != NULL) != (key->layer != NULL))
      continue;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT,
                 "%s: the control \"%s\" needs one of \"file\" and \"layer\" for frame %d", path,
                 control->type, key->frame);
    return false;
  }
  return true;
}

static bool
check_controls (const limn_scene *scene, const char *path, GError **error)
{
  for (guint i = 0; i < scene->controls->len; i++) {
    const struct limn_scene_control *control =
        &g_array_index (scene->controls, struct limn_scene_control, i);
    int sources = (control->film != NULL) + (control->images != NULL) + (control->poses != NULL);

    if (control->type == NULL || *control->type == '\0' || sources != 1) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT, "%s: control %u %s", path, i + 1,
                   sources != 1 ? "needs one of \"images\", \"poses\" and \"film\""
                                : "has no \"type\"");
      return false;
    }
    if (!check_images (control, path, error))
      return false;
  }
  return true;
}

static bool
check_loras (const limn_scene *scene, const char *path, GError **error)
{
  for (guint i = 0; i < scene->loras->len; i++) {
    const char *file = g_array_index (scene->loras, struct limn_scene_lora, i).path;

    if (file != NULL && *file != '\0' && scene->motion != NULL)
      continue;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT, "%s: LoRA %u of \"motion\" has no %s", path,
                 i + 1, scene->motion != NULL ? "\"path\"" : "motion modules to be added to");
    return false;
  }
  return true;
}

static limn_scene *
scene_new (void)
{
  limn_scene *scene = g_new0 (limn_scene, 1);

  scene->strings = g_string_chunk_new (1024);
  scene->loras = g_array_new (FALSE, TRUE, sizeof (struct limn_scene_lora));
  scene->prompts = g_array_new (FALSE, TRUE, sizeof (struct limn_scene_prompt));
  scene->controls = g_array_new (FALSE, TRUE, sizeof (struct limn_scene_control));
  scene->camera = g_array_new (FALSE, TRUE, sizeof (struct limn_scene_camera));
  scene->notes = g_ptr_array_new_with_free_func (g_free);
  scene->frames = 16;
  scene->fps = 8;
  scene->steps = 20;
  scene->cfg = 7;
  scene->seed = -1;
  scene->adapter_strength = 1;
  scene->strength = 0.6;
  scene->windows_overlap = -1;
  return scene;
}

/* What the file says goes over what is in @scene. */
static bool
read_scene (limn_scene *scene, const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autofree char *folder = g_path_get_dirname (whole);
  struct reader reader = { .folder = folder, .strings = scene->strings };
  bool good;

  if (map == NULL)
    return false;
  limn_json_init (&reader.json, g_mapped_file_get_contents (map), g_mapped_file_get_length (map));
  good = read_object (&reader, scene_members, scene) && limn_json_finish (&reader.json);
  if (!good && reader.problem != NULL)
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "%s", reader.problem);
  else if (!good)
    limn_json_set_error (error, path, &reader.json);
  g_free (reader.problem);
  return good;
}

static bool
is_project (const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  return g_str_has_suffix (lower, ".limn") || g_str_has_suffix (lower, ".ora");
}

limn_scene *
limn_scene_load (const char *path, GError **error)
{
  g_autoptr (limn_scene) scene = scene_new ();
  g_autofree char *name = g_filename_display_name (path);

  if (is_project (path))
    return limn_scene_open_project (scene, path, error) ? g_steal_pointer (&scene) : NULL;
  if (!read_scene (scene, path, error))
    return NULL;
  if (scene->project != NULL) {
    /* Again, over what the project says. */
    g_autoptr (limn_scene) base = scene_new ();

    if (!limn_scene_open_project (base, scene->project, error) || !read_scene (base, path, error))
      return NULL;
    limn_scene_free (scene);
    scene = g_steal_pointer (&base);
  }
  return check_controls (scene, name, error) && check_loras (scene, name, error) &&
                 limn_scene_check_layers (scene, path, error)
             ? g_steal_pointer (&scene)
             : NULL;
}

void
limn_scene_free (limn_scene *scene)
{
  if (scene == NULL)
    return;
  for (guint i = 0; i < scene->controls->len; i++) {
    struct limn_scene_control *control =
        &g_array_index (scene->controls, struct limn_scene_control, i);

    g_clear_pointer (&control->images, g_array_unref);
    g_clear_pointer (&control->poses, g_array_unref);
    g_clear_pointer (&control->weights, g_array_unref);
  }
  for (guint i = 0; i < scene->loras->len; i++)
    g_clear_pointer (&g_array_index (scene->loras, struct limn_scene_lora, i).strengths,
                     g_array_unref);
  g_array_unref (scene->loras);
  g_array_unref (scene->prompts);
  g_array_unref (scene->controls);
  g_array_unref (scene->camera);
  g_ptr_array_unref (scene->notes);
  g_clear_object (&scene->document);
  g_string_chunk_free (scene->strings);
  g_free (scene);
}
