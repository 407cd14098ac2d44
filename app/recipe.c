/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe.h"

/* The names under which A1111 knows the same solvers. */
static const char *const a1111_samplers[LIMN_N_SAMPLERS] = {
  [LIMN_SAMPLER_DDIM] = "DDIM",
  [LIMN_SAMPLER_EULER] = "Euler",
  [LIMN_SAMPLER_DPMPP_2M] = "DPM++ 2M Karras",
};

static void
append_controls (GString *text, const struct limn_generate_params *params)
{
  for (gsize i = 0; i < params->n_controls; i++) {
    const struct limn_control *control = &params->controls[i];

    g_string_append_printf (text,
                            ", ControlNet %" G_GSIZE_FORMAT ": \"Module: none, Model: %s, "
                            "Weight: %g, Guidance Start: %g, Guidance End: %g\"",
                            i, control->type, (double) control->weight, (double) control->start,
                            (double) control->end);
  }
}

char *
limn_recipe_a1111 (const struct limn_generate_params *params, const char *model)
{
  GString *text = g_string_new (params->prompt);

  if (params->negative != NULL && *params->negative != '\0')
    g_string_append_printf (text, "\nNegative prompt: %s", params->negative);
  g_string_append_printf (text,
                          "\nSteps: %d, Sampler: %s, CFG scale: %g, Seed: %" G_GUINT64_FORMAT
                          ", Size: %dx%d, Model: %s",
                          params->steps, a1111_samplers[params->sampler], (double) params->cfg,
                          params->seed, params->width, params->height, model);
  append_controls (text, params);
  g_string_append (text, ", Version: Limn " LIMN_VERSION);
  return g_string_free (text, FALSE);
}
