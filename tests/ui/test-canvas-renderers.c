/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <epoxy/gl.h>
#include <gtk/gtk.h>

#include "canvas/gl.h"
#include "canvas/raster.h"
#include "document/composite.h"

/* OpenGL, Cairo and limn_document_composite() show the same picture. */

/* Of 255, anywhere. */
#define TOLERANCE 2

struct fixture {
  LimnDocument *document;
  LimnStudio *studio;
  LimnScene *gl_scene, *cairo_scene;
  limn_gl *gl;
  limn_raster *raster;
  struct limn_view all; /* shows the whole document */
};

static GRand *random_numbers;
static GdkGLContext *context;
static int worst; /* of the differences seen in a test */

/* --- documents --- */

static limn_image *
random_image (int width, int height)
{
  limn_image *image = limn_image_new (width, height, 4);

  for (int i = 0; i < width * height; i++) {
    guint32 value = (guint32) g_rand_int (random_numbers);
    int kind = g_rand_int_range (random_numbers, 0, 4);

    memcpy (image->pixels + 4 * i, &value, 4);
    /* What is opaque, empty, black or white meets the corners of the formulas. */
    if (kind == 0)
      image->pixels[4 * i + 3] = 255;
    else if (kind == 1)
      image->pixels[4 * i + 3] = value & 1 ? 0 : 1;
    else if (kind == 2)
      memset (image->pixels + 4 * i, value & 1 ? 255 : 0, 3);
  }
  return image;
}

static guint32
add_noise (LimnDocument *document, int width, int height, int x, int y)
{
  g_autoptr (limn_image) image = random_image (width, height);
  guint32 id =
      limn_document_add_picture (document, image, "noise", x, y, limn_document_n_layers (document));

  g_assert_cmpuint (id, !=, 0);
  return id;
}

static void
set_double (LimnDocument *document, guint32 id, limn_layer_key key, double value)
{
  g_assert_true (limn_document_set_layer (document, id, key, g_variant_new_double (value), 0));
}

static void
set_blend (LimnDocument *document, guint32 id, int blend)
{
  g_assert_true (limn_document_set_layer (document, id, LIMN_LAYER_BLEND,
                                          g_variant_new_string (limn_blend_names[blend]), 0));
}

static void
draw_stroke (LimnDocument *document, guint32 id, guint32 colour)
{
  struct limn_brush brush = limn_brush_default;
  int width, height;

  limn_document_get_size (document, &width, &height);
  brush.size = 5;
  brush.softness = 0.5;
  brush.colour = colour;
  g_assert_true (limn_document_stroke_begin (document, id, &brush));
  for (guint32 i = 0; i < 5; i++)
    limn_document_stroke_add (document, g_rand_double_range (random_numbers, 0, width),
                              g_rand_double_range (random_numbers, 0, height), 1.0, i * 10);
  g_assert_true (limn_document_stroke_end (document));
}

/* --- a fixture --- */

static struct fixture *
fixture_new (LimnDocument *document)
{
  struct fixture *fixture = g_new0 (struct fixture, 1);
  g_autoptr (GError) error = NULL;
  int width, height;

  fixture->document = document;
  fixture->studio = limn_studio_new (document);
  fixture->gl_scene = limn_scene_new (fixture->studio);
  fixture->cairo_scene = limn_scene_new (fixture->studio);
  gdk_gl_context_make_current (context);
  fixture->gl = limn_gl_new (fixture->gl_scene, &error);
  g_assert_no_error (error);
  fixture->raster = limn_raster_new (fixture->cairo_scene);
  limn_document_get_size (document, &width, &height);
  limn_view_init (&fixture->all, width, height);
  limn_view_resize (&fixture->all, width + 100, height + 100, 1);
  return fixture;
}

static void
fixture_free (struct fixture *fixture)
{
  limn_gl_free (fixture->gl);
  limn_raster_free (fixture->raster);
  g_assert_finalize_object (fixture->gl_scene);
  g_assert_finalize_object (fixture->cairo_scene);
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
  g_free (fixture);
}

static void
settle (struct fixture *fixture)
{
  while (limn_scene_is_busy (fixture->gl_scene) || limn_scene_is_busy (fixture->cairo_scene))
    g_main_context_iteration (NULL, TRUE);
}

static void
update (struct fixture *fixture, const struct limn_view *view)
{
  cairo_rectangle_int_t sight = limn_view_area_in_sight (view);
  g_autoptr (GError) error = NULL;

  settle (fixture);
  do {
    limn_gl_update (fixture->gl, view, &error);
    g_assert_no_error (error);
  } while (limn_scene_is_dirty (fixture->gl_scene, &sight));
  do
    g_assert_true (limn_raster_update (fixture->raster, view));
  while (limn_scene_is_dirty (fixture->cairo_scene, &sight));
}

