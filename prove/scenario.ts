import type { Random } from './random.ts';
import type { Stage } from './stage.ts';

/** How much of a scenario is wanted. */
export interface Plan {
  readonly jobs: number;
  /** Kills, truncations, zombies: how often the fault is injected. */
  readonly rounds: number;
  /** Requests of a scenario that only sends requests. */
  readonly requests: number;
  readonly random: Random;
}

/** What came out: figures to print, and everything that is not as promised. */
export interface Finding {
  readonly figures: Readonly<Record<string, string | number>>;
  readonly broken: readonly string[];
  /** What happened as promised and took longer than promised; of a scenario that promises times. */
  readonly late?: readonly string[];
}

/** One fault, injected into real processes. */
export interface Scenario {
  readonly about: string;
  readonly defaults: { readonly jobs: number; readonly rounds: number; readonly requests?: number };
  readonly run: (stage: Stage, plan: Plan) => Promise<Finding>;
}
