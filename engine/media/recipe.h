/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/media.h"

/* Writes @recipe into the whole GIF or APNG that is open at @fd for reading and writing, for which
 * FFmpeg's muxers have no words: a GIF gets a comment extension after its palette (GIF89a, 24), an
 * APNG the text chunk "parameters" after its header. Other kinds stay as they are. 0, or an errno.
 */
int limn_film_insert_recipe (int fd, limn_film_kind kind, const char *recipe);
