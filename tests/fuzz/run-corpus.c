/* SPDX-License-Identifier: GPL-3.0-or-later */

/* TAP: runs a fuzz target over its corpus without libFuzzer: `run-corpus FOLDER`, one test a file.
 * Each file is given to the target as it is and then mutated, always in the same way. With
 * --verbose the last line before a crash names the mutation. */

#include "fuzz.h"

#include <string.h>
#include <sys/resource.h>

/* What one small input may add to the memory of the process. */
#define MAX_GROWTH_KIB (256 << 10)

/* Shared evenly by the files of the corpus. */
#define MUTATIONS 4000

struct corpus {
  GPtrArray *names; /* in order */
  GPtrArray *files; /* of GBytes */
};

static struct corpus corpus;

static long
peak_memory (void)
{
  struct rusage usage;

  g_assert_cmpint (getrusage (RUSAGE_SELF, &usage), ==, 0);
  return usage.ru_maxrss;
}

/* In a block of its own, so that AddressSanitizer sees the first byte read beyond it. */
static void
give (const guint8 *bytes, gsize size)
{
  g_autofree guint8 *copy = g_malloc (MAX (size, 1));
  long peak = peak_memory ();

  if (size > 0)
    memcpy (copy, bytes, size);
  g_assert_cmpint (LLVMFuzzerTestOneInput (copy, size), ==, 0);
  g_assert_cmpint (peak_memory () - peak, <, MAX_GROWTH_KIB);
}

static guint
below (GRand *random, guint limit)
{
  return limit > 0 ? g_rand_int (random) % limit : 0;
}

/* --- mutations: each leaves @input with any length --- */

static void
flip_bits (GByteArray *input, GRand *random)
{
  for (guint n = 1 + below (random, 4); n > 0 && input->len > 0; n--)
    input->data[below (random, input->len)] ^= (guint8) (1u << below (random, 8));
}

static void
set_byte (GByteArray *input, GRand *random)
{
  static const guint8 bytes[] = { 0,   1,   0x7f, 0x80, 0xff, '"', '\\', '{', '}', '[',
                                  ']', ',', ':',  '-',  '0',  '9', 'e',  '.', ' ', '\n' };

  if (input->len > 0)
    input->data[below (random, input->len)] = bytes[below (random, G_N_ELEMENTS (bytes))];
}

static void
truncate_it (GByteArray *input, GRand *random)
{
  g_byte_array_set_size (input, below (random, input->len));
}

static void
remove_range (GByteArray *input, GRand *random)
{
  guint from = below (random, input->len);

  if (input->len > 0)
    g_byte_array_remove_range (input, from, 1 + below (random, MIN (input->len - from, 64)));
}

static void
repeat_range (GByteArray *input, GRand *random)
{
  guint from = below (random, input->len);
  guint size = below (random, MIN (input->len - from, 64));
  g_autofree guint8 *tail = g_memdup2 (input->data + from, input->len - from);
  guint tail_size = input->len - from;

  g_byte_array_set_size (input, from + size);
  g_byte_array_append (input, tail, tail_size);
}

/* The beginning of this one and the end of any other. */
static void
splice (GByteArray *input, GRand *random)
{
  GBytes *other = g_ptr_array_index (corpus.files, below (random, corpus.files->len));
  gsize size;
  const guint8 *bytes = g_bytes_get_data (other, &size);
  guint from = below (random, (guint) size);

  g_byte_array_set_size (input, below (random, input->len + 1));
  if (size > 0)
    g_byte_array_append (input, bytes + from, (guint) size - from);
}

static void
mutate (GByteArray *input, GRand *random)
{
  static void (*const mutations[]) (GByteArray *, GRand *) = {
    flip_bits, flip_bits, set_byte, truncate_it, remove_range, repeat_range, splice,
  };

  for (guint n = 1 + below (random, 3); n > 0; n--)
    mutations[below (random, G_N_ELEMENTS (mutations))](input, random);
}

static void
test_file (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  GBytes *file = g_ptr_array_index (corpus.files, index);
  GRand *random = g_rand_new_with_seed (0x11a9 + index);
  gsize size;
  const guint8 *bytes = g_bytes_get_data (file, &size);

  give (bytes, size);
  for (guint i = 0; i < MUTATIONS / corpus.files->len; i++) {
    g_autoptr (GByteArray) input = g_byte_array_new ();

    if (size > 0)
      g_byte_array_append (input, bytes, (guint) size);
    mutate (input, random);
    if (g_test_verbose ())
      g_test_message ("%s, mutation %u, %u bytes", (char *) g_ptr_array_index (corpus.names, index),
                      i, input->len);
    give (input->data, input->len);
  }
  g_rand_free (random);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
read_corpus (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  g_assert_no_error (error);
  corpus.names = g_ptr_array_new_with_free_func (g_free);
  corpus.files = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (corpus.names, g_strdup (name));
  g_ptr_array_sort (corpus.names, compare_names);
  for (guint i = 0; i < corpus.names->len; i++) {
    g_autofree char *path = g_build_filename (folder, g_ptr_array_index (corpus.names, i), NULL);
    char *bytes;
    gsize size;

    g_file_get_contents (path, &bytes, &size, &error);
    g_assert_no_error (error);
    g_ptr_array_add (corpus.files, g_bytes_new_take (bytes, size));
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  read_corpus (argv[1]);
  g_assert_cmpuint (corpus.files->len, >, 0);
  for (guint i = 0; i < corpus.names->len; i++) {
    g_autofree char *path =
        g_strconcat ("/fuzz/", (char *) g_ptr_array_index (corpus.names, i), NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_file);
  }
  status = g_test_run ();
  g_ptr_array_unref (corpus.files);
  g_ptr_array_unref (corpus.names);
  return status;
}
