/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "ops.h"
#include "tensor.h"

/* A device holds memory and runs the operators of ops.h on it. Vulkan and the processor are
 * devices that compute; the measure device computes nothing, and its arena and counters tell what
 * the same forward function would need. One thread at a time may use a device. */
typedef struct limn_device limn_device;

/* What the bytes of a weight are for, so that a device can store them in the order it likes. */
typedef enum {
  LIMN_WEIGHT_CONV,      /* [out, in, kh, kw] as PyTorch has it; becomes n=out h=kh w=kw c=in */
  LIMN_WEIGHT_LINEAR,    /* [out, in]; becomes n=out h=1 w=1 c=in */
  LIMN_WEIGHT_EMBEDDING, /* [rows, c]; becomes n=rows h=1 w=1 c */
  LIMN_WEIGHT_VECTOR,    /* [c], bias or scale, always f32 on the device; becomes c */
} limn_weight_kind;

typedef enum {
  LIMN_DEVICE_VULKAN,
  LIMN_DEVICE_CPU,
  LIMN_DEVICE_MEASURE,
} limn_device_kind;

struct limn_device_memory {
  gsize weights; /* bytes of weights, inputs and outputs */
  gsize arena;   /* bytes of the arena that all passes share */
  gsize other;   /* bytes of staging */
  gsize peak;    /* the most that these three were together */
  gsize total;   /* bytes that the device has, 0 when unknown */
};

struct limn_device_class {
  limn_device_kind kind;
  void (*free) (limn_device *device);

  /* Memory. A buffer is counted in @counter, a field of device->memory, until it is freed. @weight
   * is stored as @kind asks from @src, PyTorch's order in type @dtype; @src may be unaligned. */
  limn_buffer *(*buffer_new) (limn_device *device, gsize size, gsize *counter, GError **error);
  void (*buffer_free) (limn_device *device, limn_buffer *buffer);
  bool (*write) (limn_device *device, limn_tensor dst, const void *src, GError **error);
  bool (*read) (limn_device *device, limn_tensor src, void *dst, GError **error);
  /* Bytes of a weight on the device; NULL: those of the tensor. */
  gsize (*weight_bytes) (limn_device *device, limn_weight_kind kind, limn_tensor weight);
  bool (*weight_new) (limn_device *device,
                      limn_weight_kind kind,
                      limn_tensor *weight,
                      limn_dtype dtype,
                      const void *src,
                      GError **error);

  /* Passes. @record is called once before the operators and @finish once after them; both may be
   * NULL for a device that runs the forward function each time. */
  bool (*pass_record) (limn_pass *pass, GError **error);
  bool (*pass_finish) (limn_pass *pass, GError **error);
  bool (*pass_run) (limn_pass *pass, GCancellable *cancellable, GError **error);
  void (*pass_free) (limn_pass *pass);

  /* The operators: @out is allocated, shapes are checked. A failure goes to limn_pass_fail(). What
   * @scratch asked for is in pass->scratch. */
  struct limn_device_scratch scratch;
  struct limn_device_reorder reorder;
  struct limn_device_ops ops;
};

/* Called after a run for each operator in it: @op as in ops.h, and what it took. */
typedef void (*limn_profile_func) (const char *op, double seconds, gpointer data);

struct limn_device {
  const struct limn_device_class *klass;
  char *name;         /* as `limn devices` prints it */
  limn_device *real;  /* of a measure device: the one that it stands for, or NULL; borrowed */
  limn_dtype storage; /* of activations and of weights that are no vectors */
  limn_buffer *arena; /* shared by all passes, grown by limn_pass_run() */
  gsize arena_size;   /* bytes */
  guint arena_serial; /* changes when the arena does: older recordings are made anew */
  struct limn_device_memory memory;
  double flops;              /* multiply-adds times two of all passes that ran */
  guint debug;               /* limn_debug */
  limn_profile_func profile; /* NULL: operators are not timed */
  gpointer profile_data;
};

/* A tensor of its own, outside the arena: inputs, outputs and weights. Freed by
 * limn_tensor_free(). On failure: null tensor and @error. */
limn_tensor
limn_tensor_new (limn_device *device, limn_dtype dtype, int n, int h, int w, int c, GError **error);
void limn_tensor_free (limn_device *device, limn_tensor *tensor);

/* Host f32 in NHWC order to a tensor of any float type, and back. Block until done. */
bool limn_tensor_write (limn_device *device, limn_tensor dst, const float *src, GError **error);
bool limn_tensor_read (limn_device *device, limn_tensor src, float *dst, GError **error);
/* The same without a conversion: limn_tensor_bytes() in the tensor's own type. */
bool
limn_tensor_write_stored (limn_device *device, limn_tensor dst, const void *src, GError **error);
bool limn_tensor_read_stored (limn_device *device, limn_tensor src, void *dst, GError **error);
bool
limn_tensor_write_ids (limn_device *device, limn_tensor dst, const gint32 *src, GError **error);

/* Times every operator of passes that run from now on, which are recorded anew for it; NULL ends
 * that. Operators then run one after the other. */
void limn_device_set_profile (limn_device *device, limn_profile_func profile, gpointer data);

/* The N of "@word=N" in LIMN_DEBUG, 0 where it is not there. */
guint limn_debug_number (const char *word);

/* Accounting for the devices themselves. */
void limn_device_count (limn_device *device, gsize *counter, gssize bytes);

/* The device that runs nothing. @storage is the type that the real device would use. */
limn_device *limn_measure_device_new (limn_dtype storage);
/* One that counts memory as @real, which must outlive it, would need it. */
limn_device *limn_measure_device_new_for (limn_device *real);
