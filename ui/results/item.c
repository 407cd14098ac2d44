/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/item.h"

#include <glib/gi18n.h>
#include <string.h>

#include "recipe-text.h"
#include "results/decode.h"

/* Thumbnails that are kept though nobody shows them. */
#define KEPT 300
/* Characters of a prompt in a tooltip, and in the name of a file. */
#define TOOLTIP_LENGTH 240
#define NAME_LENGTH 48

struct _LimnResultItem {
  GObject parent;

  guint32 id;
  GBytes *png;
  char *recipe;
  bool favourite;
  bool parsed;
  char *prompt, *seed; /* once parsed */

  guint holders;
  GdkPaintable *thumbnail;
  int width, height;         /* of the thumbnail that is there or on its way */
  GCancellable *cancellable; /* of what is on its way */
};

G_DEFINE_FINAL_TYPE (LimnResultItem, limn_result_item, G_TYPE_OBJECT)

enum {
  PROP_FAVOURITE = 1,
  PROP_THUMBNAIL,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

/* Items with a thumbnail that nobody holds, the last shown first; borrowed. */
static GQueue kept = G_QUEUE_INIT;

guint32
limn_result_item_get_id (LimnResultItem *item)
{
  return item->id;
}

GBytes *
limn_result_item_get_png (LimnResultItem *item)
{
  return item->png;
}

const char *
limn_result_item_get_recipe (LimnResultItem *item)
{
  return item->recipe;
}

/* The first chunk of a PNG has them at fixed places. */
void
limn_result_item_get_size (LimnResultItem *item, int *width, int *height)
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (item->png, &size);
  guint32 values[2] = { 0, 0 };

  if (size >= 24 && memcmp (bytes, "\x89PNG", 4) == 0)
    memcpy (values, bytes + 16, sizeof values);
  *width = (int) MIN (GUINT32_FROM_BE (values[0]), LIMN_PIXELS_MAX_SIDE);
  *height = (int) MIN (GUINT32_FROM_BE (values[1]), LIMN_PIXELS_MAX_SIDE);
}

bool
limn_result_item_get_favourite (LimnResultItem *item)
{
  return item->favourite;
}

void
limn_result_item_set_favourite (LimnResultItem *item, bool favourite)
{
  if (item->favourite == favourite)
    return;
  item->favourite = favourite;
  g_object_notify_by_pspec (G_OBJECT (item), props[PROP_FAVOURITE]);
}

/* --- words --- */

static void
parse (LimnResultItem *item)
{
  g_autoptr (limn_recipe) recipe = limn_recipe_new ();
  char *prompt;

  if (item->parsed)
    return;
  item->parsed = true;
  limn_recipe_from_text (recipe, item->recipe);
  prompt = g_strdup (recipe->params.prompt != NULL ? recipe->params.prompt : "");
  item->prompt = g_strstrip (g_strdelimit (prompt, "\n\r\t", ' '));
  if (recipe->has_seed)
    item->seed = g_strdup_printf ("%" G_GUINT64_FORMAT, recipe->params.seed);
}

const char *
limn_result_item_get_prompt (LimnResultItem *item)
{
  parse (item);
  return item->prompt;
}

const char *
limn_result_item_get_seed (LimnResultItem *item)
{
  parse (item);
  return item->seed;
}

static char *
shorten (const char *text, glong length)
{
  g_autofree char *start = NULL;

  if (g_utf8_strlen (text, -1) <= length)
    return g_strdup (text);
  start = g_utf8_substring (text, 0, length);
  return g_strconcat (g_strchomp (start), "…", NULL);
}

char *
limn_result_item_describe (LimnResultItem *item)
{
  g_autofree char *prompt = NULL;

  parse (item);
  prompt = shorten (*item->prompt != '\0' ? item->prompt : _ ("No prompt"), TOOLTIP_LENGTH);
  if (item->seed == NULL)
    return g_steal_pointer (&prompt);
  return g_strdup_printf (_ ("%s\nSeed %s"), prompt, item->seed);
}