/* The largest of the channels. */
static int
difference_of_pixels (guint32 a, guint32 b)
{
  int most = 0;

  for (int shift = 0; shift < 32; shift += 8)
    most = MAX (most, ABS ((int) (a >> shift & 0xff) - (int) (b >> shift & 0xff)));
  return most;
}

static int
difference (cairo_surface_t *a, cairo_surface_t *b)
{
  cairo_rectangle_int_t size = limn_pixels_area (a);
  int most = 0, worst_x = 0, worst_y = 0;

  g_assert_cmpint (size.width, ==, limn_pixels_area (b).width);
  g_assert_cmpint (size.height, ==, limn_pixels_area (b).height);
  for (int y = 0; y < size.height; y++)
    for (int x = 0; x < size.width; x++) {
      int found = difference_of_pixels (limn_pixels_row (a, y)[x], limn_pixels_row (b, y)[x]);

      if (found <= most)
        continue;
      most = found;
      worst_x = x;
      worst_y = y;
    }
  if (most > TOLERANCE)
    g_test_message ("at %d, %d of %d x %d: %08x and %08x", worst_x, worst_y, size.width,
                    size.height, limn_pixels_row (a, worst_y)[worst_x],
                    limn_pixels_row (b, worst_y)[worst_x]);
  return most;
}

/* All three, after what is dirty was composed. */
static void
compare (struct fixture *fixture, bool with_document)
{
  cairo_surface_t *expected, *gl;
  int width, height, found;

  limn_document_get_size (fixture->document, &width, &height);
  limn_view_resize_document (&fixture->all, width, height);
  update (fixture, &fixture->all);
  gl = limn_gl_read (fixture->gl);
  found = difference (gl, limn_raster_get_pixels (fixture->raster));
  worst = MAX (worst, found);
  g_assert_cmpint (found, <=, TOLERANCE);
  cairo_surface_destroy (gl);
  if (!with_document)
    return;
  expected = limn_document_composite_pixels (fixture->document);
  g_assert_cmpint (difference (expected, limn_raster_get_pixels (fixture->raster)), ==, 0);
  cairo_surface_destroy (expected);
}

static void
tell_worst (void)
{
  g_test_message ("the largest difference is %d of 255", worst);
  worst = 0;
}

/* --- compositions --- */

static const int sizes[][2] = { { 127, 61 }, { 13, 1 }, { 1, 1 }, { 64, 200 } };
static const double opacities[] = { 1.0, 0.999, 0.37, 0.5, 0.004, 0.0 };

static void
test_blend (gconstpointer data)
{
  int blend = GPOINTER_TO_INT (data);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (opacities); k++) {
      int width = sizes[i][0], height = sizes[i][1];
      LimnDocument *document = limn_document_new (width, height);
      struct fixture *fixture;
      guint32 id;

      add_noise (document, width, height, 0, 0);
      id = add_noise (document, width, height, width > 1 ? -1 : 0, height / 3);
      set_blend (document, id, blend);
      set_double (document, id, LIMN_LAYER_OPACITY, opacities[k]);
      fixture = fixture_new (document);
      compare (fixture, true);
      fixture_free (fixture);
    }
  tell_worst ();
}

/* Many layers, of all kinds, at random places. */
static void
test_stacks (void)
{
  for (int round = 0; round < 40; round++) {
    int width = g_rand_int_range (random_numbers, 1, 100),
        height = g_rand_int_range (random_numbers, 1, 100);
    LimnDocument *document = limn_document_new (width, height);
    struct fixture *fixture;

    for (int i = 0; i < 8; i++) {
      guint32 id = add_noise (document, g_rand_int_range (random_numbers, 1, 120),
                              g_rand_int_range (random_numbers, 1, 120),
                              g_rand_int_range (random_numbers, -40, 60),
                              g_rand_int_range (random_numbers, -40, 60));

      set_blend (document, id, g_rand_int_range (random_numbers, 0, LIMN_N_BLENDS));
      set_double (document, id, LIMN_LAYER_OPACITY, g_rand_double_range (random_numbers, 0, 1.3));
    }
    fixture = fixture_new (document);
    compare (fixture, true);
    fixture_free (fixture);
  }
  tell_worst ();
}

