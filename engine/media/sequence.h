/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/media.h"

/* A film as a PNG a frame. */
typedef struct limn_sequence_writer limn_sequence_writer;

/* NAME.png stands for NAME-0001.png and so on. Files are there when they are written; one that is
 * not finished removes those that it made where nothing was before. */
limn_sequence_writer *limn_sequence_writer_new (const char *path,
                                                const struct limn_film_params *params);
bool
limn_sequence_writer_add (limn_sequence_writer *writer, const limn_image *frame, GError **error);
bool limn_sequence_writer_finish (limn_sequence_writer *writer, GError **error);
void limn_sequence_writer_free (limn_sequence_writer *writer);

/* All .png of a folder in the order of their names, numbers counting as such. */
typedef struct limn_sequence_reader limn_sequence_reader;

limn_sequence_reader *limn_sequence_reader_new (const char *folder, GError **error);
void limn_sequence_reader_size (const limn_sequence_reader *reader, int *width, int *height);
/* Its path; borrowed. */
const char *limn_sequence_reader_first (const limn_sequence_reader *reader);
limn_image *limn_sequence_reader_next (limn_sequence_reader *reader, GError **error);
void limn_sequence_reader_free (limn_sequence_reader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_sequence_reader, limn_sequence_reader_free)
