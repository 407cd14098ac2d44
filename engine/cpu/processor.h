/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* The processor behind limn_device_open(): matrix products and convolutions by oneDNN, the rest by
 * the kernels of this folder. @threads is 0 for one on each core. */
limn_device *
limn_cpu_device_new (limn_precision precision, int threads, limn_debug debug, GError **error);

/* Adds the processor to @list (of limn_device_info). */
void limn_cpu_devices_list (GPtrArray *list);