/* After each change only what is dirty is composed anew. */
static void
test_changes (void)
{
  LimnDocument *document = limn_document_new (151, 97);
  guint32 scribble = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  guint32 noise = add_noise (document, 60, 50, 20, 10);
  guint32 top = add_noise (document, 151, 97, 5, -3);
  struct fixture *fixture = fixture_new (document);

  set_blend (document, noise, 1);
  compare (fixture, true);
  for (guint32 i = 0; i < 10; i++) {
    draw_stroke (document, scribble, 0xff000000u | i * 1234567u);
    compare (fixture, true);
    draw_stroke (document, noise, 0x80000000u | i * 7654321u);
    compare (fixture, true);
    set_double (document, top, LIMN_LAYER_OPACITY, 0.1 * i);
    compare (fixture, true);
    set_blend (document, top, (int) i);
    compare (fixture, true);
    g_assert_true (limn_document_set_layer (document, noise, LIMN_LAYER_X,
                                            g_variant_new_int32 (10 * (int) i - 20), 0));
    compare (fixture, true);
    g_assert_true (limn_document_move_layer (document, top, i % 3));
    compare (fixture, true);
    g_assert_true (limn_document_set_layer (document, noise, LIMN_LAYER_VISIBLE,
                                            g_variant_new_boolean (i % 2), 0));
    compare (fixture, true);
  }
  for (int i = 0; i < 40 && limn_document_undo (document); i++)
    compare (fixture, true);
  for (int i = 0; i < 20 && limn_document_redo (document); i++)
    compare (fixture, true);
  g_assert_true (limn_document_resize (document, 90, 133, -10, 7));
  compare (fixture, true);
  g_assert_true (limn_document_undo (document));
  compare (fixture, true);
  g_assert_true (limn_document_remove_layer (document, noise));
  compare (fixture, true);
  tell_worst ();
  fixture_free (fixture);
}

/* A stroke that grows, point by point. */
static void
test_growing_stroke (void)
{
  LimnDocument *document = limn_document_new (300, 200);
  guint32 below = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "below", 0);
  struct limn_brush brush = limn_brush_default;
  struct fixture *fixture;

  set_blend (document, add_noise (document, 300, 200, 0, 0), 9);
  fixture = fixture_new (document);
  brush.size = 20;
  g_assert_true (limn_document_stroke_begin (document, below, &brush));
  for (guint32 i = 0; i < 40; i++) {
    limn_document_stroke_add (document, 7 * i, 100 + 5.0 * (i % 9), 0.5, i);
    compare (fixture, true);
  }
  limn_document_stroke_cancel (document);
  compare (fixture, true);
  fixture_free (fixture);
}

static void
test_replacement (void)
{
  LimnDocument *document = limn_document_new (80, 60);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  struct fixture *fixture = fixture_new (document);
  cairo_surface_t *other = limn_pixels_new (80, 60), *shown;
  LimnScene *scenes[] = { fixture->gl_scene, fixture->cairo_scene };

  draw_stroke (document, id, 0xff00ff00u);
  limn_pixels_row (other, 20)[30] = 0xffff0000u;
  cairo_surface_mark_dirty (other);
  for (int i = 0; i < 2; i++)
    limn_scene_set_replacement (scenes[i], id, other, NULL);
  compare (fixture, false);
  shown = limn_raster_get_pixels (fixture->raster);
  g_assert_cmpint (difference (other, shown), ==, 0);
  /* What is drawn on it shows where it is said to. */
  limn_pixels_row (other, 40)[50] = 0xff0000ffu;
  for (int i = 0; i < 2; i++)
    limn_scene_set_replacement (scenes[i], id, other, &(cairo_rectangle_int_t){ 50, 40, 1, 1 });
  compare (fixture, false);
  g_assert_cmpint (difference (other, shown), ==, 0);
  /* What happens to the layer itself does not. */
  draw_stroke (document, id, 0xffffff00u);
  compare (fixture, false);
  g_assert_cmpint (difference (other, shown), ==, 0);
  for (int i = 0; i < 2; i++)
    limn_scene_set_replacement (scenes[i], id, NULL, NULL);
  compare (fixture, true);
  /* It ends with its layer. */
  for (int i = 0; i < 2; i++)
    limn_scene_set_replacement (scenes[i], id, other, NULL);
  g_assert_true (limn_document_remove_layer (document, id));
  compare (fixture, true);
  cairo_surface_destroy (other);
  fixture_free (fixture);
}

