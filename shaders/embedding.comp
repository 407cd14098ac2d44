#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

LINEAR_LAYOUT;

layout (push_constant) uniform Push {
  int tokens, batch_tokens, c;
  int rows;          /* of the whole table */
  int first, n_rows; /* the slice of it that is bound */
  int table_shift;
  int has_position;
} push;

layout (set = 0, binding = 0) readonly buffer Table { T table[]; };
layout (set = 0, binding = 1) readonly buffer Position { T position[]; };
layout (set = 0, binding = 2) readonly buffer Ids { int ids[]; };
layout (set = 0, binding = 3) writeonly buffer Out { T o[]; };

void
main ()
{
  int i = LINEAR_INDEX;
  int token = i / push.c;
  int c = i - token * push.c;

  if (token >= push.tokens)
    return;
  int id = ids[token];
  bool nowhere = id < 0 || id >= push.rows;
  bool here = id >= push.first && id < push.first + push.n_rows;
  if (!here && !(nowhere && push.first == 0))
    return;

  float value = 0.0;
  if (here)
    value = float (table[push.table_shift + (id - push.first) * push.c + c]);
  if (push.has_position != 0)
    value += float (position[token % push.batch_tokens * push.c + c]);
  o[i] = T (value);
}
