/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/records-private.h"

#include <glib/gi18n.h>

/* What comes with Limn. */

const limn_setting limn_style_settings[] = {
  LIMN_SETTING_STYLE_PROMPT,
  LIMN_SETTING_STYLE_NEGATIVE,
  LIMN_N_SETTINGS,
};

const limn_setting limn_preset_settings[] = {
  LIMN_SETTING_MODEL,
  LIMN_SETTING_SAMPLER,
  LIMN_SETTING_SCHEDULE,
  LIMN_SETTING_STEPS,
  LIMN_SETTING_CFG,
  LIMN_SETTING_CFG_RESCALE,
  LIMN_SETTING_ETA,
  LIMN_SETTING_WIDTH,
  LIMN_SETTING_HEIGHT,
  LIMN_SETTING_COUNT,
  LIMN_SETTING_IMAGE_TO_IMAGE,
  LIMN_SETTING_STRENGTH,
  LIMN_SETTING_HIRES,
  LIMN_SETTING_HIRES_STRENGTH,
  LIMN_SETTING_HIRES_STEPS,
  LIMN_SETTING_HIRES_UPSCALE,
  LIMN_SETTING_NEGATIVE,
  LIMN_SETTING_STYLE,
  LIMN_SETTING_STYLE_PROMPT,
  LIMN_SETTING_STYLE_NEGATIVE,
  LIMN_N_SETTINGS,
};

/* The templates are for models, which read English. */
static const struct {
  const char *name, *prompt, *negative;
} styles[] = {
  { N_ ("Photograph"), "photograph of {prompt}, natural light, sharp focus, detailed",
    "drawing, painting, cartoon, render" },
  { N_ ("Oil painting"), "oil painting of {prompt}, visible brush strokes, canvas texture",
    "photograph, render" },
  { N_ ("Watercolour"), "watercolor painting of {prompt}, soft washes, paper texture",
    "photograph, render" },
  { N_ ("Ink drawing"), "ink drawing of {prompt}, black lines on white paper",
    "color, photograph" },
  { N_ ("Pixel art"), "pixel art of {prompt}, limited palette", "blurry, photograph" },
  { N_ ("Emoji"), "{prompt}, emoji, glossy 3d, plain background", "photograph" },
};

void
limn_records_add_styles (GPtrArray *records)
{
  for (gsize i = 0; i < G_N_ELEMENTS (styles); i++) {
    LimnRecord *record = limn_record_new (_ (styles[i].name), false, NULL);

    limn_record_set_value (record, LIMN_SETTING_STYLE_PROMPT,
                           g_variant_new_string (styles[i].prompt));
    limn_record_set_value (record, LIMN_SETTING_STYLE_NEGATIVE,
                           g_variant_new_string (styles[i].negative));
    g_ptr_array_add (records, record);
  }
}

/* Numbers as in limn_settings; a model of NULL is left as it is. */
static const struct {
  const char *name, *model, *sampler;
  int steps;
  double cfg;
} presets[] = {
  { N_ ("Starter, quick"), "", "dpm++2m", 8, 5 },
  { N_ ("Starter, fine"), "", "dpm++2m", 30, 7 },
  { N_ ("Live"), NULL, "dpm++2m", 6, 4 },
};

void
limn_records_add_presets (GPtrArray *records)
{
  for (gsize i = 0; i < G_N_ELEMENTS (presets); i++) {
    LimnRecord *record = limn_record_new (_ (presets[i].name), false, NULL);

    if (presets[i].model != NULL)
      limn_record_set_value (record, LIMN_SETTING_MODEL, g_variant_new_string (presets[i].model));
    limn_record_set_value (record, LIMN_SETTING_SAMPLER, g_variant_new_string (presets[i].sampler));
    limn_record_set_value (record, LIMN_SETTING_SCHEDULE, g_variant_new_string ("default"));
    limn_record_set_value (record, LIMN_SETTING_STEPS, g_variant_new_int32 (presets[i].steps));
    limn_record_set_value (record, LIMN_SETTING_CFG, g_variant_new_double (presets[i].cfg));
    limn_record_set_value (record, LIMN_SETTING_HIRES, g_variant_new_double (1));
    g_ptr_array_add (records, record);
  }
}
