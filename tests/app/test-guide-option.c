/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "guide.h"

/* --guide KIND=VALUE[@X,Y,WIDTH,HEIGHT][:WEIGHT] */

static const struct {
  const char *text;
  struct limn_guide_spec spec; /* @file is compared as a string */
} good[] = {
  { "colour=#ff8000", { LIMN_GUIDE_COLOUR, { 1, 128 / 255.0f, 0 }, .weight = 1 } },
  { "color=#F80:2", { LIMN_GUIDE_COLOUR, { 1, 136 / 255.0f, 0 }, .weight = 2 } },
  { "colour=Navy:0.5", { LIMN_GUIDE_COLOUR, { 0, 0, 128 / 255.0f }, .weight = 0.5f } },
  { "colour=white@0,0.5,1,0.5:3",
    { LIMN_GUIDE_COLOUR, { 1, 1, 1 }, .y = 0.5f, .width = 1, .height = 0.5f, .weight = 3 } },
  { "colour=red@0.25,0,0.75,1",
    { LIMN_GUIDE_COLOUR, { 1, 0, 0 }, .x = 0.25f, .width = 0.75f, .height = 1, .weight = 1 } },
  { "colour=red:", { LIMN_GUIDE_COLOUR, { 1, 0, 0 }, .weight = 1 } },
  { "brightness=0.25", { LIMN_GUIDE_BRIGHTNESS, .brightness = 0.25f, .weight = 1 } },
  { "brightness=1@0,0,0.5,0.5:10",
    { LIMN_GUIDE_BRIGHTNESS, .brightness = 1, .width = 0.5f, .height = 0.5f, .weight = 10 } },
  { "edges=a.png", { LIMN_GUIDE_EDGES, .file = (char *) "a.png", .weight = 1 } },
  { "edges=a.png:2", { LIMN_GUIDE_EDGES, .file = (char *) "a.png", .weight = 2 } },
  { "edges=c:a@b.png", { LIMN_GUIDE_EDGES, .file = (char *) "c:a@b.png", .weight = 1 } },
  { "edges=a=b.png@0,0,0.5,1:2",
    { LIMN_GUIDE_EDGES, .file = (char *) "a=b.png", .width = 0.5f, .height = 1, .weight = 2 } },
};

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    struct limn_guide_spec *spec = limn_guide_spec_parse (good[i].text, &error);
    const struct limn_guide_spec *wanted = &good[i].spec;

    g_test_message ("%s", good[i].text);
    g_assert_no_error (error);
    g_assert_cmpint (spec->kind, ==, wanted->kind);
    for (int k = 0; k < 3; k++)
      g_assert_cmpfloat (spec->colour[k], ==, wanted->colour[k]);
    g_assert_cmpfloat (spec->brightness, ==, wanted->brightness);
    g_assert_cmpstr (spec->file, ==, wanted->file);
    g_assert_cmpfloat (spec->x, ==, wanted->x);
    g_assert_cmpfloat (spec->y, ==, wanted->y);
    g_assert_cmpfloat (spec->width, ==, wanted->width);
    g_assert_cmpfloat (spec->height, ==, wanted->height);
    g_assert_cmpfloat (spec->weight, ==, wanted->weight);
    limn_guide_spec_free (spec);
  }
}

static void
test_bad (void)
{
  static const struct {
    const char *text, *part;
  } bad[] = {
    { "", "must have the form" },
    { "colour", "must have the form" },
    { "=red", "must have the form" },
    { "contrast=1", "asks for \"contrast\"" },
    { "colou=red", "asks for \"colou\"" },
    { "colour=", "no value" },
    { "edges=:2", "no value" },
    { "colour=mauve", "one of black, blue" },
    { "colour=#ff880", "3 or 6 hexadecimal digits" },
    { "colour=#gg8800", "3 or 6 hexadecimal digits" },
    { "colour=red:11", "weight 11, wanted 0 to 10" },
    { "colour=red:-1", "weight -1" },
    { "colour=red@0,0,1", "wanted four numbers" },
    { "colour=red@0,0,1,1,1", "wanted four numbers" },
    { "colour=red@a,0,1,1", "wanted four numbers" },
    { "colour=red@0,0,50,50", "has 50 in its region" },
    { "colour=red@0,0,0,1", "empty region" },
    { "colour=red@0.5,0,0.75,1", "ends at 1.25,1" },
    { "brightness=2", "wanted a number from 0 to 1" },
    { "brightness=dark", "wanted a number from 0 to 1" },
    { "brightness=nan", "wanted a number from 0 to 1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (limn_guide_spec_parse (bad[i].text, &error));
    g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    g_assert_null (strchr (error->message, '\n'));
    if (!strstr (error->message, bad[i].part))
      g_error ("\"%s\" does not say \"%s\"", error->message, bad[i].part);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guide-option/good", test_good);
  g_test_add_func ("/guide-option/bad", test_bad);
  return g_test_run ();
}
