/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/command.h"

#include <math.h>

#include "error.h"
#include "pass-private.h"
#include "vk/profile.h"

struct range {
  VkBuffer buffer;
  gsize begin, end;
};

/* What a dispatch wrote, for LIMN_DEBUG=check. */
struct written {
  const char *shader;
  struct limn_vk_binding binding;
  bool f32;
};

struct limn_vk_recording {
  GArray *segments; /* of VkCommandBuffer; the last one is being recorded */
  GArray *written;  /* of struct written, one a segment; only when checking */
  GArray *reads;    /* of struct range, since the last barrier */
  GArray *writes;
  double segment_start;            /* the pass's flops when the last segment began */
  struct limn_vk_profile *profile; /* NULL: no times are wanted */
};

static struct limn_vk *
vk_of (limn_pass *pass)
{
  return (struct limn_vk *) pass->device;
}

static void
recording_free (struct limn_vk *vk, struct limn_vk_recording *recording)
{
  if (!recording)
    return;
  limn_vk_profile_free (vk, recording->profile);
  if (recording->segments->len > 0)
    vk->FreeCommandBuffers (vk->device, vk->pool, recording->segments->len,
                            (VkCommandBuffer *) recording->segments->data);
  g_array_unref (recording->segments);
  g_array_unref (recording->written);
  g_array_unref (recording->reads);
  g_array_unref (recording->writes);
  g_free (recording);
}

static VkCommandBuffer
current (struct limn_vk_recording *recording)
{
  return g_array_index (recording->segments, VkCommandBuffer, recording->segments->len - 1);
}

static bool
begin_segment (limn_pass *pass, struct limn_vk_recording *recording, GError **error)
{
  VkCommandBuffer commands = limn_vk_commands_begin (vk_of (pass), false, error);

  if (!commands)
    return false;
  g_array_append_val (recording->segments, commands);
  recording->segment_start = pass->flops;
  return true;
}

static void
barrier (struct limn_vk *vk, struct limn_vk_recording *recording)
{
  limn_vk_barrier (vk, current (recording));
  g_array_set_size (recording->reads, 0);
  g_array_set_size (recording->writes, 0);
}

bool
limn_vk_pass_record (limn_pass *pass, GError **error)
{
  struct limn_vk_recording *recording = g_new0 (struct limn_vk_recording, 1);
  GError *failure = NULL;

  limn_vk_pass_free (pass);
  recording->segments = g_array_new (FALSE, FALSE, sizeof (VkCommandBuffer));
  recording->written = g_array_new (FALSE, FALSE, sizeof (struct written));
  recording->reads = g_array_new (FALSE, FALSE, sizeof (struct range));
  recording->writes = g_array_new (FALSE, FALSE, sizeof (struct range));
  pass->recording = recording;
  if (!begin_segment (pass, recording, error))
    return false;
  barrier (vk_of (pass), recording); /* against whatever ran before */
  recording->profile = limn_vk_profile_new (vk_of (pass), current (recording), &failure);
  if (!failure)
    return true;
  g_propagate_error (error, failure);
  return false;
}

bool
limn_vk_pass_finish (limn_pass *pass, GError **error)
{
  struct limn_vk_recording *recording = pass->recording;

  barrier (vk_of (pass), recording);
  return limn_vk_commands_end (vk_of (pass), current (recording), error);
}

void
limn_vk_pass_free (limn_pass *pass)
{
  recording_free (vk_of (pass), pass->recording);
  pass->recording = NULL;
}

static bool
overlaps (const GArray *ranges, const struct range *range)
{
  for (guint i = 0; i < ranges->len; i++) {
    const struct range *other = &g_array_index (ranges, struct range, i);
    if (other->buffer == range->buffer && other->begin < range->end && range->begin < other->end)
      return true;
  }
  return false;
}

