/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "arena.h"
#include "device.h"
#include "pass.h"

/* The inside of a pass, for ops.c and for devices. */
struct limn_pass {
  limn_device *device; /* borrowed; the measure device while measuring */
  limn_forward_func forward;
  gpointer data;

  limn_arena *arena;
  gsize arena_bytes;
  double flops;
  GError *error;  /* the first failure of a recording */
  const char *op; /* the operator being recorded, as in ops.h */

  limn_tensor scratch; /* of the operator that runs, as limn_device_scratch asked; or null */
  /* Borrowed for limn_pass_run(), for devices that do not record. */
  GCancellable *cancellable;

  bool measuring; /* for the size of the arena: no weight changes, and none may be looked into */
  bool recorded;
  guint arena_serial; /* the device's when this was recorded */
  gpointer recording; /* the device's own */
};

/* A tensor in the arena, released by limn_release(). */
limn_tensor limn_pass_alloc (limn_pass *pass, limn_dtype dtype, int n, int h, int w, int c);
