/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <epoxy/gl.h>
#include <glib.h>
#include <stdbool.h>

/* Whether the current context is OpenGL 3.2 or OpenGL ES 3.0, or newer. */
bool limn_gl_is_new_enough (GError **error);
/* Whether the current context's driver lets the processor do the work. */
bool limn_gl_is_emulated (void);
/* The shader @name of the resources, as "view.frag", with @define, which may be NULL, as its first
 * line. 0 when it does not compile. */
GLuint limn_gl_program (const char *name, const char *define, GError **error);
