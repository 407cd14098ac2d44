/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/records-private.h"

struct _LimnRecord {
  GObject parent;

  char *name;
  bool own;
  GVariant *values[LIMN_N_SETTINGS];
};

G_DEFINE_FINAL_TYPE (LimnRecord, limn_record, G_TYPE_OBJECT)

enum {
  PROP_NAME = 1,
};

const char *
limn_record_get_name (LimnRecord *self)
{
  return self->name;
}

bool
limn_record_is_own (LimnRecord *self)
{
  return self->own;
}

GVariant *
limn_record_get_value (LimnRecord *self, limn_setting setting)
{
  return self->values[setting];
}

const char *
limn_record_get_text (LimnRecord *self, limn_setting setting)
{
  GVariant *value = self->values[setting];

  return value != NULL ? g_variant_get_string (value, NULL) : NULL;
}

void
limn_record_set_value (LimnRecord *self, limn_setting setting, GVariant *value)
{
  g_clear_pointer (&self->values[setting], g_variant_unref);
  self->values[setting] = g_variant_ref_sink (value);
}

void
limn_record_apply (LimnRecord *self, LimnDocument *document)
{
  limn_document_begin_group (document);
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    if (self->values[i] != NULL &&
        !g_variant_equal (self->values[i], limn_document_get_value (document, (limn_setting) i)))
      limn_document_set_value (document, (limn_setting) i, self->values[i], 0);
  limn_document_end_group (document);
}

bool
limn_record_fits (LimnRecord *self, LimnDocument *document)
{
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    if (self->values[i] != NULL &&
        !g_variant_equal (self->values[i], limn_document_get_value (document, (limn_setting) i)))
      return false;
  return true;
}

static void
limn_record_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  if (prop == PROP_NAME)
    g_value_set_string (value, LIMN_RECORD (object)->name);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_record_finalize (GObject *object)
{
  LimnRecord *self = LIMN_RECORD (object);

  g_free (self->name);
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    g_clear_pointer (&self->values[i], g_variant_unref);
  G_OBJECT_CLASS (limn_record_parent_class)->finalize (object);
}

static void
limn_record_class_init (LimnRecordClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_record_get_property;
  object_class->finalize = limn_record_finalize;
  g_object_class_install_property (
      object_class, PROP_NAME,
      g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
limn_record_init (LimnRecord *self)
{
}

LimnRecord *
limn_record_new (const char *name, bool own, GVariant *const *values)
{
  LimnRecord *record = g_object_new (LIMN_TYPE_RECORD, NULL);

  record->name = g_strdup (name);
  record->own = own;
  for (int i = 0; values != NULL && i < LIMN_N_SETTINGS; i++)
    record->values[i] = values[i] != NULL ? g_variant_ref_sink (values[i]) : NULL;
  return record;
}
