/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/prompt-view.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <string.h>

#include "prompt/emphasis.h"
#include "prompt/models.h"
#include "prompt/tokens.h"

/* Longer texts are not coloured. */
#define MAX_COLOURED 32768

/* What was typed last: a change of kind begins a new step of undoing. */
typedef enum {
  EDIT_NONE,
  EDIT_WORD,  /* inserting */
  EDIT_SPACE, /* inserting */
  EDIT_DELETE,
} edit_kind;

struct _LimnPromptView {
  LimnSettingRow parent;

  /* Template */
  GtkLabel *count, *hint;
  GtkTextView *text;
  GtkTextBuffer *buffer;
  GtkScrolledWindow *scroller;

  /* Owned */
  LimnTokens *tokens;

  GtkTextTag *tags[LIMN_N_SPANS]; /* borrowed from the buffer's table */
  guint lines;
  guint64 merge;
  edit_kind edit;
  int cursor;     /* behind the last edit, in characters */
  bool following; /* the buffer is being brought to what the document says */
};

G_DEFINE_FINAL_TYPE (LimnPromptView, limn_prompt_view, LIMN_TYPE_SETTING_ROW)

enum {
  PROP_HINT = 1,
  PROP_LINES,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

static limn_setting
setting_of (LimnPromptView *self)
{
  return (limn_setting) limn_setting_row_get_setting (LIMN_SETTING_ROW (self));
}

static char *
get_text (LimnPromptView *self)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  return gtk_text_buffer_get_text (self->buffer, &start, &end, FALSE);
}

/* --- colours --- */

/* Of the theme, so that dark style and high contrast have their own. */
static void
update_colours (LimnPromptView *self)
{
  static const char *const names[] = {
    [LIMN_SPAN_COMMENT] = "theme_fg_color",
    [LIMN_SPAN_CHOICE] = "success_color",
    [LIMN_SPAN_WEIGHT] = "accent_color",
  };
  GtkStyleContext *context = gtk_widget_get_style_context (GTK_WIDGET (self));
  bool high_contrast = adw_style_manager_get_high_contrast (adw_style_manager_get_default ());

  for (int i = 0; i < LIMN_N_SPANS; i++) {
    GdkRGBA colour;

    if (!gtk_style_context_lookup_color (context, names[i], &colour))
      continue;
    if (i == LIMN_SPAN_COMMENT && !high_contrast)
      colour.alpha *= 0.55f;
    g_object_set (self->tags[i], "foreground-rgba", &colour, NULL);
  }
}

static void
iter_at (LimnPromptView *self, const char *text, gsize byte, GtkTextIter *iter)
{
  gtk_text_buffer_get_iter_at_offset (self->buffer, iter,
                                      (int) g_utf8_pointer_to_offset (text, text + byte));
}

static void
colour (LimnPromptView *self, const char *text)
{
  g_autoptr (GArray) spans = NULL;
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  for (int i = 0; i < LIMN_N_SPANS; i++)
    gtk_text_buffer_remove_tag (self->buffer, self->tags[i], &start, &end);
  if (strlen (text) > MAX_COLOURED)
    return;
  spans = limn_prompt_spans (text);
  for (guint i = 0; i < spans->len; i++) {
    const struct limn_span *span = &g_array_index (spans, struct limn_span, i);

    iter_at (self, text, span->range.start, &start);
    iter_at (self, text, span->range.end, &end);
    gtk_text_buffer_apply_tag (self->buffer, self->tags[span->kind], &start, &end);
  }
}

/* --- tokens --- */

static void
on_counted (LimnPromptView *self)
{
  struct limn_token_count count;
  g_autofree char *text = NULL;
  g_autofree char *tooltip = NULL;
  bool known = limn_tokens_get_count (self->tokens, &count);

  gtk_widget_set_visible (GTK_WIDGET (self->count), known);
  if (!known)
    return;
  text = g_strdup_printf ("%d/%d", count.tokens, count.limit * count.chunks);
  gtk_label_set_label (self->count, text);
  if (count.chunks > 1) {
    /* Translators: a model reads a prompt in chunks of so many tokens. */
    tooltip = g_strdup_printf (
        ngettext ("%d token in %d chunks of %d. The model reads each chunk by itself, so that "
                  "words far apart have less to do with each other.",
                  "%d tokens in %d chunks of %d. The model reads each chunk by itself, so that "
                  "words far apart have less to do with each other.",
                  (gulong) count.tokens),
        count.tokens, count.chunks, count.limit);
    gtk_widget_add_css_class (GTK_WIDGET (self->count), "warning");
    gtk_widget_remove_css_class (GTK_WIDGET (self->count), "dim-label");
  } else {
    tooltip = g_strdup_printf (ngettext ("%d token of the %d that the model reads at once",
                                         "%d tokens of the %d that the model reads at once",
                                         (gulong) count.tokens),
                               count.tokens, count.limit);
    gtk_widget_remove_css_class (GTK_WIDGET (self->count), "warning");
    gtk_widget_add_css_class (GTK_WIDGET (self->count), "dim-label");
  }
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->count), tooltip);
}

