/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dlfcn.h>

/* Preloaded by `./dev test` for the build with sanitizers. The leak check comes at the very end,
 * and can name a library, so that tests/lsan.supp applies, only while that is loaded: the Vulkan
 * loader would have closed its drivers by then. */
int
dlclose (void *handle)
{
  return 0;
}
