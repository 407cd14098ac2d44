/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* The device and the model that are open: the last ones that were asked for, so that the next
 * picture begins without reading anything. It belongs to the worker thread. */
struct limn_stand {
  limn_device *device;
  char *device_id; /* as it was asked for; NULL for the best */
  limn_model *model;
  char *path;        /* of the model */
  char *state;       /* of its files when they were read: see stand.c */
  char *name;        /* what a recipe calls it */
  char *text;        /* its path as a recipe has it */
  char *fingerprint; /* or NULL */
  GHashTable
      *controls; /* char * -> char *: types that were used -> fingerprint, which may be NULL */

  double decode_seconds; /* what came after the last step of the last picture; 0 before it */
  char *checked;         /* the kind of picture that was found to fit the memory */
};

/* Opens what is not open, and another one only after the last was closed. A model whose files have
 * changed is read again; one whose files are gone stays. On failure nothing is open. */
bool limn_stand_open_device (struct limn_stand *stand, const char *id, GError **error);
bool limn_stand_open_model (struct limn_stand *stand, const char *path, GError **error);
void limn_stand_close_model (struct limn_stand *stand);
void limn_stand_clear (struct limn_stand *stand);

/* The fingerprint of the ControlNet at @path, or in the model's folder when that is NULL; borrowed,
 * NULL when it cannot be read. Notes that the type is in use. */
const char *limn_stand_control (struct limn_stand *stand, const char *type, const char *path);
