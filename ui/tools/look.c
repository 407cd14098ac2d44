/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/look.h"

#include <glib/gi18n.h>

#include "shortcuts.h"

void
limn_tools_look (void)
{
  static bool done = false;
  GdkDisplay *display = gdk_display_get_default ();
  g_autoptr (GtkCssProvider) provider = NULL;

  if (done)
    return;
  done = true;
  provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_resource (provider, "/org/limn/Limn/tools/tools.css");
  gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_icon_theme_add_resource_path (gtk_icon_theme_get_for_display (display),
                                    "/org/limn/Limn/icons");
}

char *
limn_tools_tooltip (const char *action)
{
  for (const struct limn_shortcut *row = limn_tool_shortcuts; row->action != NULL; row++) {
    g_autofree char *label = NULL;
    GdkModifierType modifiers;
    guint key;

    if (!g_str_equal (row->action, action))
      continue;
    if (row->accelerator == NULL || !gtk_accelerator_parse (row->accelerator, &key, &modifiers))
      return g_strdup (_ (row->title));
    label = gtk_accelerator_get_label (key, modifiers);
    /* Translators: what a tool is called, and its key. */
    return g_strdup_printf (_ ("%s (%s)"), _ (row->title), label);
  }
  g_return_val_if_reached (NULL);
}
