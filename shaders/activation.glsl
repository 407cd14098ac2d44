/* SPDX-License-Identifier: GPL-3.0-or-later */

/* As enum limn_activation. */
#define ACTIVATION_RELU 1
#define ACTIVATION_SILU 2
#define ACTIVATION_GELU 3
#define ACTIVATION_QUICK_GELU 4
#define ACTIVATION_SOFT_CLAMP 5

/* With the erf of Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: its error is
 * at most 1.5e-7. */
vec4
gelu (vec4 x)
{
  vec4 y = x * 0.70710678118654752;
  vec4 t = 1.0 / (1.0 + 0.3275911 * abs (y));
  vec4 poly =
      t * (0.254829592
           + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));

  return 0.5 * x * (1.0 + sign (y) * (1.0 - poly * exp (-y * y)));
}

/* exp overflows to infinity for very negative x, and x / inf is the right limit, -0. */
vec4
swish (vec4 x, float beta)
{
  return x / (1.0 + exp (-beta * x));
}

/* 3 tanh (x / 3). 1 - e loses digits near zero, where the series of tanh needs few terms. */
vec4
soft_clamp (vec4 x)
{
  vec4 u = abs (x) / 3.0;
  vec4 e = exp (-2.0 * u);
  vec4 far = (1.0 - e) / (1.0 + e);
  vec4 s = u * u;
  vec4 near = u * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0 - s * (17.0 / 315.0))));

  return 3.0 * sign (x) * mix (far, near, lessThan (u, vec4 (0.2)));
}

vec4
activate (int kind, vec4 x)
{
  switch (kind) {
  case ACTIVATION_RELU:
    return mix (x, vec4 (0.0), lessThan (x, vec4 (0.0)));
  case ACTIVATION_SILU:
    return swish (x, 1.0);
  case ACTIVATION_GELU:
    return gelu (x);
  case ACTIVATION_QUICK_GELU:
    return swish (x, 1.702);
  case ACTIVATION_SOFT_CLAMP:
    return soft_clamp (x);
  }
  return x;
}