char *
limn_result_item_file_name (LimnResultItem *item)
{
  g_autoptr (GString) name = g_string_new (NULL);

  parse (item);
  for (const char *at = item->prompt; *at != '\0' && g_utf8_strlen (name->str, -1) < NAME_LENGTH;
       at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (g_unichar_isalnum (c) || g_unichar_ismark (c))
      g_string_append_unichar (name, c);
    else if (name->len > 0 && name->str[name->len - 1] != '-')
      g_string_append_c (name, '-');
  }
  while (name->len > 0 && name->str[name->len - 1] == '-')
    g_string_truncate (name, name->len - 1);
  if (name->len == 0)
    g_string_append (name, "limn");
  if (item->seed != NULL)
    g_string_append_printf (name, "-%s", item->seed);
  return g_strconcat (name->str, ".png", NULL);
}

/* --- thumbnail --- */

static void
set_thumbnail (LimnResultItem *item, GdkPaintable *thumbnail)
{
  if (g_set_object (&item->thumbnail, thumbnail))
    g_object_notify_by_pspec (G_OBJECT (item), props[PROP_THUMBNAIL]);
}

/* Without this, a drawing with thousands of results would fill the memory as one scrolls. */
static void
keep (LimnResultItem *item)
{
  g_queue_push_head (&kept, item);
  while (kept.length > KEPT) {
    LimnResultItem *oldest = g_queue_pop_tail (&kept);

    oldest->width = oldest->height = 0;
    set_thumbnail (oldest, NULL);
  }
}

static void
on_decoded (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnResultItem) item = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = limn_decode_finish (result, &error);

  if (g_task_get_cancellable (G_TASK (result)) != item->cancellable)
    return;
  g_clear_object (&item->cancellable);
  /* What cannot be decoded keeps its empty frame. */
  if (texture != NULL)
    set_thumbnail (item, GDK_PAINTABLE (texture));
}

void
limn_result_item_hold (LimnResultItem *item, int width, int height)
{
  item->holders++;
  g_queue_remove (&kept, item);
  if (item->width == width && item->height == height)
    return;
  item->width = width;
  item->height = height;
  g_cancellable_cancel (item->cancellable);
  g_clear_object (&item->cancellable);
  item->cancellable = g_cancellable_new ();
  limn_decode (item->png, LIMN_DECODED_TEXTURE, width, height, item->cancellable, on_decoded,
               g_object_ref (item));
}

void
limn_result_item_release (LimnResultItem *item)
{
  g_assert (item->holders > 0);
  if (--item->holders > 0)
    return;
  if (item->cancellable != NULL) {
    g_cancellable_cancel (item->cancellable);
    g_clear_object (&item->cancellable);
    item->width = item->height = 0;
  }
  if (item->thumbnail != NULL)
    keep (item);
}

/* --- GObject --- */

static void
limn_result_item_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnResultItem *self = LIMN_RESULT_ITEM (object);

  switch (prop) {
  case PROP_FAVOURITE:
    g_value_set_boolean (value, self->favourite);
    break;
  case PROP_THUMBNAIL:
    g_value_set_object (value, self->thumbnail);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_result_item_finalize (GObject *object)
{
  LimnResultItem *self = LIMN_RESULT_ITEM (object);

  g_queue_remove (&kept, self);
  g_clear_object (&self->thumbnail);
  g_bytes_unref (self->png);
  g_free (self->recipe);
  g_free (self->prompt);
  g_free (self->seed);
  G_OBJECT_CLASS (limn_result_item_parent_class)->finalize (object);
}

static void
limn_result_item_class_init (LimnResultItemClass *class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_result_item_get_property;
  object_class->finalize = limn_result_item_finalize;
  props[PROP_FAVOURITE] = g_param_spec_boolean ("favourite", NULL, NULL, FALSE, flags);
  props[PROP_THUMBNAIL] = g_param_spec_object ("thumbnail", NULL, NULL, GDK_TYPE_PAINTABLE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
limn_result_item_init (LimnResultItem *self)
{
}

LimnResultItem *
limn_result_item_new (const limn_result *result)
{
  LimnResultItem *item = g_object_new (LIMN_TYPE_RESULT_ITEM, NULL);

  item->id = result->id;
  item->png = g_bytes_ref (result->png);
  item->recipe = g_strdup (result->recipe);
  item->favourite = result->favourite;
  return item;
}