/* A barrier where @bindings touch what was written, or write what was read, since the last one. */
static void
order (struct limn_vk *vk,
       struct limn_vk_recording *recording,
       const struct limn_vk_binding *bindings,
       guint n_bindings)
{
  struct range ranges[LIMN_VK_MAX_BINDINGS];
  bool hazard = recording->profile || (vk->base.debug & LIMN_DEBUG_SYNC);

  for (guint i = 0; i < n_bindings; i++) {
    const struct limn_vk_binding *binding = &bindings[i];
    gsize begin = binding->buffer->offset + binding->offset;
    ranges[i] = (struct range){ binding->buffer->handle, begin, begin + binding->size };
    hazard = hazard || overlaps (recording->writes, &ranges[i]) ||
             (binding->write && overlaps (recording->reads, &ranges[i]));
  }
  if (hazard)
    barrier (vk, recording);
  for (guint i = 0; i < n_bindings; i++)
    g_array_append_val (bindings[i].write ? recording->writes : recording->reads, ranges[i]);
}

static guint
count_bindings (const struct limn_vk_binding *bindings)
{
  guint count = 0;

  while (count < LIMN_VK_MAX_BINDINGS && bindings[count].buffer)
    count++;
  return count;
}

static void
push_bindings (struct limn_vk *vk,
               VkCommandBuffer commands,
               const struct limn_vk_binding *bindings,
               guint count)
{
  VkDescriptorBufferInfo infos[LIMN_VK_MAX_BINDINGS];
  VkWriteDescriptorSet writes[LIMN_VK_MAX_BINDINGS];

  for (guint i = 0; i < count; i++) {
    g_assert (bindings[i].size <= vk->max_range);
    infos[i] = (VkDescriptorBufferInfo){
      .buffer = bindings[i].buffer->handle,
      .offset = bindings[i].buffer->offset + bindings[i].offset,
      .range = bindings[i].size,
    };
    writes[i] = (VkWriteDescriptorSet){
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstBinding = i,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = &infos[i],
    };
  }
  vk->CmdPushDescriptorSetKHR (commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                               limn_vk_pipelines_layout (vk), 0, count, writes);
}

static bool
checks (struct limn_vk *vk)
{
  return (vk->base.debug & LIMN_DEBUG_CHECK) != 0;
}

/* Ends the segment when it has work enough, and when checking after every dispatch. The hazards go
 * on: barriers reach across command buffers of one queue. */
static bool
cut (limn_pass *pass, struct limn_vk_recording *recording, GError **error)
{
  bool full = pass->flops - recording->segment_start >= vk_of (pass)->segment_flops;

  if (!full && !(checks (vk_of (pass)) && recording->written->len > 0))
    return true;
  return limn_vk_commands_end (vk_of (pass), current (recording), error) &&
         begin_segment (pass, recording, error);
}

/* Every shader writes to its last binding. */
static void
note_written (struct limn_vk_recording *recording, const struct limn_vk_dispatch *dispatch)
{
  const struct limn_vk_binding *last = &dispatch->bindings[count_bindings (dispatch->bindings) - 1];
  const struct written written = { dispatch->shader->name, *last, dispatch->writes_f32 };

  g_assert (last->write);
  g_array_append_val (recording->written, written);
}

