/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "hand.h"
#include "tools/actions.h"

/* The lasso, and what all tools do where they cannot draw or the ground is pulled from under them:
 * no display. */

#define INK 0xff3366ccu

/* A block of 40 x 40 at 60, 60 and the lasso drawn around it, at the edge to the bit. */
static void
begin_selected (struct hand *hand)
{
  hand_begin (hand);
  hand_fill (hand, 60, 60, 40, 40, INK);
  hand_fill (hand, 60, 60, 10, 10, 0xffff0000u);
  limn_studio_set_tool (hand->studio, LIMN_TOOL_LASSO);
  hand_press (hand, 60, 60);
  hand_move (hand, 100, 60);
  hand_move (hand, 100, 100);
  hand_move (hand, 60, 100);
  hand_lift (hand, 60, 100);
  g_assert_true (limn_toolbox_has_selection (hand->box));
  g_assert_true (limn_studio_get_drawing (hand->studio));
  g_assert_null (hand->shown);
}

/* Applies; what was shown before is what there is now, and again after undo and redo, which draws
 * it. */
static void
apply (struct hand *hand)
{
  cairo_surface_t *shown = cairo_surface_reference (hand->shown);
  cairo_surface_t *before = hand_copy (hand);

  g_assert_true (hand_key (hand, GDK_KEY_Return));
  g_assert_false (limn_toolbox_is_open (hand->box));
  g_assert_null (hand->shown);
  g_assert_cmpint (hand_last_op (hand)->kind, ==, LIMN_OP_TRANSFORM);
  g_assert_cmpint (hand_difference (shown, hand_layer (hand)->pixels), ==, 0);
  g_assert_true (limn_document_undo (hand->document));
  g_assert_cmpint (hand_difference (before, hand_layer (hand)->pixels), ==, 0);
  g_assert_true (limn_document_redo (hand->document));
  g_assert_cmpint (hand_difference (shown, hand_layer (hand)->pixels), ==, 0);
  cairo_surface_destroy (before);
  cairo_surface_destroy (shown);
}

static void
test_move (void)
{
  struct hand hand;
  cairo_surface_t *before;

  begin_selected (&hand);
  before = hand_copy (&hand);
  hand_drag (&hand, 80, 80, 100.3, 69.8);
  g_assert_cmphex (hand_pixel (&hand, 61, 99), ==, INK);
  apply (&hand);
  /* By whole pixels, so that every pixel is the same. */
  g_assert_cmphex (hand_pixel (&hand, 80, 50), ==, 0xffff0000u);
  g_assert_cmphex (hand_pixel (&hand, 119, 89), ==, INK);
  g_assert_cmphex (hand_pixel (&hand, 120, 89), ==, 0);
  g_assert_cmphex (hand_pixel (&hand, 61, 99), ==, 0);
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 3);
  g_assert_true (limn_document_undo (hand.document));
  g_assert_cmpint (hand_difference (before, hand_layer (&hand)->pixels), ==, 0);
  cairo_surface_destroy (before);
  hand_end (&hand);
}

/* The pointer takes the middle of a handle with it. */
static void
test_scale (void)
{
  struct hand hand;

  begin_selected (&hand);
  hand_drag (&hand, 100, 100, 140, 180);
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 75, 85), ==, 0xffff0000u);
  g_assert_cmphex (hand_pixel (&hand, 135, 175), ==, INK);
  g_assert_cmphex (hand_pixel (&hand, 145, 100), ==, 0);
  hand_end (&hand);

  /* With shift in proportion, with ctrl about the middle, past the middle mirrored. */
  begin_selected (&hand);
  hand.modifiers = GDK_SHIFT_MASK;
  hand_drag (&hand, 100, 100, 140, 105);
  hand.modifiers = 0;
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 130, 130), ==, INK);
  hand_end (&hand);

  begin_selected (&hand);
  hand.modifiers = GDK_CONTROL_MASK;
  hand_drag (&hand, 60, 80, 40, 80);
  hand.modifiers = 0;
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 45, 90), ==, INK);
  g_assert_cmphex (hand_pixel (&hand, 115, 90), ==, INK);
  g_assert_cmphex (hand_pixel (&hand, 80, 105), ==, 0);
  hand_end (&hand);

  begin_selected (&hand);
  hand_drag (&hand, 60, 80, 140, 80);
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 135, 62), ==, 0xffff0000u);
  g_assert_cmphex (hand_pixel (&hand, 80, 80), ==, 0);
  hand_end (&hand);
}

