import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { atOnce } from './api-pair.ts';
import type { JsonResponse } from './users.ts';

/** How often a credential is presented at once. */
export const parallel = 50;

/** Presents the credential of a round; called concurrently, `at` counts the calls. */
export type Presentation = (url: string, at: number) => Promise<JsonResponse>;

/** What may be accepted once in each round, and how it is presented. */
export interface SingleUse {
  readonly name: string;
  readonly rounds: number;
  /** Creates the credential of a round. */
  readonly prepare: (round: number) => Promise<Presentation>;
  /** The status of an accepted presentation, and those of rejected ones. */
  readonly accepted: number;
  readonly rejected: readonly number[];
  /** How many presentations of a round are accepted, 1 by default. */
  readonly uses?: number;
  /** Counts the effects of all rounds in the database; without it only the responses are counted. */
  readonly effects?: () => Promise<number>;
}

/** Presents a credential fifty times at once in each round: as many requests succeed as it may be used. */
export async function singleUse(
  pair: ApiPair,
  { name, rounds, prepare, accepted, rejected, uses = 1, effects }: SingleUse,
): Promise<ScenarioResult> {
  let successes = 0;
  let doubled = 0;
  let others = 0;
  const before = (await effects?.()) ?? 0;
  for (let round = 0; round < rounds; round += 1) {
    const present = await prepare(round);
    const statuses = (await atOnce(pair, parallel, present)).map(({ status }) => status);
    const good = statuses.filter((status) => status === accepted).length;
    successes += Math.min(good, uses);
    doubled += Math.max(0, good - uses);
    others += statuses.filter((status) => status !== accepted && !rejected.includes(status)).length;
  }
  const stored = effects === undefined ? successes : (await effects()) - before;
  doubled = Math.max(doubled, stored - rounds * uses);
  successes = Math.min(successes, stored);
  const missing = rounds * uses - successes;
  return {
    figures: {
      [`${name} × ${parallel} × ${rounds}`]: `${parallel * rounds} presented, ${successes} accepted, ${doubled} double spends`,
    },
    failures: [
      ...(missing === 0 ? [] : [`${name}: ${missing} of ${rounds * uses} were not accepted`]),
      ...(doubled === 0 ? [] : [`${name}: ${doubled} double spends`]),
      ...(others === 0 ? [] : [`${name}: ${others} presentations got another response`]),
    ],
  };
}
