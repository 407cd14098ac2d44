/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "error.h"
#include "limn.h"

#define ALIGNMENT 64
#define MIB 1048576.0
/* From here on memory comes as large pages, where a tensor of many megabytes costs the processor
 * far fewer look-ups of addresses. */
#define LARGE ((gsize) 2 << 20)

static gsize
whole_pages (gsize size)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);

  return (size + page - 1) / page * page;
}

/* Page-aligned memory whose whole large pages may be such; the rest of the last one is not, so that
 * hundreds of weights do not waste a megabyte each. */
static void *
map_large (gsize size)
{
  guint8 *mapped;
  gsize before;

  size = whole_pages (size);
  mapped = mmap (NULL, size + LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    return NULL;
  before = (LARGE - (gsize) mapped % LARGE) % LARGE;
  if (before > 0)
    munmap (mapped, before);
  mapped += before;
  munmap (mapped + size, LARGE - before);
  madvise (mapped, size / LARGE * LARGE, MADV_HUGEPAGE);
  return mapped;
}

static void *
allocate (gsize size)
{
  void *data = NULL;

  if (size >= LARGE)
    return map_large (size);
  return posix_memalign (&data, ALIGNMENT, MAX (size, 1)) == 0 ? data : NULL;
}

limn_buffer *
limn_cpu_buffer_new (limn_device *device, gsize size, gsize *counter, GError **error)
{
  guint64 used, total = device->memory.total;
  limn_buffer *buffer;
  void *data = NULL;

  /* Linux gives memory that it does not have and ends the program that uses it. */
  limn_device_memory_use (device, &used, NULL);
  if (total == 0 || used + size <= total)
    data = allocate (size);
  if (!data) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY,
                 "there is not enough memory: wanted %.1f MiB more beside the %.1f MiB in use, and "
                 "this process may have %.1f MiB",
                 (double) size / MIB, (double) used / MIB, (double) total / MIB);
    return NULL;
  }
  buffer = g_new0 (limn_buffer, 1);
  buffer->data = data;
  buffer->size = size;
  buffer->counter = counter;
  limn_device_count (device, counter, (gssize) size);
  return buffer;
}

void
limn_cpu_buffer_free (limn_device *device, limn_buffer *buffer)
{
  if (!buffer)
    return;
  limn_device_count (device, buffer->counter, -(gssize) buffer->size);
  if (buffer->size >= LARGE)
    munmap (buffer->data, whole_pages (buffer->size));
  else
    free (buffer->data);
  g_free (buffer);
}

/* The number in a file of one line, or G_MAXUINT64 for "max" and for no such file. */
static guint64
read_limit (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename ("/sys/fs/cgroup", folder, name, NULL);
  g_autofree char *text = NULL;
  guint64 value;

  if (!g_file_get_contents (path, &text, NULL, NULL) ||
      !g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, G_MAXUINT64, &value, NULL))
    return G_MAXUINT64;
  return value;
}

/* The least of the limits on the way from this process's control group to the root (cgroups(7),
 * version 2). */
static guint64
group_limit (void)
{
  g_autofree char *text = NULL;
  guint64 limit =
      MIN (read_limit ("", "memory.max"), read_limit ("memory", "memory.limit_in_bytes"));
  char *folder, *end;

  if (!g_file_get_contents ("/proc/self/cgroup", &text, NULL, NULL))
    return limit;
  folder = strstr (text, "0::/");
  if (!folder)
    return limit;
  folder += strlen ("0::");
  folder[strcspn (folder, "\n")] = '\0';
  while ((end = strrchr (folder, '/')) != NULL) {
    limit = MIN (limit, read_limit (folder, "memory.max"));
    *end = '\0';
  }
  return limit;
}

guint64
limn_cpu_memory_total (void)
{
  guint64 total = (guint64) sysconf (_SC_PHYS_PAGES) * (guint64) sysconf (_SC_PAGESIZE);
  struct rlimit limit;

  total = MIN (total, group_limit ());
  if (getrlimit (RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    total = MIN (total, (guint64) limit.rlim_cur);
  return total;
}
