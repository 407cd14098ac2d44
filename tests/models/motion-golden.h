/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Weights and inputs of the tests of motion, which tests/golden/make_motion.py made from the names
 * of the tensors: here they are made once more. */

#include "golden.h"

/* @count inputs of variance 1, freed by the caller. */
float *motion_values (const char *name, gsize count);
/* An RGB picture of noise. */
limn_image *motion_image (const char *name, int side);
/* A tensor of them on the device. */
limn_tensor motion_upload (limn_device *device, const char *name, int n, int h, int w, int c);

/* A folder that is removed with what is in it by motion_folder_free(). */
char *motion_folder_new (void);
void motion_folder_free (char *folder);

/* Writes what tests/golden/motion/@list lists as a .safetensors file. @prefix stands before the
 * names from which the values are made, @rename turns a name into that in the file (NULL: none) and
 * may leave a tensor out by NULL. */
typedef char *(*motion_rename) (const char *name);
void motion_write (const char *path, const char *list, const char *prefix, motion_rename rename);
/* Up and down matrices of the modules in @list; @rename gets "MODULE.down" and "MODULE.up". */
void motion_write_lora (const char *path, const char *list, motion_rename rename);
/* Makes FOLDER/NAME/ with the weights of NAME.txt, or of @list, and NAME.json; its path, freed by
 * the caller. */
char *
motion_write_part (const char *folder, const char *name, const char *list, const char *prefix);