static void
test_rotate (void)
{
  struct hand hand;

  begin_selected (&hand);
  /* The handle stands 26 of the view's pixels off: 13 of the document's. */
  hand.modifiers = GDK_SHIFT_MASK;
  hand_drag (&hand, 80, 47, 118, 79);
  hand.modifiers = 0;
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 95, 65), ==, 0xffff0000u);
  g_assert_cmphex (hand_pixel (&hand, 65, 65), ==, INK);
  hand_end (&hand);

  /* And what is turned is scaled along its own edges: its corner goes where the pointer does. */
  begin_selected (&hand);
  hand_drag (&hand, 80, 47, 80 + 33 * sin (G_PI / 4), 80 - 33 * cos (G_PI / 4));
  hand_drag (&hand, 80, 80 + sqrt (800), 60, 150);
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 64, 140), ==, INK);
  hand_end (&hand);
}

static void
test_steps (void)
{
  struct hand hand;
  cairo_surface_t *before;

  begin_selected (&hand);
  before = hand_copy (&hand);
  g_assert_true (hand_key (&hand, GDK_KEY_Right));
  hand.modifiers = GDK_SHIFT_MASK;
  g_assert_true (hand_key (&hand, GDK_KEY_Down));
  g_assert_true (hand_key (&hand, GDK_KEY_H));
  hand.modifiers = 0;
  g_assert_true (limn_tool_take_back (hand.studio));
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 61, 70), ==, 0xffff0000u);
  g_assert_cmphex (hand_pixel (&hand, 100, 109), ==, INK);
  g_assert_cmphex (hand_pixel (&hand, 60, 75), ==, 0);
  limn_document_undo (hand.document);
  hand_end (&hand);
  cairo_surface_destroy (before);

  begin_selected (&hand);
  limn_toolbox_flip_selection (hand.box, false);
  limn_toolbox_flip_selection (hand.box, true);
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 95, 95), ==, 0xffff0000u);
  g_assert_cmphex (hand_pixel (&hand, 62, 62), ==, INK);
  hand_end (&hand);
}

static void
test_ends (void)
{
  struct hand hand;
  cairo_surface_t *before;

  /* Escape: nothing has happened. */
  begin_selected (&hand);
  before = hand_copy (&hand);
  hand_drag (&hand, 80, 80, 120, 120);
  g_assert_nonnull (hand.shown);
  g_assert_true (hand_key (&hand, GDK_KEY_Escape));
  g_assert_cmpint (hand_difference (before, hand_layer (&hand)->pixels), ==, 0);
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 2);
  hand_end (&hand);

  /* Enter without a change: nothing either. */
  begin_selected (&hand);
  g_assert_true (hand_key (&hand, GDK_KEY_Return));
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 2);
  hand_end (&hand);

  /* Delete. */
  begin_selected (&hand);
  g_assert_true (hand_key (&hand, GDK_KEY_Delete));
  g_assert_cmphex (hand_pixel (&hand, 61, 61), ==, 0);
  g_assert_cmphex (hand_pixel (&hand, 99, 99), ==, 0);
  g_assert_true (limn_document_undo (hand.document));
  g_assert_cmpint (hand_difference (before, hand_layer (&hand)->pixels), ==, 0);
  hand_end (&hand);

  /* A click beside it applies it and begins nothing; so does another tool. */
  begin_selected (&hand);
  hand_drag (&hand, 80, 80, 90, 80);
  hand_click (&hand, 180, 20);
  g_assert_false (limn_toolbox_is_open (hand.box));
  g_assert_cmphex (hand_pixel (&hand, 109, 99), ==, INK);
  hand_end (&hand);
  begin_selected (&hand);
  hand_drag (&hand, 80, 80, 90, 80);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_BRUSH);
  g_assert_cmphex (hand_pixel (&hand, 109, 99), ==, INK);
  hand_end (&hand);
  cairo_surface_destroy (before);
}

