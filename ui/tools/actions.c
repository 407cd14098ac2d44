/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/actions.h"

#include <glib/gi18n.h>
#include <math.h>

#include "tools/toolbox.h"

const struct limn_shortcut limn_tool_shortcuts[] = {
  { "tool.choose::brush", "b", N_ ("Brush"), N_ ("Tools") },
  { "tool.choose::eraser", "e", N_ ("Eraser"), N_ ("Tools") },
  { "tool.choose::line", "v", N_ ("Line"), N_ ("Tools") },
  { "tool.choose::rectangle", "r", N_ ("Rectangle"), N_ ("Tools") },
  { "tool.choose::ellipse", "o", N_ ("Ellipse"), N_ ("Tools") },
  { "tool.choose::polygon", "y", N_ ("Polygon"), N_ ("Tools") },
  { "tool.choose::bucket", "g", N_ ("Bucket Fill"), N_ ("Tools") },
  { "tool.choose::lasso", "l", N_ ("Lasso"), N_ ("Tools") },
  { "tool.choose::picker", "i", N_ ("Colour Picker"), N_ ("Tools") },
  { "tool.size-down", "bracketleft", N_ ("Smaller Brush"), N_ ("Tools") },
  { "tool.size-up", "bracketright", N_ ("Larger Brush"), N_ ("Tools") },
  { "tool.softness-down", "braceleft", N_ ("Harder Brush"), N_ ("Tools") },
  { "tool.softness-up", "braceright", N_ ("Softer Brush"), N_ ("Tools") },
  { "tool.opacity-down", "<Alt>bracketleft", N_ ("More Transparent"), N_ ("Tools") },
  { "tool.opacity-up", "<Alt>bracketright", N_ ("More Opaque"), N_ ("Tools") },
  { "tool.filled", "<Shift>f", N_ ("Fill Shapes"), N_ ("Tools") },
  { "tool.swap-colours", "x", N_ ("Swap Colours"), N_ ("Tools") },
  { "tool.default-colours", "d", N_ ("Black and White"), N_ ("Tools") },
  { NULL },
};

const struct limn_shortcut limn_tool_canvas_keys[] = {
  { "tool.finish", "Return", N_ ("Close the Polygon, Apply the Selection"), N_ ("Tools") },
  { "tool.cancel", "Escape", N_ ("Cancel"), N_ ("Tools") },
  { "tool.take-back", "BackSpace", N_ ("Take Back the Last Corner"), N_ ("Tools") },
  { "tool.select-all", "<Control>a", N_ ("Select All of the Layer"), N_ ("Tools") },
  { "tool.erase-selection", "Delete", N_ ("Erase the Selection"), N_ ("Tools") },
  { "tool.flip-horizontal", "<Shift>h", N_ ("Flip the Selection Horizontally"), N_ ("Tools") },
  { "tool.flip-vertical", "<Shift>v", N_ ("Flip the Selection Vertically"), N_ ("Tools") },
  { NULL },
};

/* A step of the size, and its least in pixels; of the softness, of the opacity. */
#define SIZE_STEP 1.15f
#define LEAST_STEP 0.5f
#define SOFTNESS_STEP 0.1f
#define OPACITY_STEP 0.1

static LimnStudio *
studio_of (gpointer group)
{
  return g_object_get_data (G_OBJECT (group), "limn-studio");
}

static LimnToolbox *
box_of (gpointer group)
{
  return limn_toolbox_of (studio_of (group));
}

static void
on_choose (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  int tool = limn_choice_find (limn_tool_names, g_variant_get_string (parameter, NULL));

  if (tool >= 0)
    limn_studio_set_tool (studio_of (group), (limn_tool_id) tool);
}

static const struct {
  const char *name;
  float factor, softness; /* of the brush */
  double opacity;         /* of the colour */
} steps[] = {
  { "size-up", SIZE_STEP, 0, 0 },         { "size-down", 1.0f / SIZE_STEP, 0, 0 },
  { "softness-up", 1, SOFTNESS_STEP, 0 }, { "softness-down", 1, -SOFTNESS_STEP, 0 },
  { "opacity-up", 1, 0, OPACITY_STEP },   { "opacity-down", 1, 0, -OPACITY_STEP },
};

static void
change_brush (LimnStudio *studio, float factor, float softness)
{
  limn_tool_id tool = limn_studio_get_tool (studio);
  struct limn_brush brush = limn_studio_get_brush (studio, tool);

  if (factor > 1.0f)
    brush.size = MAX (brush.size * factor, brush.size + LEAST_STEP);
  else if (factor < 1.0f)
    brush.size = MIN (brush.size * factor, brush.size - LEAST_STEP);
  brush.softness += softness;
  limn_studio_set_brush (studio, tool, &brush);
}

static void
change_opacity (LimnStudio *studio, double change)
{
  guint32 colour = limn_studio_get_colour (studio);
  double opacity = CLAMP ((colour >> 24) / 255.0 + change, 0.0, 1.0);

  limn_studio_set_colour (studio, (guint32) lround (opacity * 255) << 24 | (colour & 0xffffffu));
}