static void
count_tokens (LimnPromptView *self, LimnDocument *document)
{
  limn_setting style = setting_of (self) == LIMN_SETTING_PROMPT ? LIMN_SETTING_STYLE_PROMPT
                                                                : LIMN_SETTING_STYLE_NEGATIVE;
  g_autofree char *path =
      limn_models_resolve (limn_document_get_text (document, LIMN_SETTING_MODEL));

  limn_tokens_set_model (self->tokens, path);
  limn_tokens_set_text (
      self->tokens, limn_document_get_text (document, style),
      limn_document_get_text (document, setting_of (self)),
      g_variant_get_uint64 (limn_document_get_value (document, LIMN_SETTING_SEED)));
}

/* --- from the document --- */

static gsize
common_prefix (const char *a, const char *b)
{
  gsize length = 0;

  while (a[length] != '\0' && a[length] == b[length])
    length++;
  while (length > 0 && ((guchar) a[length] & 0xc0) == 0x80)
    length--;
  return length;
}

/* Of what follows the prefix. */
static gsize
common_suffix (const char *a, const char *b)
{
  gsize la = strlen (a), lb = strlen (b), length = 0;

  while (length < la && length < lb && a[la - length - 1] == b[lb - length - 1])
    length++;
  while (length > 0 && ((guchar) a[la - length] & 0xc0) == 0x80)
    length--;
  return length;
}

/* Replaces only what differs, so that cursor and scrolling stay where they are. */
static void
follow (LimnPromptView *self, const char *wanted)
{
  g_autofree char *text = get_text (self);
  gsize prefix = common_prefix (text, wanted);
  gsize suffix = common_suffix (text + prefix, wanted + prefix);
  gsize length = strlen (text), wanted_length = strlen (wanted);
  GtkTextIter start, end;

  if (g_str_equal (text, wanted))
    return;
  self->following = true;
  iter_at (self, text, prefix, &start);
  iter_at (self, text, length - suffix, &end);
  gtk_text_buffer_begin_user_action (self->buffer);
  gtk_text_buffer_delete (self->buffer, &start, &end);
  gtk_text_buffer_insert (self->buffer, &start, wanted + prefix,
                          (int) (wanted_length - suffix - prefix));
  gtk_text_buffer_end_user_action (self->buffer);
  /* Whoever undoes here goes on writing where something changed. */
  if (gtk_widget_has_focus (GTK_WIDGET (self->text)))
    gtk_text_buffer_place_cursor (self->buffer, &start);
  self->following = false;
  self->edit = EDIT_NONE;
}

static void
limn_prompt_view_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnPromptView *self = LIMN_PROMPT_VIEW (row);

  follow (self, limn_document_get_text (document, setting_of (self)));
  count_tokens (self, document);
}

/* --- to the document --- */

static bool
is_space (const char *text, int length)
{
  return length > 0 && g_unichar_isspace (g_utf8_get_char (text));
}

/* A step of undoing is a word with the space behind it, or what was deleted in one go, as long as
 * the cursor stays with it. */
static void
note_edit (LimnPromptView *self, edit_kind kind, int at, int after)
{
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));
  bool goes_on = self->edit == kind || (self->edit == EDIT_WORD && kind == EDIT_SPACE);

  if (self->following || document == NULL)
    return;
  if (self->merge == 0 || !goes_on || at != self->cursor)
    self->merge = limn_document_new_merge (document);
  self->edit = kind;
  self->cursor = after;
}

