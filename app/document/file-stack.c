/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/file-private.h"

#include <math.h>
#include <string.h>

#include "number.h"

/* stack.xml of OpenRaster 0.0.6, https://www.openraster.org/baseline/layer-stack-spec.html */

#define MAX_DEPTH 64

/* --- reading --- */

/* What the stacks around a layer say. */
struct level {
  int x, y;
  double opacity;
  bool visible;
};

struct parser {
  const char *path;
  struct limn_stack *stack;
  GPtrArray *warnings;
  struct level levels[MAX_DEPTH + 1];
  int depth;   /* of all elements */
  int stacks;  /* of those that are stacks */
  int ignored; /* depth within an element that nobody knows */
};

static void
stack_layer_free (struct limn_stack_layer *layer)
{
  g_free (layer->src);
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    g_clear_pointer (&layer->values[i], g_variant_unref);
  g_free (layer);
}

void
limn_stack_clear (struct limn_stack *stack)
{
  g_clear_pointer (&stack->layers, g_ptr_array_unref);
}

static const char *
attribute (const char **names, const char **values, const char *name)
{
  for (int i = 0; names[i] != NULL; i++)
    if (g_str_equal (names[i], name))
      return values[i];
  return NULL;
}

/* @standard where there is none; false for what is no number. */
static bool
number_of (
    const char **names, const char **values, const char *name, double standard, double *number)
{
  const char *text = attribute (names, values, name);

  *number = standard;
  return text == NULL || (limn_number_parse (text, number) && fabs (*number) < 1e6);
}

static bool
fail (struct parser *parser, const char *element, const char *name, GError **error)
{
  g_autofree char *quoted = limn_file_quote (element);

  limn_file_set_error (error, LIMN_ERROR_FORMAT, parser->path,
                       "%s has %s whose \"%s\" is missing or no such thing", LIMN_FILE_STACK,
                       quoted, name);
  return false;
}

static bool
start_image (struct parser *parser, const char **names, const char **values, GError **error)
{
  double width, height;

  if (!number_of (names, values, "w", 0, &width) || !number_of (names, values, "h", 0, &height) ||
      !limn_pixels_size_ok ((gint64) width, (gint64) height))
    return fail (parser, "image", "w\" or \"h", error);
  parser->stack->width = (int) width;
  parser->stack->height = (int) height;
  return true;
}

static void
check_blend (struct parser *parser,
             const char *element,
             const char **names,
             const char **values,
             const char **blend)
{
  const char *text = attribute (names, values, "composite-op");

  *blend = limn_blend_names[0];
  if (text == NULL)
    return;
  if (g_str_has_prefix (text, "svg:") && limn_choice_find (limn_blend_names, text + 4) >= 0 &&
      g_str_equal (element, "layer")) {
    *blend = text + 4;
  } else if (!g_str_equal (text, "svg:src-over")) {
    g_autofree char *quoted = limn_file_quote (text);

    limn_file_warn (parser->warnings, parser->path,
                    "a %s is blended by %s, which Limn cannot do, and is drawn over the others "
                    "instead",
                    g_str_equal (element, "layer") ? "layer" : "group", quoted);
  }
}

static bool
common_of (struct parser *parser,
           const char *element,
           const char **names,
           const char **values,
           struct level *level,
           GError **error)
{
  const char *visibility = attribute (names, values, "visibility");
  double x, y, opacity;

  if (!number_of (names, values, "x", 0, &x) || fabs (x) > 65536)
    return fail (parser, element, "x", error);
  if (!number_of (names, values, "y", 0, &y) || fabs (y) > 65536)
    return fail (parser, element, "y", error);
  if (!number_of (names, values, "opacity", 1, &opacity))
    return fail (parser, element, "opacity", error);
  level->x += (int) lround (x);
  level->y += (int) lround (y);
  level->opacity *= CLAMP (opacity, 0.0, 1.0);
  level->visible = level->visible && (visibility == NULL || !g_str_equal (visibility, "hidden"));
  return true;
}

static bool
start_stack (struct parser *parser, const char **names, const char **values, GError **error)
{
  struct level *level = &parser->levels[parser->stacks + 1];
  const char *blend;

  *level = parser->levels[parser->stacks];
  if (!common_of (parser, "stack", names, values, level, error))
    return false;
  /* The outermost stack is the picture itself. */
  if (parser->stacks > 0) {
    check_blend (parser, "stack", names, values, &blend);
    if (level->opacity < parser->levels[parser->stacks].opacity)
      limn_file_warn (parser->warnings, parser->path,
                      "the opacity of a group went to its layers, which looks different where they "
                      "overlap");
  }
  parser->stacks++;
  return true;
}

static void
take (struct limn_stack_layer *layer, limn_layer_key key, GVariant *value)
{
  layer->values[key] = limn_key_check (&limn_layer_keys[key], value);
}

