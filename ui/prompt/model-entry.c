/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/models-private.h"

struct _LimnModelEntry {
  GObject parent;

  struct limn_found_model *found;
};

G_DEFINE_FINAL_TYPE (LimnModelEntry, limn_model_entry, G_TYPE_OBJECT)

enum {
  PROP_MODEL = 1,
  PROP_NAME,
  PROP_FAMILY,
  PROP_PROBLEM,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

const char *
limn_model_entry_get_model (LimnModelEntry *self)
{
  return self->found->model;
}

const char *
limn_model_entry_get_name (LimnModelEntry *self)
{
  return self->found->name;
}

const char *
limn_model_entry_get_family (LimnModelEntry *self)
{
  return self->found->family;
}

const char *
limn_model_entry_get_problem (LimnModelEntry *self)
{
  return self->found->problem;
}

const char *const *
limn_model_entry_get_controls (LimnModelEntry *self)
{
  return (const char *const *) self->found->controls;
}

bool
limn_model_entry_is (LimnModelEntry *self, const struct limn_found_model *found)
{
  return g_str_equal (self->found->model, found->model) &&
         g_str_equal (self->found->name, found->name) &&
         g_strcmp0 (self->found->family, found->family) == 0 &&
         g_strcmp0 (self->found->problem, found->problem) == 0 &&
         g_strv_equal ((const char *const *) self->found->controls,
                       (const char *const *) found->controls);
}

static void
limn_model_entry_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnModelEntry *self = LIMN_MODEL_ENTRY (object);
  const struct limn_found_model *found = self->found;
  const char *const texts[] = { [PROP_MODEL] = found->model,
                                [PROP_NAME] = found->name,
                                [PROP_FAMILY] = found->family,
                                [PROP_PROBLEM] = found->problem };

  if (prop > 0 && prop < G_N_ELEMENTS (texts))
    g_value_set_string (value, texts[prop]);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_model_entry_finalize (GObject *object)
{
  limn_found_model_free (LIMN_MODEL_ENTRY (object)->found);
  G_OBJECT_CLASS (limn_model_entry_parent_class)->finalize (object);
}

static void
limn_model_entry_class_init (LimnModelEntryClass *class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_model_entry_get_property;
  object_class->finalize = limn_model_entry_finalize;
  props[PROP_MODEL] = g_param_spec_string ("model", NULL, NULL, NULL, flags);
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  props[PROP_FAMILY] = g_param_spec_string ("family", NULL, NULL, NULL, flags);
  props[PROP_PROBLEM] = g_param_spec_string ("problem", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
limn_model_entry_init (LimnModelEntry *self)
{
}

LimnModelEntry *
limn_model_entry_new (const struct limn_found_model *found)
{
  LimnModelEntry *entry = g_object_new (LIMN_TYPE_MODEL_ENTRY, NULL);

  entry->found = limn_found_model_copy (found);
  return entry;
}
