/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a film, as FFmpeg takes it. */

#include "fuzz.h"

#include <string.h>

#include "limn.h"

/* Larger ones cost time and memory and show nothing new. */
#define MAX_PIXELS (512 * 512)
#define MAX_FRAMES 8

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *path = fuzz_put ("film.mp4", data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_film_reader) reader = limn_film_reader_new (path, &error);
  int width, height;
  double rate;

  fuzz_check (reader != NULL, error, LIMN_ERROR);
  if (reader == NULL)
    return 0;
  limn_film_reader_info (reader, &width, &height, &rate);
  g_assert_true (width >= 1 && width <= 16384 && height >= 1 && height <= 16384);
  g_assert_true (rate >= 0);
  for (int i = 0; i < MAX_FRAMES && width * height <= MAX_PIXELS; i++) {
    g_autoptr (limn_image) frame = limn_film_reader_next (reader, &error);

    if (frame == NULL)
      break;
    g_assert_cmpint (frame->width, ==, width);
    g_assert_cmpint (frame->height, ==, height);
    g_assert_cmpint (frame->channels, ==, 3);
  }
  if (error != NULL)
    fuzz_check (false, error, LIMN_ERROR);
  return 0;
}
