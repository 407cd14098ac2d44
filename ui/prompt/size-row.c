/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

#include <glib/gi18n.h>

#define MULTIPLE 8
#define MIN_SIDE 64

struct _LimnSizeRow {
  LimnSettingRow parent;

  /* Template */
  GtkDropDown *drop_down;
  GtkRevealer *revealer;
  GtkSpinButton *width, *height;

  GtkStringList *list; /* of the drop-down */
};

G_DEFINE_FINAL_TYPE (LimnSizeRow, limn_size_row, LIMN_TYPE_SETTING_ROW)

static const struct {
  int width, height;
} sizes[] = {
  { 256, 256 }, { 512, 512 }, { 512, 768 },  { 768, 512 },   { 768, 768 },
  { 640, 960 }, { 960, 640 }, { 1024, 576 }, { 1024, 1024 },
};

/* Places in the list. */
enum {
  CANVAS,
  FIRST_SIZE,
  OWN = FIRST_SIZE + G_N_ELEMENTS (sizes),
};

static int
get_side (LimnDocument *document, limn_setting setting)
{
  return g_variant_get_int32 (limn_document_get_value (document, setting));
}

/* One that the document does not say is the canvas's. */
static void
get_size (LimnDocument *document, int *width, int *height)
{
  int canvas_width, canvas_height;

  limn_document_get_size (document, &canvas_width, &canvas_height);
  *width = get_side (document, LIMN_SETTING_WIDTH);
  *height = get_side (document, LIMN_SETTING_HEIGHT);
  *width = *width > 0 ? *width : canvas_width;
  *height = *height > 0 ? *height : canvas_height;
}

static int
round_side (double side)
{
  return MAX (MIN_SIDE, ((int) side + MULTIPLE / 2) / MULTIPLE * MULTIPLE);
}

/* 0, 0 is the canvas's size. */
static void
set_size (LimnDocument *document, int width, int height)
{
  if (get_side (document, LIMN_SETTING_WIDTH) == width &&
      get_side (document, LIMN_SETTING_HEIGHT) == height)
    return;
  limn_document_begin_group (document);
  limn_document_set_value (document, LIMN_SETTING_WIDTH, g_variant_new_int32 (width), 0);
  limn_document_set_value (document, LIMN_SETTING_HEIGHT, g_variant_new_int32 (height), 0);
  limn_document_end_group (document);
}

void
limn_size_row_swap (LimnDocument *document)
{
  int width, height;

  get_size (document, &width, &height);
  set_size (document, round_side (height), round_side (width));
}

void
limn_size_row_set_canvas (LimnDocument *document)
{
  set_size (document, 0, 0);
}

static guint
find_size (int width, int height)
{
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    if (sizes[i].width == width && sizes[i].height == height)
      return FIRST_SIZE + i;
  return OWN;
}

static void
limn_size_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnSizeRow *self = LIMN_SIZE_ROW (row);
  g_autofree char *canvas = NULL;
  int width, height;
  bool own;

  if (setting != LIMN_SETTING_WIDTH && setting != LIMN_SETTING_HEIGHT &&
      setting != LIMN_ALL_SETTINGS)
    return;
  if (setting == LIMN_ALL_SETTINGS) {
    const char *texts[] = { NULL, NULL };

    limn_document_get_size (document, &width, &height);
    canvas = g_strdup_printf (_ ("The canvas (%d × %d)"), width, height);
    texts[0] = canvas;
    if (!g_str_equal (gtk_string_list_get_string (self->list, CANVAS), canvas))
      gtk_string_list_splice (self->list, CANVAS, 1, texts);
  }
  own = get_side (document, LIMN_SETTING_WIDTH) > 0 || get_side (document, LIMN_SETTING_HEIGHT) > 0;
  get_size (document, &width, &height);
  gtk_spin_button_set_value (self->width, width);
  gtk_spin_button_set_value (self->height, height);
  gtk_drop_down_set_selected (self->drop_down, own ? find_size (width, height) : CANVAS);
  gtk_revealer_set_reveal_child (self->revealer, own);
}

static void
on_selected (LimnSizeRow *self)
{
  LimnDocument *document = limn_setting_row_get_document (LIMN_SETTING_ROW (self));
  guint selected = gtk_drop_down_get_selected (self->drop_down);
  int width, height;

  if (document == NULL || limn_setting_row_is_updating (LIMN_SETTING_ROW (self)) ||
      selected == GTK_INVALID_LIST_POSITION)
    return;
  limn_setting_row_hold (LIMN_SETTING_ROW (self));
  get_size (document, &width, &height);
  if (selected == CANVAS)
    set_size (document, 0, 0);
  else if (selected == OWN)
    set_size (document, round_side (width), round_side (height));
  else
    set_size (document, sizes[selected - FIRST_SIZE].width, sizes[selected - FIRST_SIZE].height);
  limn_setting_row_release (LIMN_SETTING_ROW (self));
}

/* The sides are shown only where the document has both, so that one of them changes. */
static void
on_side_changed (LimnSizeRow *self)
{
  LimnSettingRow *row = LIMN_SETTING_ROW (self);

  if (limn_setting_row_get_document (row) == NULL || limn_setting_row_is_updating (row) ||
      !gtk_revealer_get_reveal_child (self->revealer))
    return;
  limn_setting_row_set (row, LIMN_SETTING_WIDTH,
                        g_variant_new_int32 (round_side (gtk_spin_button_get_value (self->width))));
  limn_setting_row_set (
      row, LIMN_SETTING_HEIGHT,
      g_variant_new_int32 (round_side (gtk_spin_button_get_value (self->height))));
  limn_setting_row_refresh (row);
}

static gboolean
limn_size_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_SIZE_ROW (widget)->drop_down));
}

static void
limn_size_row_class_init (LimnSizeRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  widget_class->grab_focus = limn_size_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_size_row_update;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/size-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnSizeRow, drop_down);
  gtk_widget_class_bind_template_child (widget_class, LimnSizeRow, revealer);
  gtk_widget_class_bind_template_child (widget_class, LimnSizeRow, width);
  gtk_widget_class_bind_template_child (widget_class, LimnSizeRow, height);
  gtk_widget_class_bind_template_callback (widget_class, on_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_side_changed);
}

static void
limn_size_row_init (LimnSizeRow *self)
{
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_string_list_append (list, _ ("The canvas"));
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    gtk_string_list_take (list, g_strdup_printf ("%d × %d", sizes[i].width, sizes[i].height));
  gtk_string_list_append (list, _ ("Another size"));
  self->list = list;
  gtk_drop_down_set_model (self->drop_down, G_LIST_MODEL (list));
  g_signal_connect_swapped (self->drop_down, "notify::selected", G_CALLBACK (on_selected), self);
}