static bool
start_layer (struct parser *parser, const char **names, const char **values, GError **error)
{
  struct level level = parser->levels[parser->stacks];
  const char *src = attribute (names, values, "src"), *name = attribute (names, values, "name");
  const char *locked = attribute (names, values, "edit-locked"), *blend;
  struct limn_stack_layer *layer;

  if (src == NULL || parser->stacks == 0)
    return fail (parser, "layer", "src", error);
  if (!common_of (parser, "layer", names, values, &level, error))
    return false;
  if (parser->stack->layers->len >= LIMN_DOCUMENT_MAX_LAYERS) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, parser->path,
                         "has more layers than the %d that Limn can have",
                         LIMN_DOCUMENT_MAX_LAYERS);
    return false;
  }
  check_blend (parser, "layer", names, values, &blend);
  layer = g_new0 (struct limn_stack_layer, 1);
  layer->src = g_strdup (src);
  take (layer, LIMN_LAYER_NAME, g_variant_new_string (name != NULL ? name : ""));
  take (layer, LIMN_LAYER_VISIBLE, g_variant_new_boolean (level.visible));
  take (layer, LIMN_LAYER_LOCKED,
        g_variant_new_boolean (locked != NULL && g_str_equal (locked, "true")));
  take (layer, LIMN_LAYER_OPACITY, g_variant_new_double (level.opacity));
  take (layer, LIMN_LAYER_X, g_variant_new_int32 (level.x));
  take (layer, LIMN_LAYER_Y, g_variant_new_int32 (level.y));
  take (layer, LIMN_LAYER_BLEND, g_variant_new_string (blend));
  /* The file has the uppermost first. */
  g_ptr_array_insert (parser->stack->layers, 0, layer);
  return true;
}

static void
start_element (GMarkupParseContext *context,
               const char *element,
               const char **names,
               const char **values,
               gpointer data,
               GError **error)
{
  static const struct {
    const char *name;
    bool (*start) (struct parser *, const char **, const char **, GError **);
  } elements[] = { { "image", start_image }, { "stack", start_stack }, { "layer", start_layer } };
  struct parser *parser = data;

  if (++parser->depth > MAX_DEPTH) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, parser->path,
                         "%s is nested deeper than the %d that Limn reads", LIMN_FILE_STACK,
                         MAX_DEPTH);
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (elements) && parser->ignored == 0; i++)
    if (g_str_equal (elements[i].name, element)) {
      elements[i].start (parser, names, values, error);
      return;
    }
  parser->ignored++;
}

static void
end_element (GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
  struct parser *parser = data;

  parser->depth--;
  if (parser->ignored > 0)
    parser->ignored--;
  else if (g_str_equal (element, "stack"))
    parser->stacks--;
}

bool
limn_stack_read (const char *text,
                 gsize size,
                 const char *path,
                 struct limn_stack *stack,
                 GPtrArray *warnings,
                 GError **error)
{
  static const GMarkupParser functions = { .start_element = start_element,
                                           .end_element = end_element };
  struct parser parser = {
    .path = path, .stack = stack, .warnings = warnings, .levels = { { 0, 0, 1.0, true } }
  };
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&functions, 0, &parser, NULL);
  g_autoptr (GError) problem = NULL;

  stack->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) stack_layer_free);
  if (!g_markup_parse_context_parse (context, text != NULL ? text : "", (gssize) size, &problem) ||
      !g_markup_parse_context_end_parse (context, &problem)) {
    g_autofree char *escaped = limn_file_escape (problem->message, -1);

    if (problem->domain == LIMN_ERROR)
      g_propagate_error (error, g_steal_pointer (&problem));
    else
      limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "%s is broken: %s", LIMN_FILE_STACK,
                           escaped);
    return false;
  }
  if (stack->width > 0)
    return true;
  return fail (&parser, "image", "w", error);
}

/* --- writing --- */

char *
limn_stack_write (LimnDocument *document, const GPtrArray *srcs)
{
  GString *xml = g_string_new ("<?xml version='1.0' encoding='UTF-8'?>\n");

  g_string_append_printf (xml, "<image version=\"0.0.6\" w=\"%d\" h=\"%d\">\n <stack>\n",
                          document->width, document->height);
  for (guint i = document->layers->len; i > 0; i--) {
    const limn_layer *layer = g_ptr_array_index (document->layers, i - 1);
    g_autofree char *name = g_markup_escape_text (limn_layer_get_text (layer, LIMN_LAYER_NAME), -1);
    g_autofree char *opacity =
        limn_format_double (limn_layer_get_double (layer, LIMN_LAYER_OPACITY));

    g_string_append_printf (
        xml,
        "  <layer name=\"%s\" src=\"%s\" x=\"%d\" y=\"%d\" opacity=\"%s\" visibility=\"%s\" "
        "composite-op=\"svg:%s\" edit-locked=\"%s\"/>\n",
        name, (const char *) g_ptr_array_index (srcs, i - 1),
        limn_layer_get_int (layer, LIMN_LAYER_X), limn_layer_get_int (layer, LIMN_LAYER_Y), opacity,
        limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE) ? "visible" : "hidden",
        limn_layer_get_text (layer, LIMN_LAYER_BLEND),
        limn_layer_get_bool (layer, LIMN_LAYER_LOCKED) ? "true" : "false");
  }
  g_string_append (xml, " </stack>\n</image>\n");
  return g_string_free (xml, FALSE);
}