/* The picture lies over all layers, and the drawing once more over it. */
static void
test_picture (void)
{
  LimnDocument *document = limn_document_new (100, 80);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  limn_image *image = limn_image_new (50, 40, 3);
  struct fixture *fixture;
  cairo_surface_t *shown;

  memset (image->pixels, 200, 50 * 40 * 3);
  add_noise (document, 100, 80, 0, 0);
  g_assert_true (
      limn_document_paint (document, id,
                           limn_op_shape (LIMN_SHAPE_RECTANGLE, true, &limn_brush_default,
                                          (struct limn_point[]){ limn_point_new (10, 10, 1, 0),
                                                                 limn_point_new (30, 30, 1, 0) },
                                          2)));
  fixture = fixture_new (document);
  limn_studio_take_picture (fixture->studio, image);
  limn_studio_set_drawing_opacity (fixture->studio, 0.5);
  compare (fixture, false);
  shown = limn_raster_get_pixels (fixture->raster);
  g_assert_cmphex (limn_pixels_row (shown, 60)[60], ==, 0xffc8c8c8u);
  g_assert_cmphex (limn_pixels_row (shown, 20)[20], ==, 0xff646464u);
  draw_stroke (document, id, 0xff123456u);
  compare (fixture, false);
  limn_studio_set_drawing_opacity (fixture->studio, 0.0);
  compare (fixture, false);
  g_assert_cmphex (limn_pixels_row (shown, 20)[20], ==, 0xffc8c8c8u);
  limn_studio_set_show_picture (fixture->studio, false);
  compare (fixture, true);
  limn_studio_set_show_picture (fixture->studio, true);
  compare (fixture, false);
  limn_studio_take_picture (fixture->studio, limn_image_new (100, 80, 3));
  compare (fixture, false);
  g_assert_cmphex (limn_pixels_row (shown, 60)[60], ==, 0xff000000u);
  limn_studio_take_picture (fixture->studio, NULL);
  compare (fixture, true);
  fixture_free (fixture);
}

/* White lines on black, of the layers that feed a ControlNet. */
static void
test_model_view (void)
{
  LimnDocument *document = limn_document_new (90, 70);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  struct fixture *fixture = fixture_new (document);

  add_noise (document, 90, 70, 0, 0);
  g_assert_true (
      limn_document_set_layer (document, id, LIMN_LAYER_CONTROL, g_variant_new_string (""), 0));
  limn_studio_set_model_view (fixture->studio, true);
  compare (fixture, true);
  g_assert_true (limn_document_set_layer (document, id, LIMN_LAYER_CONTROL,
                                          g_variant_new_string ("scribble"), 0));
  for (int i = 0; i < 3; i++) {
    g_autoptr (limn_image) image = NULL;
    cairo_surface_t *expected;

    draw_stroke (document, id, 0xff000000u);
    compare (fixture, false);
    image = limn_document_see (document, id, true);
    expected = limn_pixels_from_image (image);
    g_assert_cmpint (difference (expected, limn_raster_get_pixels (fixture->raster)), ==, 0);
    cairo_surface_destroy (expected);
    g_assert_true (
        limn_document_set_layer (document, id, LIMN_LAYER_X, g_variant_new_int32 (5 * i), 0));
  }
  limn_studio_set_model_view (fixture->studio, false);
  compare (fixture, true);
  fixture_free (fixture);
}

static void
test_other_document (void)
{
  LimnDocument *first = limn_document_new (90, 70), *second = limn_document_new (70, 90);
  struct fixture *fixture;

  add_noise (first, 90, 70, 0, 0);
  add_noise (second, 70, 90, 0, 0);
  fixture = fixture_new (first);
  compare (fixture, true);
  limn_studio_set_document (fixture->studio, second);
  g_assert_finalize_object (first);
  fixture->document = second;
  compare (fixture, true);
  fixture_free (fixture);
}

/* --- views --- */