void
limn_vk_dispatch (limn_pass *pass, const struct limn_vk_dispatch *dispatch)
{
  struct limn_vk *vk = vk_of (pass);
  struct limn_vk_recording *recording = pass->recording;
  guint n_bindings = count_bindings (dispatch->bindings);
  GError *error = NULL;
  VkPipeline pipeline;

  if (pass->error)
    return;
  g_assert (dispatch->push_size <= LIMN_VK_MAX_PUSH);
  for (guint i = 0; i < 3; i++)
    g_assert (dispatch->groups[i] > 0 &&
              dispatch->groups[i] <= vk->physical->properties.limits.maxComputeWorkGroupCount[i]);

  pipeline = limn_vk_pipelines_get (vk, dispatch->shader, dispatch->spec, &error);
  if (!pipeline || !cut (pass, recording, &error)) {
    limn_pass_fail (pass, error);
    return;
  }
  order (vk, recording, dispatch->bindings, n_bindings);
  vk->CmdBindPipeline (current (recording), VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  push_bindings (vk, current (recording), dispatch->bindings, n_bindings);
  vk->CmdPushConstants (current (recording), limn_vk_pipelines_layout (vk),
                        VK_SHADER_STAGE_COMPUTE_BIT, 0, dispatch->push_size, dispatch->push);
  vk->CmdDispatch (current (recording), dispatch->groups[0], dispatch->groups[1],
                   dispatch->groups[2]);
  if (checks (vk))
    note_written (recording, dispatch);
  if (recording->profile)
    limn_vk_profile_mark (vk, recording->profile, current (recording), pass->op);
}

void
limn_vk_copy (limn_pass *pass, const struct limn_vk_binding *src, const struct limn_vk_binding *dst)
{
  struct limn_vk *vk = vk_of (pass);
  struct limn_vk_recording *recording = pass->recording;
  const struct limn_vk_binding bindings[] = { *src, *dst };
  const VkBufferCopy region = {
    .srcOffset = src->buffer->offset + src->offset,
    .dstOffset = dst->buffer->offset + dst->offset,
    .size = src->size,
  };

  if (pass->error)
    return;
  g_assert (src->size == dst->size && dst->write);
  order (vk, recording, bindings, G_N_ELEMENTS (bindings));
  vk->CmdCopyBuffer (current (recording), src->buffer->handle, dst->buffer->handle, 1, &region);
  if (recording->profile)
    limn_vk_profile_mark (vk, recording->profile, current (recording), pass->op);
}

/* LIMN_DEBUG=check: whether the dispatch of segment @i wrote NaN or infinity. */
static bool
check_segment (struct limn_vk *vk, struct limn_vk_recording *recording, guint i, GError **error)
{
  const struct written *written = &g_array_index (recording->written, struct written, i);
  limn_dtype dtype = written->f32 ? LIMN_DTYPE_F32 : vk->base.storage;
  gsize count = written->binding.size / limn_dtype_size (dtype);
  g_autofree void *stored = g_malloc (written->binding.size);
  g_autofree float *values = g_new (float, count);

  if (!limn_vk_wait (vk, vk->submitted, error) ||
      !limn_vk_buffer_read (vk, written->binding.buffer, written->binding.offset,
                            written->binding.size, stored, error))
    return false;
  limn_convert_to_f32 (dtype, stored, values, count);
  for (gsize j = 0; j < count; j++)
    if (!isfinite (values[j])) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_FAILED,
                   "shader %s, dispatch %u of %u, wrote %g as element %" G_GSIZE_FORMAT
                   " of %" G_GSIZE_FORMAT,
                   written->shader, i + 1, recording->written->len, (double) values[j], j, count);
      return false;
    }
  return true;
}

/* Keeps two segments in flight, so that the device does not idle between them. */
static bool
submit_segments (struct limn_vk *vk,
                 struct limn_vk_recording *recording,
                 GCancellable *cancellable,
                 GError **error)
{
  for (guint i = 0; i < recording->segments->len; i++) {
    if (g_cancellable_is_cancelled (cancellable)) {
      limn_vk_wait (vk, vk->submitted, NULL);
      g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
      return false;
    }
    if (!limn_vk_submit (vk, g_array_index (recording->segments, VkCommandBuffer, i), error))
      return false;
    if (i > 0 && !limn_vk_wait (vk, vk->submitted - 1, error))
      return false;
    if (checks (vk) && i < recording->written->len && !check_segment (vk, recording, i, error))
      return false;
  }
  return limn_vk_wait (vk, vk->submitted, error);
}

bool
limn_vk_pass_run (limn_pass *pass, GCancellable *cancellable, GError **error)
{
  struct limn_vk *vk = vk_of (pass);
  struct limn_vk_recording *recording = pass->recording;
  gint64 start = g_get_monotonic_time ();

  if (!submit_segments (vk, recording, cancellable, error) ||
      !limn_vk_instance_check (vk->instance, error))
    return false;
  if (recording->profile && !limn_vk_profile_report (vk, recording->profile, error))
    return false;
  if (vk->base.debug & LIMN_DEBUG_TIME) {
    double seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
    g_printerr ("limn: time: %.4f s, %.2f GFLOP, %.1f GFLOP/s, %u segments\n", seconds,
                pass->flops / 1e9, pass->flops / 1e9 / MAX (seconds, 1e-9),
                recording->segments->len);
  }
  return true;
}