static void
on_step (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  const char *name = g_action_get_name (G_ACTION (action));

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    if (!g_str_equal (steps[i].name, name))
      continue;
    if (steps[i].opacity != 0)
      change_opacity (studio_of (group), steps[i].opacity);
    else
      change_brush (studio_of (group), steps[i].factor, steps[i].softness);
  }
}

static void
on_filled (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  LimnStudio *studio = studio_of (group);

  limn_studio_set_filled (studio, !limn_studio_get_filled (studio));
}

static void
on_swap (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  LimnStudio *studio = studio_of (group);
  LimnToolbox *box = box_of (group);
  guint32 colour = limn_studio_get_colour (studio);

  limn_studio_set_colour (studio, limn_toolbox_get_background (box));
  limn_toolbox_set_background (box, colour);
}

static void
on_default (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  limn_studio_set_colour (studio_of (group), 0xff000000u);
  limn_toolbox_set_background (box_of (group), 0xffffffffu);
}

static void
flip_horizontal (LimnToolbox *box)
{
  limn_toolbox_flip_selection (box, false);
}

static void
flip_vertical (LimnToolbox *box)
{
  limn_toolbox_flip_selection (box, true);
}

static void
take_back (LimnToolbox *box)
{
  limn_toolbox_take_back (box);
}

enum needs {
  NOTHING,
  SOMETHING_OPEN, /* a polygon or a selection */
  A_SELECTION,
};

/* What the toolbox does as it is. */
static const struct {
  const char *name;
  void (*run) (LimnToolbox *box);
  enum needs needs;
} deeds[] = {
  { "finish", limn_toolbox_finish, SOMETHING_OPEN },
  { "cancel", limn_toolbox_cancel, SOMETHING_OPEN },
  { "take-back", take_back, SOMETHING_OPEN },
  { "select-all", limn_toolbox_select_all, NOTHING },
  { "erase-selection", limn_toolbox_erase_selection, A_SELECTION },
  { "flip-horizontal", flip_horizontal, A_SELECTION },
  { "flip-vertical", flip_vertical, A_SELECTION },
};

static void
on_deed (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  const char *name = g_action_get_name (G_ACTION (action));

  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    if (g_str_equal (deeds[i].name, name))
      deeds[i].run (box_of (group));
}

static const GActionEntry entries[] = {
  { "choose", on_choose, "s", "'brush'" },
  { "filled", on_filled, NULL, "false" },
  { "swap-colours", on_swap },
  { "default-colours", on_default },
};

static void
add_entries (GActionMap *group)
{
  g_action_map_add_action_entries (group, entries, G_N_ELEMENTS (entries), group);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    g_action_map_add_action_entries (
        group, &(const GActionEntry){ .name = steps[i].name, .activate = on_step }, 1, group);
  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    g_action_map_add_action_entries (
        group, &(const GActionEntry){ .name = deeds[i].name, .activate = on_deed }, 1, group);
}

static GSimpleAction *
action_of (GActionMap *group, const char *name)
{
  return G_SIMPLE_ACTION (g_action_map_lookup_action (group, name));
}

/* The state of the actions follows the studio, whoever changes it. */
static void
follow (GActionMap *group)
{
  LimnStudio *studio = studio_of (group);
  LimnToolbox *box = box_of (group);
  const bool met[] = { [NOTHING] = true,
                       [SOMETHING_OPEN] = limn_toolbox_is_open (box),
                       [A_SELECTION] = limn_toolbox_has_selection (box) };

  g_simple_action_set_state (action_of (group, "choose"),
                             g_variant_new_string (limn_tool_names[limn_studio_get_tool (studio)]));
  g_simple_action_set_state (action_of (group, "filled"),
                             g_variant_new_boolean (limn_studio_get_filled (studio)));
  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    g_simple_action_set_enabled (action_of (group, deeds[i].name), met[deeds[i].needs]);
}

GActionGroup *
limn_tool_actions_new (LimnStudio *studio)
{
  GSimpleActionGroup *group = g_simple_action_group_new ();
  LimnToolbox *box = limn_toolbox_of (studio);

  g_object_set_data_full (G_OBJECT (group), "limn-studio", g_object_ref (studio), g_object_unref);
  add_entries (G_ACTION_MAP (group));
  g_signal_connect_object (studio, "notify::tool", G_CALLBACK (follow), group, G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "notify::filled", G_CALLBACK (follow), group, G_CONNECT_SWAPPED);
  g_signal_connect_object (box, "notify::open", G_CALLBACK (follow), group, G_CONNECT_SWAPPED);
  g_signal_connect_object (box, "notify::selection", G_CALLBACK (follow), group, G_CONNECT_SWAPPED);
  follow (G_ACTION_MAP (group));
  return G_ACTION_GROUP (group);
}

bool
limn_tool_take_back (LimnStudio *studio)
{
  return limn_toolbox_take_back (limn_toolbox_of (studio));
}
