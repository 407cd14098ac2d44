/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "tensor.h"

typedef struct limn_device limn_device;

/* One forward pass: the operators that a forward function calls, with the memory for what they
 * make. A device that records (Vulkan) calls the function once and replays it afterwards, so what
 * changes between runs must be in tensors, never in arguments. */
typedef struct limn_pass limn_pass;

/* Calls operators on @pass and stores what shall outlive the pass by limn_copy(). It may be called
 * several times and must do the same each time. */
typedef void (*limn_forward_func) (limn_pass *pass, gpointer data);

/* Runs @forward on the measure device to learn its memory and work. Nothing is computed yet.
 * @data must live as long as the pass. Never fails. */
limn_pass *limn_pass_new (limn_device *device, limn_forward_func forward, gpointer data);
void limn_pass_free (limn_pass *pass);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_pass, limn_pass_free)

/* Computes the pass and waits for it. Records it first when that was not done, growing the
 * device's arena where needed. Cancelling ends it at the next piece of some tens of milliseconds,
 * with LIMN_ERROR_CANCELLED; stored results are then undefined. */
bool limn_pass_run (limn_pass *pass, GCancellable *cancellable, GError **error);

/* Bytes of arena that the pass needs, and its multiply-adds times two. */
gsize limn_pass_arena_bytes (const limn_pass *pass);
double limn_pass_flops (const limn_pass *pass);

/* For forward functions: gives the memory of an arena tensor back and clears it. Tensors outside
 * the arena (inputs, weights) and null tensors are left alone. */
void limn_release (limn_pass *pass, limn_tensor *tensor);

/* Releases *@tensor and puts @with in its place: x = f (x) in one line. */
void limn_replace (limn_pass *pass, limn_tensor *tensor, limn_tensor with);

/* For devices: the first failure of a pass is kept and ends it; takes @error. */
void limn_pass_fail (limn_pass *pass, GError *error);
