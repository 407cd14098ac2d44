/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "window/window-private.h"

#define MAX_RECENT 10

static int
compare_visited (gconstpointer a, gconstpointer b)
{
  return -g_date_time_compare (gtk_recent_info_get_visited ((GtkRecentInfo *) a),
                               gtk_recent_info_get_visited ((GtkRecentInfo *) b));
}

static void
append (GMenu *menu, GtkRecentInfo *info)
{
  g_autofree char *name = g_strdup (gtk_recent_info_get_display_name (info));
  g_auto (GStrv) parts = g_strsplit (name, "_", -1);
  /* An underscore would be taken for a mnemonic. */
  g_autofree char *label = g_strjoinv ("__", parts);
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, "win.open-uri", "s", gtk_recent_info_get_uri (info));
  g_menu_append_item (menu, item);
}

static void
fill (LimnWindow *window)
{
  GList *all = gtk_recent_manager_get_items (gtk_recent_manager_get_default ());
  int count = 0;

  g_menu_remove_all (window->recent_menu);
  all = g_list_sort (all, compare_visited);
  for (GList *each = all; each != NULL && count < MAX_RECENT; each = each->next) {
    if (!gtk_recent_info_has_application (each->data, g_get_application_name ()) ||
        !gtk_recent_info_is_local (each->data) || !gtk_recent_info_exists (each->data))
      continue;
    append (window->recent_menu, each->data);
    count++;
  }
  if (count == 0)
    g_menu_append (window->recent_menu, _ ("No recent drawings"), "win.none");
  g_list_free_full (all, (GDestroyNotify) gtk_recent_info_unref);
}

void
limn_window_add_recent (LimnWindow *window, const char *path)
{
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);
  const GtkRecentData data = {
    .mime_type = (char *) "image/openraster",
    .app_name = (char *) g_get_application_name (),
    .app_exec = (char *) "limn %u",
  };

  if (uri != NULL)
    gtk_recent_manager_add_full (gtk_recent_manager_get_default (), uri, &data);
}

static gboolean
begin (gpointer data)
{
  LimnWindow *window = data;

  window->recent_source = 0;
  fill (window);
  g_signal_connect_object (gtk_recent_manager_get_default (), "changed", G_CALLBACK (fill), window,
                           G_CONNECT_SWAPPED);
  return G_SOURCE_REMOVE;
}

void
limn_window_follow_recent (LimnWindow *window)
{
  /* Its list is read from the disk at once, which may wait until the window is there. */
  window->recent_source = g_idle_add_full (G_PRIORITY_LOW, begin, window, NULL);
}
