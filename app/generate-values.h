/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Values of the options of `limn generate`, put into the struct limn_generate_options @data. Each
 * is a GOptionArgFunc and fails with G_OPTION_ERROR_BAD_VALUE and a sentence that names @option. */
gboolean
limn_generate_parse_sampler (const char *option, const char *value, gpointer data, GError **error);
gboolean
limn_generate_parse_choice (const char *option, const char *value, gpointer data, GError **error);
gboolean
limn_generate_parse_number (const char *option, const char *value, gpointer data, GError **error);
gboolean
limn_generate_parse_vae_tile (const char *option, const char *value, gpointer data, GError **error);
gboolean
limn_generate_parse_control (const char *option, const char *value, gpointer data, GError **error);
gboolean
limn_generate_parse_guide (const char *option, const char *value, gpointer data, GError **error);
gboolean limn_generate_parse_controlnet (const char *option,
                                         const char *value,
                                         gpointer data,
                                         GError **error);
gboolean
limn_generate_parse_lora (const char *option, const char *value, gpointer data, GError **error);
gboolean
limn_generate_parse_seed (const char *option, const char *value, gpointer data, GError **error);
gboolean
limn_generate_parse_size (const char *option, const char *value, gpointer data, GError **error);
