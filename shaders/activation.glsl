/* SPDX-License-Identifier: GPL-3.0-or-later */

/* As enum limn_activation. */
#define ACTIVATION_RELU 1
#define ACTIVATION_SILU 2
#define ACTIVATION_GELU 3
#define ACTIVATION_QUICK_GELU 4
#define ACTIVATION_SOFT_CLAMP 5

/* Maximal error 1.5e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. */
float
erf_approximation (float x)
{
  float t = 1.0 / (1.0 + 0.3275911 * abs (x));
  float poly =
      t * (0.254829592
           + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  float y = 1.0 - poly * exp (-x * x);

  return x < 0.0 ? -y : y;
}

float
gelu (float x)
{
  return 0.5 * x * (1.0 + erf_approximation (x * 0.70710678118654752));
}

/* exp overflows to infinity for very negative x, and x / inf is the right limit, -0. */
float
swish (float x, float beta)
{
  return x / (1.0 + exp (-beta * x));
}

float
soft_clamp (float x)
{
  float u = abs (x) / 3.0;
  float e = exp (-2.0 * u);
  float y = 3.0 * (1.0 - e) / (1.0 + e);

  /* 1 - e loses digits near zero, where the series of tanh needs few terms. */
  if (u < 0.2)
    y = 3.0 * u * (1.0 + u * u * (-1.0 / 3.0 + u * u * (2.0 / 15.0 + u * u * (-17.0 / 315.0))));

  return x < 0.0 ? -y : y;
}

float
activate (int kind, float x)
{
  switch (kind) {
  case ACTIVATION_RELU:
    return x < 0.0 ? 0.0 : x;
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
