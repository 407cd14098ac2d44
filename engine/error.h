/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The domain of every GError that the engine sets. A message is one sentence without a newline and
 * without "error:" in front; it names the file, tensor or setting, what was found and what was
 * wanted. */
#define LIMN_ERROR (limn_error_quark ())

typedef enum {
  LIMN_ERROR_FAILED,    /* none of the others */
  LIMN_ERROR_FILE,      /* cannot be opened, read or written */
  LIMN_ERROR_FORMAT,    /* was read, and is not what it should be */
  LIMN_ERROR_MODEL,     /* a model that lacks a part, or parts that do not fit together */
  LIMN_ERROR_ARGUMENT,  /* a setting outside its range */
  LIMN_ERROR_DEVICE,    /* no usable device, or it was lost */
  LIMN_ERROR_MEMORY,    /* does not fit into the device's memory */
  LIMN_ERROR_CANCELLED, /* somebody asked for it */
} limn_error;

GQuark limn_error_quark (void);
