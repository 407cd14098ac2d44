/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/pipeline.h"

#include <string.h>

#include "error.h"

struct key {
  const struct limn_vk_shader *shader;
  guint32 spec[LIMN_VK_MAX_SPEC];
};

struct limn_vk_pipelines {
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  VkPipelineCache cache;
  GHashTable *table; /* struct key -> VkPipeline */
  bool grown;        /* since the disk cache was read */
};

static guint
key_hash (gconstpointer data)
{
  const struct key *key = data;
  guint hash = g_direct_hash (key->shader);

  for (guint i = 0; i < LIMN_VK_MAX_SPEC; i++)
    hash = hash * 31 + key->spec[i];
  return hash;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const struct key *first = a, *second = b;

  return first->shader == second->shader &&
         memcmp (first->spec, second->spec, sizeof first->spec) == 0;
}

/* The file begins with the SHA-256 of what follows: drivers are not always careful with a broken
 * cache. It is named after the device and its driver's version. */
#define DIGEST_SIZE 32

static char *
cache_path (struct limn_vk *vk)
{
  const VkPhysicalDeviceProperties *device = &vk->physical->properties;
  g_autoptr (GString) name = g_string_new ("pipelines-");

  g_string_append_printf (name, "%08x-%08x-%08x-", device->vendorID, device->deviceID,
                          device->driverVersion);
  for (guint i = 0; i < VK_UUID_SIZE; i++)
    g_string_append_printf (name, "%02x", device->pipelineCacheUUID[i]);
  g_string_append (name, ".cache");
  return g_build_filename (g_get_user_cache_dir (), "limn", name->str, NULL);
}

static void
digest (const void *data, gsize size, guint8 out[DIGEST_SIZE])
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = DIGEST_SIZE;

  g_checksum_update (checksum, data, (gssize) size);
  g_checksum_get_digest (checksum, out, &length);
}

static GBytes *
cache_read (struct limn_vk *vk)
{
  g_autofree char *path = cache_path (vk);
  g_autofree char *contents = NULL;
  guint8 sum[DIGEST_SIZE];
  gsize size;

  if (!g_file_get_contents (path, &contents, &size, NULL) || size < DIGEST_SIZE)
    return NULL;
  digest (contents + DIGEST_SIZE, size - DIGEST_SIZE, sum);
  if (memcmp (sum, contents, DIGEST_SIZE) != 0)
    return NULL;
  return g_bytes_new (contents + DIGEST_SIZE, size - DIGEST_SIZE);
}

/* A cache that cannot be written costs time at the next start and nothing else. */
static void
cache_write (struct limn_vk *vk)
{
  g_autofree char *path = cache_path (vk);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree guint8 *contents = NULL;
  gsize size = 0;

  if (vk->GetPipelineCacheData (vk->device, vk->pipelines->cache, &size, NULL) != VK_SUCCESS)
    return;
  contents = g_malloc (DIGEST_SIZE + size);
  if (vk->GetPipelineCacheData (vk->device, vk->pipelines->cache, &size, contents + DIGEST_SIZE) !=
      VK_SUCCESS)
    return;
  digest (contents + DIGEST_SIZE, size, contents);
  if (g_mkdir_with_parents (folder, 0700) == 0)
    g_file_set_contents (path, (const char *) contents, (gssize) (DIGEST_SIZE + size), NULL);
}

static VkResult
create_cache (struct limn_vk *vk)
{
  g_autoptr (GBytes) old = cache_read (vk);
  const VkPipelineCacheCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
    .initialDataSize = old ? g_bytes_get_size (old) : 0,
    .pInitialData = old ? g_bytes_get_data (old, NULL) : NULL,
  };

  return vk->CreatePipelineCache (vk->device, &info, NULL, &vk->pipelines->cache);
}

static VkResult
create_layout (struct limn_vk *vk)
{
  VkDescriptorSetLayoutBinding bindings[LIMN_VK_MAX_BINDINGS];
  const VkPushConstantRange push = {
    .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
    .size = LIMN_VK_MAX_PUSH,
  };
  const VkDescriptorSetLayoutCreateInfo set_info = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
    .flags = VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR,
    .bindingCount = LIMN_VK_MAX_BINDINGS,
    .pBindings = bindings,
  };
  const VkPipelineLayoutCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
    .setLayoutCount = 1,
    .pSetLayouts = &vk->pipelines->set_layout,
    .pushConstantRangeCount = 1,
    .pPushConstantRanges = &push,
  };
  VkResult result;

  for (guint32 i = 0; i < LIMN_VK_MAX_BINDINGS; i++)
    bindings[i] = (VkDescriptorSetLayoutBinding){
      .binding = i,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .descriptorCount = 1,
      .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
    };
  result = vk->CreateDescriptorSetLayout (vk->device, &set_info, NULL, &vk->pipelines->set_layout);
  if (result != VK_SUCCESS)
    return result;
  return vk->CreatePipelineLayout (vk->device, &info, NULL, &vk->pipelines->layout);
}