/* Corner by corner, and all of it. */
static void
test_outlines (void)
{
  struct hand hand;

  hand_begin (&hand);
  hand_fill (&hand, 60, 60, 40, 40, INK);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_LASSO);
  hand_click (&hand, 50, 50);
  hand_click (&hand, 110, 50);
  hand_click (&hand, 110, 110);
  hand_click (&hand, 20, 190);
  g_assert_true (hand_key (&hand, GDK_KEY_BackSpace));
  hand_click (&hand, 50, 110);
  g_assert_false (limn_toolbox_has_selection (hand.box));
  g_assert_true (hand_key (&hand, GDK_KEY_Return));
  g_assert_true (limn_toolbox_has_selection (hand.box));
  g_assert_true (hand_key (&hand, GDK_KEY_Delete));
  g_assert_cmphex (hand_pixel (&hand, 80, 80), ==, 0);
  limn_document_undo (hand.document);

  /* Too small to be anything. */
  hand_drag (&hand, 10, 10, 60, 10);
  g_assert_false (limn_toolbox_is_open (hand.box));

  limn_studio_set_tool (hand.studio, LIMN_TOOL_BRUSH);
  hand.modifiers = GDK_CONTROL_MASK;
  g_assert_true (hand_key (&hand, GDK_KEY_a));
  hand.modifiers = 0;
  g_assert_cmpint (limn_studio_get_tool (hand.studio), ==, LIMN_TOOL_LASSO);
  g_assert_true (limn_toolbox_has_selection (hand.box));
  g_assert_true (hand_key (&hand, GDK_KEY_Left));
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 59, 60), ==, INK);
  g_assert_cmphex (hand_pixel (&hand, 99, 60), ==, 0);
  hand_end (&hand);
}

/* --- where nothing can be drawn --- */

static void
test_refused (void)
{
  static const limn_tool_id tools[] = { LIMN_TOOL_BRUSH,   LIMN_TOOL_ERASER,  LIMN_TOOL_LINE,
                                        LIMN_TOOL_ELLIPSE, LIMN_TOOL_POLYGON, LIMN_TOOL_BUCKET,
                                        LIMN_TOOL_LASSO };

  for (gsize i = 0; i < G_N_ELEMENTS (tools); i++) {
    struct hand hand;

    hand_begin (&hand);
    limn_studio_set_tool (hand.studio, tools[i]);
    limn_document_set_layer (hand.document, hand.layer, LIMN_LAYER_LOCKED,
                             g_variant_new_boolean (TRUE), 0);
    hand_drag (&hand, 20, 20, 90, 90);
    g_assert_cmpint (hand.messages, ==, 1);
    g_assert_false (limn_studio_get_drawing (hand.studio));
    limn_document_set_layer (hand.document, hand.layer, LIMN_LAYER_LOCKED,
                             g_variant_new_boolean (FALSE), 0);
    limn_document_set_layer (hand.document, hand.layer, LIMN_LAYER_VISIBLE,
                             g_variant_new_boolean (FALSE), 0);
    hand_drag (&hand, 20, 20, 90, 90);
    g_assert_cmpint (hand.messages, ==, 2);
    g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 0);
    limn_document_remove_layer (hand.document, hand.layer);
    hand_drag (&hand, 20, 20, 90, 90);
    g_assert_cmpint (hand.messages, ==, 3);
    g_assert_false (limn_toolbox_is_open (hand.box));
    hand_end (&hand);
  }
}

/* --- what happens meanwhile --- */

