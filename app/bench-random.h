/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* `limn bench make-random-sd15 FILE`: writes it, showing how far it is. The first SIGINT or SIGTERM
 * ends that in order. Main thread only. */
bool limn_bench_random (const char *path, bool f32, bool json, GError **error);
