/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/gl.h"

#include "canvas/gl-program.h"
#include "limn.h"

struct texture {
  GLuint id, framebuffer; /* without one: 0 */
  int width, height;
  guint64 serial; /* of the source */
};

struct limn_gl {
  /* Owned */
  LimnScene *scene;
  GHashTable *textures;                    /* of texture, by the source's key */
  struct texture levels[LIMN_VIEW_LEVELS]; /* 0 is the composition */
  struct texture other;                    /* the composition goes to and fro between the two */
  struct texture patch;                    /* what Cairo has composed */
  GLuint programs[LIMN_N_BLENDS];          /* compiled when they are needed */
  GLuint halve, view, vertices;

  cairo_rectangle_int_t stale[LIMN_VIEW_LEVELS]; /* of the document: not in that level yet */
  GLint max_size;
};

/* --- textures --- */

static void
texture_clear (struct texture *texture)
{
  glDeleteFramebuffers (1, &texture->framebuffer);
  glDeleteTextures (1, &texture->id);
  *texture = (struct texture){ 0 };
}

static void
texture_free (struct texture *texture)
{
  texture_clear (texture);
  g_free (texture);
}

static void
texture_init (struct texture *texture, int width, int height, GLint filter)
{
  texture->width = width;
  texture->height = height;
  glGenTextures (1, &texture->id);
  glBindTexture (GL_TEXTURE_2D, texture->id);
  glTexImage2D (GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
  glTexParameteri (GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, filter);
  glTexParameteri (GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, filter);
  glTexParameteri (GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri (GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

/* To draw on, and to read from by a shader. */
static bool
target_init (struct texture *texture, int width, int height, GError **error)
{
  texture_init (texture, width, height, GL_LINEAR);
  glGenFramebuffers (1, &texture->framebuffer);
  glBindFramebuffer (GL_FRAMEBUFFER, texture->framebuffer);
  glFramebufferTexture2D (GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture->id, 0);
  if (glCheckFramebufferStatus (GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY,
               "the driver cannot draw on a texture of %d x %d pixels", width, height);
  return false;
}

static void
upload_area (cairo_surface_t *pixels, const cairo_rectangle_int_t *area)
{
  glPixelStorei (GL_UNPACK_SKIP_PIXELS, area->x);
  glPixelStorei (GL_UNPACK_SKIP_ROWS, area->y);
  glTexSubImage2D (GL_TEXTURE_2D, 0, area->x, area->y, area->width, area->height, GL_RGBA,
                   GL_UNSIGNED_BYTE, cairo_image_surface_get_data (pixels));
}

static void
upload (limn_gl *gl, const struct limn_source *source)
{
  struct texture *texture = g_hash_table_lookup (gl->textures, &source->key);
  cairo_rectangle_int_t all = limn_pixels_area (source->pixels);

  cairo_surface_flush (source->pixels);
  glPixelStorei (GL_UNPACK_ROW_LENGTH, cairo_image_surface_get_stride (source->pixels) / 4);
  if (texture->serial != source->serial) {
    if (texture->width != all.width || texture->height != all.height) {
      texture_clear (texture);
      texture_init (texture, all.width, all.height, GL_NEAREST);
    }
    texture->serial = source->serial;
    glBindTexture (GL_TEXTURE_2D, texture->id);
    upload_area (source->pixels, &all);
    return;
  }
  glBindTexture (GL_TEXTURE_2D, texture->id);
  for (int i = 0; i < cairo_region_num_rectangles (source->dirty); i++) {
    cairo_rectangle_int_t area;

    cairo_region_get_rectangle (source->dirty, i, &area);
    upload_area (source->pixels, &area);
  }
}

static bool
is_too_large (limn_gl *gl, int width, int height, GError **error)
{
  if (width <= gl->max_size && height <= gl->max_size)
    return false;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
               "the driver takes textures of %d pixels in a direction, and there are %d x %d",
               gl->max_size, width, height);
  return true;
}

static gboolean
is_without_source (gpointer key, gpointer value, gpointer data)
{
  limn_gl *gl = data;
  guint count;
  struct limn_source *const *sources = limn_scene_get_sources (gl->scene, &count);

  for (guint i = 0; i < count; i++)
    if (sources[i]->key == *(const guint64 *) key)
      return FALSE;
  return TRUE;
}

static bool
upload_all (limn_gl *gl, GError **error)
{
  guint count;
  struct limn_source *const *sources = limn_scene_get_sources (gl->scene, &count);

  g_hash_table_foreach_remove (gl->textures, is_without_source, gl);
  glPixelStorei (GL_UNPACK_ALIGNMENT, 4);
  for (guint i = 0; i < count; i++) {
    cairo_rectangle_int_t size = limn_pixels_area (sources[i]->pixels);

    if (is_too_large (gl, size.width, size.height, error))
      return false;
    if (g_hash_table_lookup (gl->textures, &sources[i]->key) == NULL)
      g_hash_table_insert (gl->textures, g_memdup2 (&sources[i]->key, sizeof (guint64)),
                           g_new0 (struct texture, 1));
    upload (gl, sources[i]);
  }
  return true;
}

/* --- the composition --- */

static void
set_int (GLuint program, const char *name, int value)
{
  glUniform1i (glGetUniformLocation (program, name), value);
}

static void
set_float (GLuint program, const char *name, double value)
{
  glUniform1f (glGetUniformLocation (program, name), (float) value);
}

static void
bind (int unit, const struct texture *texture)
{
  glActiveTexture (GL_TEXTURE0 + (GLenum) unit);
  glBindTexture (GL_TEXTURE_2D, texture->id);
}

/* All that follows draws within @area of @target. */
static void
begin (const struct texture *target, cairo_rectangle_int_t area)
{
  glBindFramebuffer (GL_FRAMEBUFFER, target->framebuffer);
  glViewport (0, 0, target->width, target->height);
  glEnable (GL_SCISSOR_TEST);
  glScissor (area.x, area.y, area.width, area.height);
}

static GLuint
need_program (limn_gl *gl, int blend, GError **error)
{
  if (gl->programs[blend] == 0) {
    g_autofree char *define = g_strdup_printf ("#define BLEND %d\n", blend);

    gl->programs[blend] = limn_gl_program ("compose.frag", define, error);
  }
  return gl->programs[blend];
}

/* Cairo makes 16 bits of an opacity, of which pixman takes the upper 8. */
static int
opacity_byte (double opacity)
{
  return MIN ((int) (opacity * 65536.0), 65535) >> 8;
}

static bool
draw_item (limn_gl *gl,
           const struct limn_item *item,
           const struct texture *from,
           const struct texture *layer,
           GError **error)
{
  GLuint program = need_program (gl, item->blend, error);

  if (program == 0)
    return false;
  glUseProgram (program);
  set_int (program, "below", 0);
  set_int (program, "layer", 1);
  set_int (program, "mask", opacity_byte (item->opacity));
  glUniform4i (glGetUniformLocation (program, "area"), item->area.x, item->area.y, item->area.width,
               item->area.height);
  bind (0, from);
  bind (1, layer);
  glDrawArrays (GL_TRIANGLES, 0, 3);
  return true;
}

static bool
is_within (const struct limn_item *item, cairo_rectangle_int_t area)
{
  return limn_rectangle_intersect (item->area, area).width > 0;
}

/* These divide, in floats. A shader can do that too, but each driver rounds in its own way, and
 * what differs by one step of 255 in one layer another dodge above it makes fifty. */
static bool
divides (int blend)
{
  static const char *const names[] = { "color-dodge", "color-burn", "soft-light", "color",
                                       "luminosity",  "hue",        "saturation", NULL };

  return g_strv_contains (names, limn_blend_names[blend]);
}

static bool
needs_cairo (limn_gl *gl, cairo_rectangle_int_t area)
{
  guint count;
  const struct limn_item *items = limn_scene_get_items (gl->scene, &count);

  for (guint i = 0; i < count; i++)
    if (divides (items[i].blend) && is_within (&items[i], area))
      return true;
  return false;
}

/* By Cairo, and by way of a texture of its own, since the bytes of a pixel are in another order. */
static bool
compose_by_cairo (limn_gl *gl, cairo_rectangle_int_t area, GError **error)
{
  struct limn_source source = { .pixels = limn_pixels_new (area.width, area.height) };
  struct limn_item item = { .source = &source, .area = area, .opacity = 1.0 };
  cairo_rectangle_int_t whole = { 0, 0, area.width, area.height };

  if (source.pixels == NULL) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY, "there is no memory for %d x %d pixels",
                 area.width, area.height);
    return false;
  }
  limn_scene_compose (gl->scene, source.pixels, &area);
  if (gl->patch.width < area.width || gl->patch.height < area.height) {
    texture_clear (&gl->patch);
    texture_init (&gl->patch, area.width, area.height, GL_NEAREST);
  }
  glBindTexture (GL_TEXTURE_2D, gl->patch.id);
  glPixelStorei (GL_UNPACK_ROW_LENGTH, cairo_image_surface_get_stride (source.pixels) / 4);
  upload_area (source.pixels, &whole);
  cairo_surface_destroy (source.pixels);
  begin (&gl->other, area);
  glClear (GL_COLOR_BUFFER_BIT);
  begin (&gl->levels[0], area);
  return draw_item (gl, &item, &gl->other, &gl->patch, error);
}

/* Each item is drawn from one texture to the other, so that the last one ends in level 0. */
static bool
compose_by_shaders (limn_gl *gl, cairo_rectangle_int_t area, GError **error)
{
  struct texture *from = &gl->levels[0], *to = &gl->other;
  guint count, passes = 0;
  const struct limn_item *items = limn_scene_get_items (gl->scene, &count);

  for (guint i = 0; i < count; i++)
    passes += is_within (&items[i], area) ? 1 : 0;
  if (passes % 2 == 1) {
    from = &gl->other;
    to = &gl->levels[0];
  }
  begin (from, area);
  glClear (GL_COLOR_BUFFER_BIT);
  for (guint i = 0; i < count; i++) {
    struct texture *next = from;

    if (!is_within (&items[i], area))
      continue;
    begin (to, area);
    if (!draw_item (gl, &items[i], from, g_hash_table_lookup (gl->textures, &items[i].source->key),
                    error))
      return false;
    from = to;
    to = next;
  }
  return true;
}

static bool
compose (gpointer data, cairo_rectangle_int_t area, GError **error)
{
  limn_gl *gl = data;

  glClearColor (0, 0, 0, 0);
  for (int level = 1; level < LIMN_VIEW_LEVELS; level++)
    gl->stale[level] = limn_rectangle_union (gl->stale[level], area);
  return needs_cairo (gl, area) ? compose_by_cairo (gl, area, error)
                                : compose_by_shaders (gl, area, error);
}

static void
drop_targets (limn_gl *gl)
{
  for (int i = 0; i < LIMN_VIEW_LEVELS; i++)
    texture_clear (&gl->levels[i]);
  texture_clear (&gl->other);
}

static bool
need_composition (limn_gl *gl, GError **error)
{
  int width, height;

  limn_scene_get_size (gl->scene, &width, &height);
  if (gl->levels[0].width == width && gl->levels[0].height == height)
    return true;
  drop_targets (gl);
  return !is_too_large (gl, width, height, error) &&
         target_init (&gl->levels[0], width, height, error) &&
         target_init (&gl->other, width, height, error);
}

static bool
renew_level (limn_gl *gl, int level, GError **error)
{
  const struct texture *above = &gl->levels[level - 1];
  struct texture *target = &gl->levels[level];
  cairo_rectangle_int_t area = gl->stale[level];
  int size = 1 << level;

  if (target->id == 0) {
    if (!target_init (target, (above->width + 1) / 2, (above->height + 1) / 2, error))
      return false;
    area = (cairo_rectangle_int_t){ 0, 0, gl->levels[0].width, gl->levels[0].height };
  }
  gl->stale[level] = (cairo_rectangle_int_t){ 0 };
  if (area.width <= 0)
    return true;
  area.width = (area.x + area.width + size - 1) / size - area.x / size;
  area.height = (area.y + area.height + size - 1) / size - area.y / size;
  area.x /= size;
  area.y /= size;
  begin (target, area);
  glUseProgram (gl->halve);
  set_int (gl->halve, "above", 0);
  bind (0, above);
  glDrawArrays (GL_TRIANGLES, 0, 3);
  return true;
}

static bool
compose_dirty (limn_gl *gl, const struct limn_view *view, GError **error)
{
  const cairo_rectangle_int_t sight = limn_view_area_in_sight (view);
  struct limn_projection projection;
  bool good = need_composition (gl, error) &&
              limn_scene_compose_dirty (gl->scene, &sight, compose, gl, error);

  limn_view_project (view, &projection);
  for (int level = 1; good && level <= projection.level; level++)
    good = renew_level (gl, level, error);
  return good;
}

bool
limn_gl_update (limn_gl *gl, const struct limn_view *view, GError **error)
{
  GLint framebuffer;
  GLenum problem = GL_NO_ERROR;
  bool good;

  while (glGetError () != GL_NO_ERROR)
    continue;
  glGetIntegerv (GL_DRAW_FRAMEBUFFER_BINDING, &framebuffer);
  glBindVertexArray (gl->vertices);
  glDisable (GL_BLEND);
  glActiveTexture (GL_TEXTURE0);
  good = upload_all (gl, error) && compose_dirty (gl, view, error);
  glBindFramebuffer (GL_FRAMEBUFFER, (GLuint) framebuffer);
  glDisable (GL_SCISSOR_TEST);
  if (good)
    problem = glGetError ();
  if (problem == GL_NO_ERROR)
    return good;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY, "OpenGL reports error 0x%x%s", problem,
               problem == GL_OUT_OF_MEMORY ? ": out of memory" : "");
  return false;
}

/* --- the view --- */

void
limn_gl_draw (limn_gl *gl, const struct limn_view *view)
{
  struct limn_projection projection;
  int height = view->height * view->device_scale;
  cairo_matrix_t matrix;

  limn_view_project (view, &projection);
  /* OpenGL counts rows from below. */
  cairo_matrix_init (&matrix, 1, 0, 0, -1, -projection.origin_x, height - projection.origin_y);
  cairo_matrix_multiply (&matrix, &matrix, &projection.to_document);
  glBindVertexArray (gl->vertices);
  glDisable (GL_BLEND);
  glViewport (0, 0, view->width * view->device_scale, height);
  glUseProgram (gl->view);
  set_int (gl->view, "level", 0);
  glUniform3f (glGetUniformLocation (gl->view, "across"), (float) matrix.xx, (float) matrix.xy,
               (float) matrix.x0);
  glUniform3f (glGetUniformLocation (gl->view, "down"), (float) matrix.yx, (float) matrix.yy,
               (float) matrix.y0);
  glUniform2f (glGetUniformLocation (gl->view, "size"), (float) gl->levels[0].width,
               (float) gl->levels[0].height);
  set_float (gl->view, "part", 1.0 / (1 << projection.level));
  set_float (gl->view, "scale", projection.scale);
  set_float (gl->view, "sharpness", projection.sharpness);
  bind (0, &gl->levels[projection.level]);
  glDrawArrays (GL_TRIANGLES, 0, 3);
}

cairo_surface_t *
limn_gl_read_framebuffer (int x, int y, int width, int height)
{
  cairo_surface_t *pixels = limn_pixels_new (width, height);
  g_autofree guint8 *bytes = g_try_malloc_n ((gsize) width * (gsize) height, 4);
  const guint8 *from = bytes;

  if (pixels == NULL || bytes == NULL) {
    g_clear_pointer (&pixels, cairo_surface_destroy);
    return NULL;
  }
  glPixelStorei (GL_PACK_ALIGNMENT, 4);
  glReadPixels (x, y, width, height, GL_RGBA, GL_UNSIGNED_BYTE, bytes);
  for (int row = 0; row < height; row++) {
    guint32 *to = limn_pixels_row (pixels, row);

    for (int column = 0; column < width; column++, from += 4)
      to[column] =
          (guint32) from[3] << 24 | (guint32) from[0] << 16 | (guint32) from[1] << 8 | from[2];
  }
  cairo_surface_mark_dirty (pixels);
  return pixels;
}

cairo_surface_t *
limn_gl_read (limn_gl *gl)
{
  cairo_surface_t *pixels;
  GLint framebuffer;

  glGetIntegerv (GL_DRAW_FRAMEBUFFER_BINDING, &framebuffer);
  glBindFramebuffer (GL_FRAMEBUFFER, gl->levels[0].framebuffer);
  pixels = limn_gl_read_framebuffer (0, 0, gl->levels[0].width, gl->levels[0].height);
  glBindFramebuffer (GL_FRAMEBUFFER, (GLuint) framebuffer);
  return pixels;
}

/* --- begin and end --- */

limn_gl *
limn_gl_new (LimnScene *scene, GError **error)
{
  limn_gl *gl;

  if (!limn_gl_is_new_enough (error))
    return NULL;
  gl = g_new0 (limn_gl, 1);
  gl->scene = g_object_ref (scene);
  gl->textures =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify) texture_free);
  glGetIntegerv (GL_MAX_TEXTURE_SIZE, &gl->max_size);
  glGenVertexArrays (1, &gl->vertices);
  gl->halve = limn_gl_program ("halve.frag", NULL, error);
  gl->view = gl->halve != 0 ? limn_gl_program ("view.frag", NULL, error) : 0;
  /* Nearly every layer needs it. */
  if (gl->view == 0 || need_program (gl, 0, error) == 0) {
    limn_gl_free (gl);
    return NULL;
  }
  limn_scene_spoil (scene);
  return gl;
}

void
limn_gl_free (limn_gl *gl)
{
  if (gl == NULL)
    return;
  g_hash_table_unref (gl->textures);
  drop_targets (gl);
  texture_clear (&gl->patch);
  for (int i = 0; i < LIMN_N_BLENDS; i++)
    glDeleteProgram (gl->programs[i]);
  glDeleteProgram (gl->halve);
  glDeleteProgram (gl->view);
  glDeleteVertexArrays (1, &gl->vertices);
  g_object_unref (gl->scene);
  g_free (gl);
}

void
limn_gl_set_max_size (limn_gl *gl, int size)
{
  gl->max_size = size;
}