static void
test_undo_meanwhile (void)
{
  struct hand hand;
  cairo_surface_t *before;

  /* A stroke: the document refuses, and the tool can be asked to let go. */
  hand_begin (&hand);
  hand_drag (&hand, 20, 20, 90, 20);
  before = hand_copy (&hand);
  hand_press (&hand, 20, 50);
  hand_move (&hand, 90, 50);
  g_assert_false (limn_document_undo (hand.document));
  g_assert_true (limn_tool_take_back (hand.studio));
  g_assert_false (limn_studio_get_drawing (hand.studio));
  hand_move (&hand, 95, 50);
  hand_lift (&hand, 95, 50);
  g_assert_cmpint (hand_difference (before, hand_layer (&hand)->pixels), ==, 0);
  g_assert_true (limn_document_undo (hand.document));
  cairo_surface_destroy (before);
  hand_end (&hand);

  /* A selection goes on with the pixels that there are then. */
  begin_selected (&hand);
  hand_drag (&hand, 80, 80, 120, 80);
  g_assert_true (limn_document_undo (hand.document));
  g_assert_true (limn_toolbox_has_selection (hand.box));
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 102, 62), ==, INK);
  hand_end (&hand);

  /* A shape that is being dragged, too. */
  hand_begin (&hand);
  hand_fill (&hand, 60, 60, 40, 40, INK);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_LINE);
  hand_press (&hand, 10, 10.5);
  hand_move (&hand, 80, 10.5);
  g_assert_true (limn_document_undo (hand.document));
  hand_move (&hand, 90, 10.5);
  before = cairo_surface_reference (hand.shown);
  hand_lift (&hand, 90, 10.5);
  g_assert_cmpint (hand_difference (before, hand_layer (&hand)->pixels), ==, 0);
  g_assert_cmphex (hand_pixel (&hand, 70, 70), ==, 0);
  cairo_surface_destroy (before);
  hand_end (&hand);
}

static void
test_changes_meanwhile (void)
{
  LimnDocument *other = limn_document_new (64, 64);
  struct hand hand;

  /* Another tool ends a stroke as lifting the pen does. */
  hand_begin (&hand);
  hand_press (&hand, 20, 50.5);
  hand_move (&hand, 90, 50.5);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_LINE);
  g_assert_false (limn_document_is_drawing (hand.document));
  g_assert_cmphex (hand_pixel (&hand, 60, 50), ==, 0xff000000u);

  /* The layer is gone, hidden or elsewhere: so is what was to be drawn on it. */
  limn_studio_set_tool (hand.studio, LIMN_TOOL_POLYGON);
  hand_click (&hand, 10, 10);
  hand_click (&hand, 60, 10);
  limn_document_set_layer (hand.document, hand.layer, LIMN_LAYER_X, g_variant_new_int32 (7), 0);
  g_assert_false (limn_toolbox_is_open (hand.box));
  hand_click (&hand, 10, 10);
  limn_document_set_layer (hand.document, hand.layer, LIMN_LAYER_OPACITY,
                           g_variant_new_double (0.5), 0);
  g_assert_true (limn_toolbox_is_open (hand.box));
  limn_document_remove_layer (hand.document, hand.layer);
  g_assert_false (limn_toolbox_is_open (hand.box));
  g_assert_cmpint (hand.messages, ==, 0);
  g_assert_true (limn_document_undo (hand.document));

  /* Another document: the stroke on the old one is undone. */
  limn_studio_set_layer (hand.studio, hand.layer);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_BRUSH);
  hand_press (&hand, 20, 80);
  hand_move (&hand, 90, 80);
  limn_studio_set_document (hand.studio, other);
  g_assert_false (limn_document_is_drawing (hand.document));
  g_assert_false (limn_studio_get_drawing (hand.studio));
  g_assert_cmphex (hand_pixel (&hand, 60, 80), ==, 0);
  limn_studio_set_document (hand.studio, hand.document);
  hand_end (&hand);
  g_assert_finalize_object (other);
}

static void
test_pen_taken_away (void)
{
  struct hand hand;

  hand_begin (&hand);
  hand_press (&hand, 20, 20);
  hand_move (&hand, 90, 20);
  limn_toolbox_abort (hand.box);
  g_assert_false (limn_document_is_drawing (hand.document));
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 0);
  hand_end (&hand);

  /* Of a polygon only the corner that was just set; of a selection only the last drag. */
  hand_begin (&hand);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_POLYGON);
  hand_click (&hand, 10, 10);
  hand_click (&hand, 60, 10);
  hand_press (&hand, 60, 60);
  limn_toolbox_abort (hand.box);
  g_assert_true (limn_toolbox_is_open (hand.box));
  hand_key (&hand, GDK_KEY_Return);
  g_assert_cmpuint (hand_last_op (&hand)->n_points, ==, 2);
  hand_end (&hand);

  begin_selected (&hand);
  hand_drag (&hand, 80, 80, 90, 80);
  hand_press (&hand, 90, 80);
  hand_move (&hand, 150, 150);
  limn_toolbox_abort (hand.box);
  apply (&hand);
  g_assert_cmphex (hand_pixel (&hand, 109, 99), ==, INK);
  hand_end (&hand);
}

