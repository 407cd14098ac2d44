/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/model-defaults.h"

#include <string.h>

/* What a kind of model is best drawn with; all that it does not say is as documents begin. */
struct profile {
  const char *sampler;
  int steps;
  double cfg;
};

/* Models that were distilled to few steps say so in their names. */
static const struct {
  const char *word;
  struct profile profile;
} names[] = {
  { "lcm", { "lcm", 6, 1.5 } },
  { "turbo", { "euler-a", 4, 1 } },
  { "lightning", { "euler", 6, 1 } },
};

static const struct profile starter = { "ddim", 20, 7 };
static const struct profile stable_diffusion = { "dpm++2m", 25, 7 };

static const limn_setting settings[] = { LIMN_SETTING_SAMPLER, LIMN_SETTING_STEPS,
                                         LIMN_SETTING_CFG };

static const struct profile *
find_profile (const char *model)
{
  g_autofree char *base = g_path_get_basename (model);
  g_autofree char *lower = g_ascii_strdown (base, -1);

  if (*model == '\0')
    return &starter;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strstr (lower, names[i].word) != NULL)
      return &names[i].profile;
  return &stable_diffusion;
}

static GVariant *
profile_value (const struct profile *profile, limn_setting setting)
{
  if (setting == LIMN_SETTING_SAMPLER)
    return g_variant_ref_sink (g_variant_new_string (profile->sampler));
  if (setting == LIMN_SETTING_STEPS)
    return g_variant_ref_sink (g_variant_new_int32 (profile->steps));
  return g_variant_ref_sink (g_variant_new_double (profile->cfg));
}

void
limn_model_defaults_choose (LimnDocument *document, const char *model)
{
  const struct profile *old = find_profile (limn_document_get_text (document, LIMN_SETTING_MODEL));
  const struct profile *new = find_profile (model);

  if (g_str_equal (limn_document_get_text (document, LIMN_SETTING_MODEL), model))
    return;
  limn_document_begin_group (document);
  limn_document_set_value (document, LIMN_SETTING_MODEL, g_variant_new_string (model), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autoptr (GVariant) first = limn_key_default (&limn_settings[settings[i]]);
    g_autoptr (GVariant) before = profile_value (old, settings[i]);
    g_autoptr (GVariant) wanted = profile_value (new, settings[i]);
    GVariant *now = limn_document_get_value (document, settings[i]);

    if ((g_variant_equal (now, first) || g_variant_equal (now, before)) &&
        !g_variant_equal (now, wanted))
      limn_document_set_value (document, settings[i], wanted, 0);
  }
  limn_document_end_group (document);
}
