/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* `limn bench animate`: memory and time of clips of three lengths, beside the forecast. @drawing is
 * what the ControlNet "scribble" sees in every frame, or NULL; @motion motion modules, or NULL. */
bool limn_bench_clips (limn_device *device,
                       const char *model,
                       const char *motion,
                       const struct limn_generate_params *base,
                       const limn_image *drawing,
                       bool json,
                       GError **error);
/* `limn bench smoothness FILM|FOLDER`. */
bool limn_bench_film (const char *path, bool json, GError **error);