static void
on_insert (LimnPromptView *self, GtkTextIter *at, const char *text, int length)
{
  int offset = gtk_text_iter_get_offset (at);
  int count = (int) g_utf8_strlen (text, length);

  note_edit (self, is_space (text, length) ? EDIT_SPACE : EDIT_WORD, offset, offset + count);
  /* What is pasted is a step of its own. */
  if (count > 1 && !self->following)
    self->edit = EDIT_NONE;
}

static void
on_delete (LimnPromptView *self, GtkTextIter *start, GtkTextIter *end)
{
  int first = gtk_text_iter_get_offset (start), last = gtk_text_iter_get_offset (end);
  /* Backspace goes on at its left end, Delete at the same place. */
  int at = self->edit == EDIT_DELETE && first == self->cursor ? first : last;

  note_edit (self, EDIT_DELETE, at, first);
}

static void
on_changed (LimnPromptView *self)
{
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));
  g_autofree char *text = get_text (self);

  gtk_widget_set_visible (GTK_WIDGET (self->hint), *text == '\0');
  colour (self, text);
  if (document == NULL || self->following)
    return;
  limn_document_set_value (document, setting_of (self), g_variant_new_string (text), self->merge);
}

void
limn_prompt_view_change_weight (LimnPromptView *self, double delta)
{
  g_autofree char *text = get_text (self);
  struct limn_emphasis emphasis = { 0 };
  g_autofree char *whole = NULL;
  struct limn_range selection;
  GtkTextIter start, end;
  bool selected = gtk_text_buffer_get_selection_bounds (self->buffer, &start, &end);
  gsize cursor;

  selection.start =
      (gsize) (g_utf8_offset_to_pointer (text, gtk_text_iter_get_offset (&start)) - text);
  selection.end = (gsize) (g_utf8_offset_to_pointer (text, gtk_text_iter_get_offset (&end)) - text);
  if (!limn_emphasis_change (text, selection, delta, &emphasis))
    return;
  cursor = selection.start - MIN (selection.start, emphasis.replaced.start);
  iter_at (self, text, emphasis.replaced.start, &start);
  iter_at (self, text, emphasis.replaced.end, &end);
  whole = g_strdup_printf ("%.*s%s%s", (int) emphasis.replaced.start, text, emphasis.text,
                           text + emphasis.replaced.end);
  /* One change of the document, which the buffer follows. */
  limn_setting_row_new_step (LIMN_SETTING_ROW (self));
  limn_setting_row_set (LIMN_SETTING_ROW (self), setting_of (self), g_variant_new_string (whole));
  self->merge = 0;
  if (!selected) {
    /* Where it was in the word. */
    if (cursor > 0 && strchr ("([", text[emphasis.replaced.start]) != NULL)
      cursor--;
    emphasis.selection.start = MIN (emphasis.selection.start + cursor, emphasis.selection.end);
    emphasis.selection.end = emphasis.selection.start;
  }
  iter_at (self, whole, emphasis.selection.start, &start);
  iter_at (self, whole, emphasis.selection.end, &end);
  gtk_text_buffer_select_range (self->buffer, &end, &start);
  g_free (emphasis.text);
}

bool
limn_prompt_view_has_focus (LimnPromptView *self)
{
  return gtk_widget_has_focus (GTK_WIDGET (self->text));
}

GtkTextView *
limn_prompt_view_get_text_view (LimnPromptView *self)
{
  return self->text;
}

const char *
limn_prompt_view_get_count (LimnPromptView *self)
{
  return gtk_widget_get_visible (GTK_WIDGET (self->count)) ? gtk_label_get_label (self->count)
                                                           : NULL;
}

/* --- keys --- */

/* Undoing is the document's, here as everywhere; the buffer has none of its own. */
static gboolean
on_undo (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  LimnDocument *document = limn_setting_row_get_document (data);

  if (document != NULL)
    limn_document_undo (document);
  return TRUE;
}

static gboolean
on_redo (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  LimnDocument *document = limn_setting_row_get_document (data);

  if (document != NULL)
    limn_document_redo (document);
  return TRUE;
}

static gboolean
on_heavier (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  limn_prompt_view_change_weight (data, 0.1);
  return TRUE;
}

static gboolean
on_lighter (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  limn_prompt_view_change_weight (data, -0.1);
  return TRUE;
}

static const struct {
  const char *trigger;
  GtkShortcutFunc function;
} shortcuts[] = {
  { "<Control>z", on_undo },
  { "<Control><Shift>z|<Control>y", on_redo },
  { "<Control>Up|<Control>KP_Up", on_heavier },
  { "<Control>Down|<Control>KP_Down", on_lighter },
};

