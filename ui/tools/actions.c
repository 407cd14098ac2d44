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

static void
change_brush (gpointer group, float factor, float softness)
{
  LimnStudio *studio = studio_of (group);
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
on_size_up (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  change_brush (group, SIZE_STEP, 0.0f);
}

static void
on_size_down (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  change_brush (group, 1.0f / SIZE_STEP, 0.0f);
}

static void
on_softness_up (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  change_brush (group, 1.0f, SOFTNESS_STEP);
}

static void
on_softness_down (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  change_brush (group, 1.0f, -SOFTNESS_STEP);
}

static void
change_opacity (gpointer group, double change)
{
  LimnStudio *studio = studio_of (group);
  guint32 colour = limn_studio_get_colour (studio);
  double opacity = CLAMP ((colour >> 24) / 255.0 + change, 0.0, 1.0);

  limn_studio_set_colour (studio, (guint32) lround (opacity * 255) << 24 | (colour & 0xffffffu));
}

static void
on_opacity_up (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  change_opacity (group, OPACITY_STEP);
}

static void
on_opacity_down (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  change_opacity (group, -OPACITY_STEP);
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
on_finish (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  limn_toolbox_finish (box_of (group));
}

static void
on_cancel (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  limn_toolbox_cancel (box_of (group));
}

static void
on_take_back (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  limn_toolbox_take_back (box_of (group));
}

static void
on_select_all (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  limn_toolbox_select_all (box_of (group));
}

static void
on_erase (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  limn_toolbox_erase_selection (box_of (group));
}

static void
on_flip_horizontal (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  limn_toolbox_flip_selection (box_of (group), false);
}

static void
on_flip_vertical (GSimpleAction *action, GVariant *parameter, gpointer group)
{
  limn_toolbox_flip_selection (box_of (group), true);
}

static const GActionEntry entries[] = {
  { "choose", on_choose, "s", "'brush'" },
  { "size-up", on_size_up },
  { "size-down", on_size_down },
  { "softness-up", on_softness_up },
  { "softness-down", on_softness_down },
  { "opacity-up", on_opacity_up },
  { "opacity-down", on_opacity_down },
  { "filled", on_filled, NULL, "false" },
  { "swap-colours", on_swap },
  { "default-colours", on_default },
  { "finish", on_finish },
  { "cancel", on_cancel },
  { "take-back", on_take_back },
  { "select-all", on_select_all },
  { "erase-selection", on_erase },
  { "flip-horizontal", on_flip_horizontal },
  { "flip-vertical", on_flip_vertical },
};

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
  bool open = limn_toolbox_is_open (box), selection = limn_toolbox_has_selection (box);

  g_simple_action_set_state (action_of (group, "choose"),
                             g_variant_new_string (limn_tool_names[limn_studio_get_tool (studio)]));
  g_simple_action_set_state (action_of (group, "filled"),
                             g_variant_new_boolean (limn_studio_get_filled (studio)));
  g_simple_action_set_enabled (action_of (group, "finish"), open);
  g_simple_action_set_enabled (action_of (group, "cancel"), open);
  g_simple_action_set_enabled (action_of (group, "take-back"), open);
  g_simple_action_set_enabled (action_of (group, "erase-selection"), selection);
  g_simple_action_set_enabled (action_of (group, "flip-horizontal"), selection);
  g_simple_action_set_enabled (action_of (group, "flip-vertical"), selection);
}

GActionGroup *
limn_tool_actions_new (LimnStudio *studio)
{
  GSimpleActionGroup *group = g_simple_action_group_new ();
  LimnToolbox *box = limn_toolbox_of (studio);

  g_object_set_data_full (G_OBJECT (group), "limn-studio", g_object_ref (studio), g_object_unref);
  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), group);
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
