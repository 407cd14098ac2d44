/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The composition on white paper, as a view shows it; as limn_sample_view(). */
uniform sampler2D level;
uniform vec3 across, down;   /* x and y of the document, from a pixel of the screen */
uniform vec2 size;           /* of the document */
uniform float part;          /* of a level's pixel, in one of the document */
uniform float scale;         /* pixels of the screen in one of the document */
uniform float sharpness;
out vec4 result;

void
main ()
{
  vec3 screen = vec3 (gl_FragCoord.xy, 1.0);
  vec2 place = vec2 (dot (across, screen), dot (down, screen));
  vec2 inside = min (place, size - place) * scale + 0.5;

  if (inside.x <= 0.0 || inside.y <= 0.0) {
    result = vec4 (0.0);
    return;
  }
  place = place * part - 0.5;
  vec2 before = floor (place);
  vec2 fraction = clamp ((place - before - 0.5) * sharpness + 0.5, 0.0, 1.0);
  vec4 colour = texture (level, (before + 0.5 + fraction) / vec2 (textureSize (level, 0)));

  inside = min (inside, 1.0);
  result = (colour + vec4 (1.0 - colour.a)) * (inside.x * inside.y);
}
