/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "canvas/scene.h"
#include "canvas/view.h"

/* Shows a scene by OpenGL: a texture for each source, of which the dirty parts are uploaded; the
 * composition, renewed where it is dirty; and a view of it. Needs OpenGL 3.2 or OpenGL ES 3.0.
 *
 * The context that it was made in must be current in every call. */
typedef struct limn_gl limn_gl;

/* NULL when the context is too old or a shader does not compile. */
limn_gl *limn_gl_new (LimnScene *scene, GError **error);
void limn_gl_free (limn_gl *gl);
/* Plays a driver that takes smaller textures than this one. */
void limn_gl_set_max_size (limn_gl *gl, int size);

/* Uploads, and composes what is dirty and in sight. False when the driver takes no textures that
 * large, or has no memory for them. */
bool limn_gl_update (limn_gl *gl, const struct limn_view *view, GError **error);
/* Shows what limn_gl_update() has made on the framebuffer that is bound, which is as large as the
 * widget, in pixels of the screen. */
void limn_gl_draw (limn_gl *gl, const struct limn_view *view);

/* A copy of the composition; NULL without memory. */
cairo_surface_t *limn_gl_read (limn_gl *gl);
/* Pixels of the framebuffer that is bound, from @x, @y at its lower left; the same. */
cairo_surface_t *limn_gl_read_framebuffer (int x, int y, int width, int height);