bool
limn_vk_pipelines_init (struct limn_vk *vk, GError **error)
{
  VkResult result;

  vk->pipelines = g_new0 (struct limn_vk_pipelines, 1);
  vk->pipelines->table = g_hash_table_new_full (key_hash, key_equal, g_free, NULL);
  result = create_layout (vk);
  if (result == VK_SUCCESS)
    result = create_cache (vk);
  return result == VK_SUCCESS ||
         limn_vk_fail (error, result, "%s: no pipeline layout", vk->base.name);
}

void
limn_vk_pipelines_fini (struct limn_vk *vk)
{
  GHashTableIter iter;
  gpointer pipeline;

  if (!vk->pipelines)
    return;
  if (vk->pipelines->grown)
    cache_write (vk);
  g_hash_table_iter_init (&iter, vk->pipelines->table);
  while (g_hash_table_iter_next (&iter, NULL, &pipeline))
    vk->DestroyPipeline (vk->device, (VkPipeline) pipeline, NULL);
  g_hash_table_unref (vk->pipelines->table);
  vk->DestroyPipelineCache (vk->device, vk->pipelines->cache, NULL);
  vk->DestroyPipelineLayout (vk->device, vk->pipelines->layout, NULL);
  vk->DestroyDescriptorSetLayout (vk->device, vk->pipelines->set_layout, NULL);
  g_clear_pointer (&vk->pipelines, g_free);
}

VkPipelineLayout
limn_vk_pipelines_layout (struct limn_vk *vk)
{
  return vk->pipelines->layout;
}

static VkResult
create_pipeline (struct limn_vk *vk, const struct key *key, VkPipeline *pipeline)
{
  guint storage = vk->base.storage == LIMN_DTYPE_F16 ? 1 : 0;
  VkSpecializationMapEntry entries[LIMN_VK_MAX_SPEC];
  const VkSpecializationInfo spec = {
    .mapEntryCount = LIMN_VK_MAX_SPEC,
    .pMapEntries = entries,
    .dataSize = sizeof key->spec,
    .pData = key->spec,
  };
  const VkShaderModuleCreateInfo module_info = {
    .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
    .codeSize = key->shader->spirv[storage].size,
    .pCode = key->shader->spirv[storage].code,
  };
  VkComputePipelineCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
    .stage = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
      .pName = "main",
      .pSpecializationInfo = &spec,
    },
    .layout = vk->pipelines->layout,
  };
  VkResult result;

  for (guint32 i = 0; i < LIMN_VK_MAX_SPEC; i++)
    entries[i] = (VkSpecializationMapEntry){ i, i * sizeof (guint32), sizeof (guint32) };
  result = limn_vk_inject_memory (vk);
  if (result != VK_SUCCESS)
    return result;
  result = vk->CreateShaderModule (vk->device, &module_info, NULL, &info.stage.module);
  if (result != VK_SUCCESS)
    return result;
  result = vk->CreateComputePipelines (vk->device, vk->pipelines->cache, 1, &info, NULL, pipeline);
  vk->DestroyShaderModule (vk->device, info.stage.module, NULL);
  return result;
}

VkPipeline
limn_vk_pipelines_get (struct limn_vk *vk,
                       const struct limn_vk_shader *shader,
                       const guint32 spec[LIMN_VK_MAX_SPEC],
                       GError **error)
{
  struct key key = { .shader = shader };
  VkPipeline pipeline;
  VkResult result;

  memcpy (key.spec, spec, sizeof key.spec);
  pipeline = (VkPipeline) g_hash_table_lookup (vk->pipelines->table, &key);
  if (pipeline)
    return pipeline;
  result = create_pipeline (vk, &key, &pipeline);
  if (result != VK_SUCCESS) {
    limn_vk_fail (error, result, "%s cannot make the pipeline of shader %s", vk->base.name,
                  shader->name);
    return VK_NULL_HANDLE;
  }
  vk->pipelines->grown = true;
  g_hash_table_insert (vk->pipelines->table, g_memdup2 (&key, sizeof key), pipeline);
  return pipeline;
}
