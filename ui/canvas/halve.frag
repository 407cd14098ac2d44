/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A level from the one that is twice as large; as limn_sample_halve(). */
uniform sampler2D above;
out vec4 result;

ivec4
at (ivec2 place)
{
  return ivec4 (texelFetch (above, min (place, textureSize (above, 0) - 1), 0) * 255.0 + 0.5);
}

void
main ()
{
  ivec2 place = ivec2 (gl_FragCoord.xy) * 2;
  ivec4 sum = at (place) + at (place + ivec2 (1, 0)) + at (place + ivec2 (0, 1)) +
              at (place + ivec2 (1, 1));

  result = vec4 ((sum + 2) >> 2) / 255.0;
}
