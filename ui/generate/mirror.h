/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"

/* The pixels of a document's layers in tiles that a worker may read. Most of them are those that
 * the layer keeps for undoing and cost nothing; what was never drawn on, as a photograph, is packed
 * here, a part of it in each turn of the main loop. Main thread only. */
typedef struct limn_mirror limn_mirror;

/* Tiles that are packed in one turn: some milliseconds. */
#define LIMN_MIRROR_TURN 48

/* The one of @document, made when it is first asked for; borrowed, and gone with the document. */
limn_mirror *limn_mirror_get (LimnDocument *document);

/* What is on @layer, freed by the caller; NULL when @room, a number of tiles, has run out before
 * all of it was packed, or while a stroke is drawn. @room goes down. */
limn_snapshot *limn_mirror_take (limn_mirror *mirror, const limn_layer *layer, int *room);
