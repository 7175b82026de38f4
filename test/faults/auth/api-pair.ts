import type { ScenarioResult } from '../scenario.ts';
import type { Random } from '../../harness/process/random.ts';
import type { TestCluster } from '../../harness/process/test-cluster.ts';

/** Two API processes on one database. */
export interface ApiPair {
  readonly cluster: TestCluster;
  readonly urls: readonly [string, string];
  readonly random: Random;
}

/** Runs `call` concurrently `count` times, on the two processes in turn. */
export async function atOnce<T>(
  { urls }: ApiPair,
  count: number,
  call: (url: string, at: number) => Promise<T>,
): Promise<T[]> {
  return await Promise.all(Array.from({ length: count }, async (_, at) => await call(urls[at % 2 === 0 ? 0 : 1], at)));
}

/** Merges the results of several parts, in their order. */
export function mergeResults(results: readonly ScenarioResult[]): ScenarioResult {
  return {
    figures: Object.assign({}, ...results.map(({ figures }) => figures)) as ScenarioResult['figures'],
    failures: results.flatMap(({ failures }) => failures),
    timingFailures: results.flatMap(({ timingFailures = [] }) => timingFailures),
  };
}