/* --- actions --- */

static void
activate (GActionGroup *group, const char *detailed)
{
  g_autofree char *name = NULL;
  g_autoptr (GVariant) target = NULL;

  g_assert_true (g_action_parse_detailed_name (detailed, &name, &target, NULL));
  g_assert_true (g_str_has_prefix (name, "tool."));
  g_assert_true (g_action_group_has_action (group, name + 5));
  g_action_group_activate_action (group, name + 5, target);
}

static void
test_actions (void)
{
  GActionGroup *group;
  GVariant *state;
  struct hand hand;
  float size;

  hand_begin (&hand);
  group = limn_tool_actions_new (hand.studio);
  /* Every row of the table is an action that can be called as it is written. */
  for (const struct limn_shortcut *row = limn_tool_shortcuts; row->action != NULL; row++)
    activate (group, row->action);
  for (const struct limn_shortcut *row = limn_tool_canvas_keys; row->action != NULL; row++)
    activate (group, row->action);
  limn_toolbox_cancel (hand.box);

  activate (group, "tool.choose::eraser");
  g_assert_cmpint (limn_studio_get_tool (hand.studio), ==, LIMN_TOOL_ERASER);
  state = g_action_group_get_action_state (group, "choose");
  g_assert_cmpstr (g_variant_get_string (state, NULL), ==, "eraser");
  g_variant_unref (state);
  size = limn_studio_get_brush (hand.studio, LIMN_TOOL_ERASER).size;
  activate (group, "tool.size-up");
  g_assert_cmpfloat (limn_studio_get_brush (hand.studio, LIMN_TOOL_ERASER).size, >, size);
  activate (group, "tool.size-down");
  g_assert_cmpfloat_with_epsilon (limn_studio_get_brush (hand.studio, LIMN_TOOL_ERASER).size, size,
                                  0.01);
  limn_studio_set_colour (hand.studio, 0xff102030u);
  activate (group, "tool.opacity-down");
  g_assert_cmphex (limn_studio_get_colour (hand.studio), ==, 0xe6102030u);
  limn_toolbox_set_background (hand.box, 0xff445566u);
  activate (group, "tool.swap-colours");
  g_assert_cmphex (limn_studio_get_colour (hand.studio), ==, 0xff445566u);
  g_assert_cmphex (limn_toolbox_get_background (hand.box), ==, 0xe6102030u);
  activate (group, "tool.default-colours");
  g_assert_cmphex (limn_studio_get_colour (hand.studio), ==, 0xff000000u);

  g_assert_false (g_action_group_get_action_enabled (group, "flip-vertical"));
  activate (group, "tool.select-all");
  g_assert_true (g_action_group_get_action_enabled (group, "flip-vertical"));
  activate (group, "tool.cancel");
  g_assert_false (g_action_group_get_action_enabled (group, "finish"));
  g_assert_finalize_object (group);
  hand_end (&hand);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tools/lasso/move", test_move);
  g_test_add_func ("/tools/lasso/scale", test_scale);
  g_test_add_func ("/tools/lasso/rotate", test_rotate);
  g_test_add_func ("/tools/lasso/steps", test_steps);
  g_test_add_func ("/tools/lasso/ends", test_ends);
  g_test_add_func ("/tools/lasso/outlines", test_outlines);
  g_test_add_func ("/tools/refused", test_refused);
  g_test_add_func ("/tools/undo-meanwhile", test_undo_meanwhile);
  g_test_add_func ("/tools/changes-meanwhile", test_changes_meanwhile);
  g_test_add_func ("/tools/pen-taken-away", test_pen_taken_away);
  g_test_add_func ("/tools/actions", test_actions);
  return g_test_run ();
}
