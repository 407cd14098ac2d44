/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a JPEG file. */

#include "fuzz.h"

#include "error.h"
#include "io/picture.h"

/* Larger pictures cost time and show nothing new. */
#define MAX_PIXELS (1 << 16)

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) image =
      limn_picture_decode (data, size, "picture.jpeg", MAX_PIXELS, &error);

  fuzz_check (image != NULL, error, LIMN_ERROR);
  if (image != NULL) {
    g_assert_cmpint (image->width * image->height, <=, MAX_PIXELS);
    g_assert_true (image->channels == 1 || image->channels == 3 || image->channels == 4);
  }
  return 0;
}
