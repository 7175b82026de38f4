import type { Random } from '../harness/process/random.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

/** The size of one run. */
export interface ScenarioOptions {
  readonly jobs: number;
  /** How often the fault is injected. */
  readonly rounds: number;
  /** Requests, for a scenario that injects no other fault. */
  readonly requests: number;
  readonly random: Random;
}

/** Figures to print, and each violated guarantee. */
export interface ScenarioResult {
  readonly figures: Readonly<Record<string, string | number>>;
  readonly failures: readonly string[];
  /** Each exceeded time limit, of a scenario that has time limits. */
  readonly timingFailures?: readonly string[];
}

/** A fault that is injected into real processes. */
export interface Scenario {
  readonly description: string;
  /** What the product promises when the fault occurs, for docs/proofs.md. */
  readonly promise: string;
  readonly defaults: { readonly jobs: number; readonly rounds: number; readonly requests?: number };
  /** What differs from the defaults in the short form (`--short`). */
  readonly short: Partial<Scenario['defaults']>;
  /** Whether its processes share a Redis; TEST_REDIS=on does the same for every scenario. */
  readonly needsRedis?: boolean;
  /** Whether it stops PostgreSQL. */
  readonly stopsPostgres?: boolean;
  readonly run: (cluster: TestCluster, options: ScenarioOptions) => Promise<ScenarioResult>;
}
