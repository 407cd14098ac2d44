/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/window-private.h"

#include <string.h>

#include "preferences.h"

#define KEY "brushes"

void
limn_brushes_restore (LimnStudio *studio)
{
  g_autoptr (GVariant) brushes = g_settings_get_value (limn_preferences (), KEY);

  for (int tool = 0; tool < LIMN_N_TOOLS; tool++) {
    struct limn_brush brush = limn_studio_get_brush (studio, (limn_tool_id) tool);
    g_autoptr (GVariant) curve = NULL;
    double size, softness;
    gsize n;
    const guint8 *points;

    if (!g_variant_lookup (brushes, limn_tool_names[tool], "(dd@ay)", &size, &softness, &curve))
      continue;
    points = g_variant_get_fixed_array (curve, &n, 1);
    brush.size = (float) size;
    brush.softness = (float) softness;
    if (n == LIMN_BRUSH_CURVE)
      memcpy (brush.curve, points, n);
    limn_studio_set_brush (studio, (limn_tool_id) tool, &brush);
  }
}

void
limn_brushes_remember (LimnStudio *studio)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{s(dday)}"));
  for (int tool = 0; tool < LIMN_N_TOOLS; tool++) {
    struct limn_brush brush = limn_studio_get_brush (studio, (limn_tool_id) tool);

    g_variant_builder_add (
        &builder, "{s(dd@ay)}", limn_tool_names[tool], (double) brush.size, (double) brush.softness,
        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, brush.curve, LIMN_BRUSH_CURVE, 1));
  }
  g_settings_set_value (limn_preferences (), KEY, g_variant_builder_end (&builder));
}
