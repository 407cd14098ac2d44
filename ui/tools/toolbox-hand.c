/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/lasso.h"
#include "tools/toolbox-private.h"

/* What the hand does with the tools: pen, keys, and what goes by actions alone. */

limn_tool_id
limn_toolbox_get_tool (LimnToolbox *box)
{
  if (box->pressed)
    return box->pressed_tool;
  if ((box->modifiers & GDK_CONTROL_MASK) != 0 &&
      (box->tool == LIMN_TOOL_BRUSH || box->tool == LIMN_TOOL_BUCKET))
    return LIMN_TOOL_PICKER;
  return box->tool;
}

limn_tool_id
limn_toolbox_get_pressed_tool (LimnToolbox *box)
{
  return box->pressed_tool;
}

static void
remember (LimnToolbox *box, const struct limn_tool_event *event)
{
  box->last = *event;
  box->has_pointer = true;
  box->modifiers = event->modifiers;
}

/* What the old tool or layer has under way is brought to its end there. An outline that is closed
 * becomes a selection, which is another thing to finish. */
void
limn_toolbox_end_all (LimnToolbox *box)
{
  limn_toolbox_finish (box);
  limn_toolbox_finish (box);
}

void
limn_toolbox_press (LimnToolbox *box, const struct limn_tool_event *event, bool eraser)
{
  limn_tool_id tool;

  if (box->pressed || box->document == NULL)
    return;
  remember (box, event);
  tool = eraser ? LIMN_TOOL_ERASER : limn_toolbox_get_tool (box);
  if (tool != box->tool)
    limn_toolbox_end_all (box);
  box->pressed_tool = tool;
  box->pressed = limn_tools[tool]->press (box, box->states[tool], event);
  limn_toolbox_update (box);
}

void
limn_toolbox_motion (LimnToolbox *box, const struct limn_tool_event *events, gsize n)
{
  const struct limn_tool *tool = limn_tools[box->pressed_tool];

  if (n == 0 || !box->pressed)
    return;
  remember (box, &events[n - 1]);
  if (tool->motion != NULL)
    tool->motion (box, box->states[box->pressed_tool], events, n);
  limn_toolbox_redraw (box);
}

void
limn_toolbox_release (LimnToolbox *box, const struct limn_tool_event *event)
{
  const struct limn_tool *tool = limn_tools[box->pressed_tool];

  if (!box->pressed)
    return;
  remember (box, event);
  if (tool->release != NULL)
    tool->release (box, box->states[box->pressed_tool], event);
  box->pressed = false;
  limn_toolbox_update (box);
}

void
limn_toolbox_hover (LimnToolbox *box, const struct limn_tool_event *event)
{
  limn_tool_id tool;

  if (box->pressed)
    return;
  box->has_pointer = event != NULL;
  if (event != NULL) {
    remember (box, event);
    tool = limn_toolbox_get_tool (box);
    if (limn_tools[tool]->hover != NULL)
      limn_tools[tool]->hover (box, box->states[tool], event);
  }
  limn_toolbox_redraw (box);
}

void
limn_toolbox_set_modifiers (LimnToolbox *box, GdkModifierType modifiers)
{
  if (box->modifiers == modifiers)
    return;
  box->modifiers = modifiers;
  limn_toolbox_redraw (box);
}

void
limn_toolbox_abort (LimnToolbox *box)
{
  const struct limn_tool *tool = limn_tools[box->pressed_tool];

  if (!box->pressed)
    return;
  box->pressed = false;
  if (tool->abort != NULL)
    tool->abort (box, box->states[box->pressed_tool]);
  else if (tool->cancel != NULL)
    tool->cancel (box, box->states[box->pressed_tool]);
  limn_toolbox_update (box);
}

void
limn_toolbox_cancel (LimnToolbox *box)
{
  limn_toolbox_abort (box);
  if (limn_toolbox_tool_is_open (box, box->tool))
    limn_tools[box->tool]->cancel (box, box->states[box->tool]);
  limn_toolbox_update (box);
}

void
limn_toolbox_finish (LimnToolbox *box)
{
  if (box->pressed)
    limn_toolbox_release (box, &box->last);
  if (limn_toolbox_tool_is_open (box, box->tool))
    limn_tools[box->tool]->finish (box, box->states[box->tool]);
  limn_toolbox_update (box);
}

bool
limn_toolbox_take_back (LimnToolbox *box)
{
  if (box->pressed)
    limn_toolbox_abort (box);
  else if (limn_toolbox_tool_is_open (box, box->tool))
    limn_tools[box->tool]->take_back (box, box->states[box->tool]);
  else
    return false;
  limn_toolbox_update (box);
  return true;
}

bool
limn_toolbox_key (LimnToolbox *box, guint keyval, GdkModifierType modifiers)
{
  limn_tool_id tool = box->pressed ? box->pressed_tool : box->tool;
  bool under_way = box->pressed || limn_toolbox_tool_is_open (box, tool);
  bool done = false;

  if (under_way && keyval == GDK_KEY_Escape) {
    limn_toolbox_cancel (box);
    return true;
  }
  if (!box->pressed && under_way && (keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter)) {
    limn_toolbox_finish (box);
    return true;
  }
  if (!box->pressed && under_way && keyval == GDK_KEY_BackSpace)
    return limn_toolbox_take_back (box);
  if (!box->pressed && keyval == GDK_KEY_a && modifiers == GDK_CONTROL_MASK) {
    limn_toolbox_select_all (box);
    return true;
  }
  if (!box->pressed && limn_tools[tool]->key != NULL)
    done = limn_tools[tool]->key (box, box->states[tool], keyval, modifiers);
  if (done)
    limn_toolbox_update (box);
  return done;
}

/* --- the selection --- */

void
limn_toolbox_select_all (LimnToolbox *box)
{
  limn_toolbox_end_all (box);
  limn_studio_set_tool (box->studio, LIMN_TOOL_LASSO);
  limn_lasso_select_all (box, box->states[LIMN_TOOL_LASSO]);
  limn_toolbox_update (box);
}

void
limn_toolbox_erase_selection (LimnToolbox *box)
{
  limn_lasso_erase (box, box->states[LIMN_TOOL_LASSO]);
  limn_toolbox_update (box);
}

void
limn_toolbox_flip_selection (LimnToolbox *box, bool vertical)
{
  limn_lasso_flip (box, box->states[LIMN_TOOL_LASSO], vertical);
  limn_toolbox_update (box);
}
