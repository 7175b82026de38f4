import type { Finding } from '../scenario.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';

/** Two API processes on one database. */
export interface Pair {
  readonly stage: Stage;
  readonly urls: readonly [string, string];
  readonly random: Random;
}

/** Runs `call` so many times at once, on the two processes by turns. */
export async function atOnce<T>(
  { urls }: Pair,
  count: number,
  call: (url: string, at: number) => Promise<T>,
): Promise<T[]> {
  return await Promise.all(Array.from({ length: count }, async (_, at) => await call(urls[at % 2 === 0 ? 0 : 1], at)));
}

/** What was found by several parts, in their order. */
export function together(findings: readonly Finding[]): Finding {
  return {
    figures: Object.assign({}, ...findings.map(({ figures }) => figures)) as Finding['figures'],
    broken: findings.flatMap(({ broken }) => broken),
    late: findings.flatMap(({ late = [] }) => late),
  };
}