static void
add_shortcuts (LimnPromptView *self)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  /* Before the text view's own. */
  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  for (gsize i = 0; i < G_N_ELEMENTS (shortcuts); i++) {
    GtkShortcutTrigger *trigger = gtk_shortcut_trigger_parse_string (shortcuts[i].trigger);
    GtkShortcutAction *action = gtk_callback_action_new (shortcuts[i].function, self, NULL);

    gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller),
                                          gtk_shortcut_new (trigger, action));
  }
  gtk_widget_add_controller (GTK_WIDGET (self->text), controller);
}

static void
on_focus_left (LimnPromptView *self)
{
  self->merge = 0;
}

static gboolean
limn_prompt_view_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_PROMPT_VIEW (widget)->text));
}

/* --- GObject --- */

static void
limn_prompt_view_constructed (GObject *object)
{
  LimnPromptView *self = LIMN_PROMPT_VIEW (object);

  G_OBJECT_CLASS (limn_prompt_view_parent_class)->constructed (object);
  limn_setting_row_name (LIMN_SETTING_ROW (self), GTK_WIDGET (self->text));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->text), GTK_ACCESSIBLE_PROPERTY_PLACEHOLDER,
                                  gtk_label_get_label (self->hint), -1);
}

static void
limn_prompt_view_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnPromptView *self = LIMN_PROMPT_VIEW (object);

  if (prop == PROP_HINT) {
    gtk_label_set_label (self->hint, g_value_get_string (value));
  } else if (prop == PROP_LINES) {
    /* Of text in the usual size; the scroller grows up to three times of that. */
    gtk_scrolled_window_set_min_content_height (self->scroller,
                                                12 + 20 * (int) g_value_get_uint (value));
    gtk_scrolled_window_set_max_content_height (self->scroller,
                                                12 + 60 * (int) g_value_get_uint (value));
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_prompt_view_finalize (GObject *object)
{
  g_object_unref (LIMN_PROMPT_VIEW (object)->tokens);
  G_OBJECT_CLASS (limn_prompt_view_parent_class)->finalize (object);
}

static void
bind_template (GtkWidgetClass *class)
{
  gtk_widget_class_set_template_from_resource (class, "/org/limn/Limn/prompt/prompt-view.ui");
  gtk_widget_class_bind_template_child (class, LimnPromptView, count);
  gtk_widget_class_bind_template_child (class, LimnPromptView, hint);
  gtk_widget_class_bind_template_child (class, LimnPromptView, text);
  gtk_widget_class_bind_template_child (class, LimnPromptView, buffer);
  gtk_widget_class_bind_template_child (class, LimnPromptView, scroller);
  gtk_widget_class_bind_template_callback (class, on_insert);
  gtk_widget_class_bind_template_callback (class, on_delete);
  gtk_widget_class_bind_template_callback (class, on_changed);
  gtk_widget_class_bind_template_callback (class, on_focus_left);
}

static void
limn_prompt_view_class_init (LimnPromptViewClass *class)
{
  const GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->constructed = limn_prompt_view_constructed;
  object_class->set_property = limn_prompt_view_set_property;
  object_class->finalize = limn_prompt_view_finalize;
  widget_class->grab_focus = limn_prompt_view_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_prompt_view_update;
  props[PROP_HINT] = g_param_spec_string ("hint", NULL, NULL, NULL, flags);
  props[PROP_LINES] = g_param_spec_uint ("lines", NULL, NULL, 1, 20, 3, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  bind_template (widget_class);
}

static void
limn_prompt_view_init (LimnPromptView *self)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();

  gtk_widget_init_template (GTK_WIDGET (self));
  for (int i = 0; i < LIMN_N_SPANS; i++)
    self->tags[i] = gtk_text_buffer_create_tag (self->buffer, NULL, NULL);
  g_object_set (self->tags[LIMN_SPAN_COMMENT], "style", PANGO_STYLE_ITALIC, NULL);
  self->tokens = limn_tokens_new ();
  g_signal_connect_object (self->tokens, "changed", G_CALLBACK (on_counted), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::dark", G_CALLBACK (update_colours), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::high-contrast", G_CALLBACK (update_colours), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (self, "realize", G_CALLBACK (update_colours), NULL);
  add_shortcuts (self);
}
