/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/profile.h"

/* More dispatches than any pass has; what lies beyond is not timed. */
#define MAX_MARKS 16384

struct limn_vk_profile {
  VkQueryPool pool;
  GPtrArray *ops; /* of borrowed names; the time of ops[i] ends at query i + 1 */
};

struct limn_vk_profile *
limn_vk_profile_new (struct limn_vk *vk, VkCommandBuffer commands, GError **error)
{
  const VkQueryPoolCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
    .queryType = VK_QUERY_TYPE_TIMESTAMP,
    .queryCount = MAX_MARKS,
  };
  struct limn_vk_profile *profile;
  VkQueryPool pool;
  VkResult result;

  if (!vk->base.profile || !vk->physical->properties.limits.timestampComputeAndGraphics)
    return NULL;
  result = vk->CreateQueryPool (vk->device, &info, NULL, &pool);
  if (result != VK_SUCCESS) {
    limn_vk_fail (error, result, "%s has no timestamps", vk->base.name);
    return NULL;
  }
  profile = g_new0 (struct limn_vk_profile, 1);
  profile->pool = pool;
  profile->ops = g_ptr_array_new ();
  vk->CmdResetQueryPool (commands, pool, 0, MAX_MARKS);
  vk->CmdWriteTimestamp2KHR (commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, pool, 0);
  return profile;
}

void
limn_vk_profile_free (struct limn_vk *vk, struct limn_vk_profile *profile)
{
  if (!profile)
    return;
  vk->DestroyQueryPool (vk->device, profile->pool, NULL);
  g_ptr_array_unref (profile->ops);
  g_free (profile);
}

void
limn_vk_profile_mark (struct limn_vk *vk,
                      struct limn_vk_profile *profile,
                      VkCommandBuffer commands,
                      const char *op)
{
  if (profile->ops->len + 1 >= MAX_MARKS)
    return;
  g_ptr_array_add (profile->ops, (gpointer) op);
  vk->CmdWriteTimestamp2KHR (commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, profile->pool,
                             profile->ops->len);
}

bool
limn_vk_profile_report (struct limn_vk *vk, struct limn_vk_profile *profile, GError **error)
{
  guint count = profile->ops->len + 1;
  g_autofree guint64 *ticks = g_new (guint64, count);
  double seconds_per_tick = vk->physical->properties.limits.timestampPeriod * 1e-9;
  VkResult result =
      vk->GetQueryPoolResults (vk->device, profile->pool, 0, count, count * sizeof *ticks, ticks,
                               sizeof *ticks, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);

  if (result != VK_SUCCESS)
    return limn_vk_fail (error, result, "%s gave no timestamps", vk->base.name);
  for (guint i = 0; i + 1 < count; i++)
    vk->base.profile (g_ptr_array_index (profile->ops, i),
                      (double) (ticks[i + 1] - ticks[i]) * seconds_per_tick, vk->base.profile_data);
  return true;
}
