/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lays one layer over what is below it. BLEND is an index of limn_blend_names, of those that do not
 * divide. Colours are premultiplied.
 *
 * The arithmetic is pixman's, in bytes with rounding products, so that the result is that of Cairo
 * to the bit. */
uniform sampler2D below;
uniform sampler2D layer;
uniform ivec4 area; /* of the layer on the canvas: x, y, width, height */
uniform int mask;   /* its opacity, 0 to 255 */
out vec4 result;

ivec4
bytes (vec4 colour)
{
  return ivec4 (colour * 255.0 + 0.5);
}

/* a * b / 255, rounded */
ivec4
product (ivec4 a, ivec4 b)
{
  ivec4 value = a * b + 128;

  return (value + (value >> 8)) >> 8;
}

#if BLEND == 0
ivec4
blend (ivec4 s, ivec4 d)
{
  return min (s + product (d, ivec4 (255 - s.a)), 255);
}
#elif BLEND == 1
ivec4
blend (ivec4 s, ivec4 d)
{
  ivec4 alone = min (product (s, ivec4 (255 - d.a)) + product (d, ivec4 (255 - s.a)), 255);

  return min (product (d, s) + alone, 255);
}
#elif BLEND == 15
ivec4
blend (ivec4 s, ivec4 d)
{
  return min (s + d, 255);
}
#else
/* Each of these gives 255 times 255 times the value. */
int
mix_channel (int s, int sa, int d, int da)
{
#if BLEND == 2
  return d * sa + s * da - s * d;
#elif BLEND == 3
  return 2 * d < da ? 2 * s * d : sa * da - 2 * (da - d) * (sa - s);
#elif BLEND == 4
  return min (s * da, d * sa);
#elif BLEND == 5
  return max (s * da, d * sa);
#elif BLEND == 8
  return 2 * s < sa ? 2 * s * d : sa * da - 2 * (da - d) * (sa - s);
#else
  return abs (s * da - d * sa);
#endif
}

ivec4
blend (ivec4 s, ivec4 d)
{
  ivec4 value = (255 - s.a) * d + (255 - d.a) * s;

  value.r += mix_channel (s.r, s.a, d.r, d.a);
  value.g += mix_channel (s.g, s.a, d.g, d.a);
  value.b += mix_channel (s.b, s.a, d.b, d.a);
  value.a = 255 * (s.a + d.a) - s.a * d.a;
  value = clamp (value, 0, 255 * 255) + 128;
  return (value + (value >> 8)) >> 8;
}
#endif

void
main ()
{
  ivec2 place = ivec2 (gl_FragCoord.xy), inside = place - area.xy;
  vec4 under = texelFetch (below, place, 0);

  if (any (lessThan (inside, ivec2 (0))) || any (greaterThanEqual (inside, area.zw)))
    result = under;
  else
    result = vec4 (blend (product (bytes (texelFetch (layer, inside, 0).ORDER), ivec4 (mask)),
                          bytes (under))) /
             255.0;
}
