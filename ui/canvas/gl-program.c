/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/gl-program.h"

#include <gio/gio.h>
#include <string.h>

#include "limn.h"

#define FOLDER "/org/limn/Limn/canvas/"

bool
limn_gl_is_new_enough (GError **error)
{
  int version = epoxy_gl_version ();
  int wanted = epoxy_is_desktop_gl () ? 32 : 30;

  if (version >= wanted)
    return true;
  g_set_error (
      error, LIMN_ERROR, LIMN_ERROR_DEVICE, "the driver has OpenGL%s %d.%d and %d.%d is needed",
      epoxy_is_desktop_gl () ? "" : " ES", version / 10, version % 10, wanted / 10, wanted % 10);
  return false;
}

bool
limn_gl_is_emulated (void)
{
  static const char *const emulators[] = { "llvmpipe", "softpipe", "swrast", "SWR",
                                           "Software Rasterizer" };
  const char *driver = (const char *) glGetString (GL_RENDERER);

  for (gsize i = 0; driver != NULL && i < G_N_ELEMENTS (emulators); i++)
    if (strstr (driver, emulators[i]) != NULL)
      return true;
  return false;
}

/* The bytes of a pixel in Cairo's order, and how a shader gets them back into that of colours. */
static const char *
source_order (void)
{
  return G_BYTE_ORDER == G_LITTLE_ENDIAN ? "#define ORDER bgra\n" : "#define ORDER gbar\n";
}

static GLuint
compile (GLenum type, const char *name, const char *define, GError **error)
{
  const char *version =
      epoxy_is_desktop_gl ()
          ? "#version 150\n"
          : "#version 300 es\nprecision highp float;\nprecision highp int;\nprecision highp "
            "sampler2D;\n";
  g_autofree char *path = g_strconcat (FOLDER, name, NULL);
  g_autoptr (GBytes) bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  const char *text[4] = { version, source_order (), define != NULL ? define : "" };
  const GLint lengths[4] = { -1, -1, -1, bytes != NULL ? (GLint) g_bytes_get_size (bytes) : 0 };
  char log[512] = "";
  GLuint shader;
  GLint good;

  if (bytes == NULL)
    return 0;
  text[3] = g_bytes_get_data (bytes, NULL);
  shader = glCreateShader (type);
  glShaderSource (shader, 4, text, lengths);
  glCompileShader (shader);
  glGetShaderiv (shader, GL_COMPILE_STATUS, &good);
  if (good)
    return shader;
  glGetShaderInfoLog (shader, sizeof log, NULL, log);
  glDeleteShader (shader);
  g_strdelimit (log, "\r\n", ' ');
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE, "the driver does not compile %s: %s", name,
               log);
  return 0;
}

static GLuint
link_program (GLuint vertex, GLuint fragment, const char *name, GError **error)
{
  GLuint program = glCreateProgram ();
  GLint good;

  glAttachShader (program, vertex);
  glAttachShader (program, fragment);
  glLinkProgram (program);
  glGetProgramiv (program, GL_LINK_STATUS, &good);
  if (good)
    return program;
  glDeleteProgram (program);
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE, "the driver does not link %s", name);
  return 0;
}

GLuint
limn_gl_program (const char *name, const char *define, GError **error)
{
  GLuint vertex = compile (GL_VERTEX_SHADER, "whole.vert", NULL, error);
  GLuint fragment = vertex != 0 ? compile (GL_FRAGMENT_SHADER, name, define, error) : 0;
  GLuint program = fragment != 0 ? link_program (vertex, fragment, name, error) : 0;

  /* 0 is passed over; a program keeps its shaders. */
  glDeleteShader (vertex);
  glDeleteShader (fragment);
  return program;
}
