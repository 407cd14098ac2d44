/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate/queue.h"

/* What the tests of generating share: a drawing on the device cpu with the bundled model. */

/* A studio with a drawing of a ring on a scribble layer, 256 x 256, 4 steps, seed 7, locked. */
LimnStudio *fixture_studio_new (void);
void fixture_set_int (LimnStudio *studio, limn_setting setting, int value);
void fixture_set_text (LimnStudio *studio, limn_setting setting, const char *text);
void fixture_set_bool (LimnStudio *studio, limn_setting setting, bool value);
/* Draws a line on the lowest layer. */
void fixture_draw_line (LimnStudio *studio, int x1, int y1, int x2, int y2);

/* Runs the main loop until there is nothing to do but wait. */
void fixture_settle (void);
/* Runs the main loop until @condition holds. */
#define fixture_wait(condition)                                                                    \
  G_STMT_START                                                                                     \
  {                                                                                                \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
  }                                                                                                \
  G_STMT_END

LimnJob *fixture_job (guint index); /* of the queue's list, borrowed */
/* Asks for pictures of @studio and waits until @count jobs are listed. */
void fixture_ask (LimnStudio *studio, guint count);
/* Frees all and checks that it is gone. */
void fixture_studio_free (LimnStudio *studio);

/* Counts how often @studio said something, and keeps the last sentence; freed with the studio. */
struct fixture_messages {
  guint count;
  char *last;
};
struct fixture_messages *fixture_listen (LimnStudio *studio);