static void
compare_view (struct fixture *fixture, const struct limn_view *view)
{
  int width = view->width * view->device_scale, height = view->height * view->device_scale;
  cairo_surface_t *from_gl, *from_cairo, *flipped;
  GLuint texture, framebuffer;
  int found;

  update (fixture, view);
  glGenTextures (1, &texture);
  glBindTexture (GL_TEXTURE_2D, texture);
  glTexImage2D (GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
  glGenFramebuffers (1, &framebuffer);
  glBindFramebuffer (GL_FRAMEBUFFER, framebuffer);
  glFramebufferTexture2D (GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
  limn_gl_draw (fixture->gl, view);
  from_gl = limn_gl_read_framebuffer (0, 0, width, height);
  glDeleteFramebuffers (1, &framebuffer);
  glDeleteTextures (1, &texture);
  flipped = limn_pixels_new (width, height);
  for (int y = 0; y < height; y++)
    memcpy (limn_pixels_row (flipped, y), limn_pixels_row (from_gl, height - 1 - y),
            (gsize) width * 4);
  from_cairo = limn_raster_draw (fixture->raster, view);
  found = difference (flipped, from_cairo);
  worst = MAX (worst, found);
  g_assert_cmpint (found, <=, TOLERANCE);
  cairo_surface_destroy (from_gl);
  cairo_surface_destroy (flipped);
  cairo_surface_destroy (from_cairo);
}

static void
test_views (void)
{
  static const double scales[] = { 1, 0.5, 0.013, 0.07, 0.3, 0.61, 0.77, 1.5, 2, 3.3, 8, 40 };
  static const double angles[] = { 0, 90, 15, 200.5 };
  LimnDocument *document = limn_document_new (331, 257);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  struct fixture *fixture;

  add_noise (document, 100, 120, 50, 60);
  draw_stroke (document, id, 0xff000000u);
  fixture = fixture_new (document);
  for (gsize i = 0; i < G_N_ELEMENTS (scales); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (angles); k++) {
      struct limn_view view = fixture->all;

      limn_view_resize (&view, 203, 151, 1 + (int) (i + k) % 2);
      limn_view_set_mirrored (&view, (i / 2 + k) % 2);
      limn_view_set_scale (&view, scales[i], 100, 75);
      limn_view_rotate (&view, angles[k], 100, 75);
      draw_stroke (document, id, (guint32) g_rand_int (random_numbers));
      compare_view (fixture, &view);
      limn_view_pan (&view, 31, 17);
      compare_view (fixture, &view);
    }
  tell_worst ();
  fixture_free (fixture);
}

/* At 100 % every pixel of the screen is one of the document, over white. */
static void
test_actual_size (void)
{
  LimnDocument *document = limn_document_new (101, 77);
  struct fixture *fixture;
  struct limn_view view;
  struct limn_projection projection;
  cairo_surface_t *pixels;

  add_noise (document, 101, 77, 0, 0);
  fixture = fixture_new (document);
  view = fixture->all;
  limn_view_set_actual_size (&view, 60, 60);
  compare_view (fixture, &view);
  pixels = limn_raster_draw (fixture->raster, &view);
  limn_view_project (&view, &projection);
  for (int y = 0; y < 77; y++)
    for (int x = 0; x < 101; x++) {
      guint32 pixel = limn_pixels_row (limn_raster_get_pixels (fixture->raster), y)[x];
      guint32 shown = limn_pixels_row (pixels, y + projection.origin_y)[x + projection.origin_x];

      g_assert_cmphex (shown, ==, pixel + (255 - (pixel >> 24)) * 0x01010101u);
    }
  cairo_surface_destroy (pixels);
  fixture_free (fixture);
}

static void
make_context (void)
{
  g_autoptr (GError) error = NULL;
  GdkSurface *surface = gdk_surface_new_toplevel (gdk_display_get_default ());

  context = gdk_surface_create_gl_context (surface, &error);
  g_assert_no_error (error);
  gdk_gl_context_realize (context, &error);
  g_assert_no_error (error);
  gdk_gl_context_make_current (context);
  g_test_message ("%s, %s", (const char *) glGetString (GL_RENDERER),
                  (const char *) glGetString (GL_VERSION));
  g_object_set_data_full (G_OBJECT (context), "surface", surface, NULL);
}

int
main (int argc, char **argv)
{
  int status;

  gtk_test_init (&argc, &argv);
  random_numbers = g_rand_new_with_seed (2);
  make_context ();
  for (int i = 0; i < LIMN_N_BLENDS; i++) {
    g_autofree char *path = g_strconcat ("/canvas/renderers/blend/", limn_blend_names[i], NULL);

    g_test_add_data_func (path, GINT_TO_POINTER (i), test_blend);
  }
  g_test_add_func ("/canvas/renderers/stacks", test_stacks);
  g_test_add_func ("/canvas/renderers/changes", test_changes);
  g_test_add_func ("/canvas/renderers/growing-stroke", test_growing_stroke);
  g_test_add_func ("/canvas/renderers/replacement", test_replacement);
  g_test_add_func ("/canvas/renderers/picture", test_picture);
  g_test_add_func ("/canvas/renderers/model-view", test_model_view);
  g_test_add_func ("/canvas/renderers/other-document", test_other_document);
  g_test_add_func ("/canvas/renderers/views", test_views);
  g_test_add_func ("/canvas/renderers/actual-size", test_actual_size);
  status = g_test_run ();
  gdk_gl_context_clear_current ();
  g_clear_object (&context);
  g_rand_free (random_numbers);
  return status;
}
