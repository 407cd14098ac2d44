/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* Multistep consistency sampling of latent consistency models, arXiv:2310.04378, algorithm 3: the
 * model answers with the clean latents, noise for the next timestep is added to them. */

/* Steps of the solver that the published models were distilled from. */
#define DISTILLED_STEPS 50
#define TIMESTEP_SCALE 10.0
#define SIGMA_DATA 0.5

/* Evenly out of the distilled timesteps; more steps than those take more of the training's. */
static void
set_points (struct limn_solver_plan *plan)
{
  int train_steps = plan->schedule->train_steps, count = plan->count;
  int distilled = MIN (MAX (DISTILLED_STEPS, count), train_steps), stride = train_steps / distilled;
  g_autofree int *timesteps = g_new (int, count);

  for (int i = 0; i < count; i++) {
    int index = (int) floor (i * ((double) distilled / count));

    timesteps[i] = (distilled - index) * stride - 1;
  }
  limn_solver_set_timesteps (plan, timesteps);
}

void
limn_solver_lcm (struct limn_solver_plan *plan)
{
  if (plan->sigmas == LIMN_SIGMAS_UNIFORM)
    set_points (plan);
  else
    limn_solver_set_points (plan, LIMN_GRID_WHOLE);
  for (int i = 0; i < plan->count; i++) {
    struct limn_solver_row *row = &plan->rows[i];
    double alpha_cumprod = plan->points[i].alpha_cumprod;
    double next_cumprod = plan->points[i + 1].alpha_cumprod;
    double scaled = plan->points[i].timestep * TIMESTEP_SCALE;
    double variance = scaled * scaled + SIGMA_DATA * SIGMA_DATA;

    row->timestep = (float) plan->points[i].timestep;
    row->input_scale = 1;
    limn_solver_set_clean (row, plan->schedule->prediction, sqrt (alpha_cumprod),
                           sqrt (1 - alpha_cumprod));
    /* The boundary condition: at timestep 0 the answer is x itself. */
    row->clean_output = (float) (row->clean_output * scaled / sqrt (variance));
    row->clean_x =
        (float) (row->clean_x * scaled / sqrt (variance) + SIGMA_DATA * SIGMA_DATA / variance);
    row->next_clean = (float) sqrt (next_cumprod);
    row->next_noise = (float) sqrt (1 - next_cumprod);
  }
}
