/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gmodule.h>

#include "media/module.h"

#include "media/module/stream.h"

G_MODULE_EXPORT const struct limn_media_module limn_media_module = {
  .writer_new = limn_av_writer_new,
  .writer_encoder = limn_av_writer_encoder,
  .writer_add = limn_av_writer_add,
  .writer_finish = limn_av_writer_finish,
  .writer_free = limn_av_writer_free,
  .reader_new = limn_av_reader_new,
  .reader_info = limn_av_reader_info,
  .reader_next = limn_av_reader_next,
  .reader_recipe = limn_av_reader_recipe,
  .reader_free = limn_av_reader_free,
};

__attribute__ ((constructor)) static void
begin (void)
{
  limn_av_quiet ();
}
