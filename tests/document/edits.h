/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"

/* Documents for the tests: random ones, always the same from the same seed, and what tells whether
 * two are alike. */

/* SHA-256 over all that a document has, pixels, strokes and results included, but for numbers that
 * only count upwards. The caller frees it. */
char *edits_digest (LimnDocument *document);
/* The same over the pixels of a layer. */
char *edits_digest_pixels (const limn_layer *layer);

/* One change of any sort; some are refused, as in a program. */
void edits_random (LimnDocument *document, GRand *random);
/* 200 x 150 with some layers and @count changes. */
LimnDocument *edits_document_new (guint32 seed, int count);

/* A stroke through some points within the canvas. */
void edits_stroke (LimnDocument *document, guint32 layer, GRand *random, int points);
struct limn_brush edits_brush (GRand *random);
