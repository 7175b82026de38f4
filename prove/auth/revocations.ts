import type { Finding } from '../scenario.ts';
import type { Pair } from './part.ts';
import type { TokenPair } from './people.ts';
import { logIn, people, post } from './people.ts';

const lanes = 4;
const promisedMs = 1000;
/** Nothing is accepted any more when so much time has passed since the last acceptance. */
const quietMs = 1500;

/**
 * A session is ended on one process while the other goes on being asked: how long after the end was answered is it let
 * in for the last time? Half of the time the connections that listen are cut right before.
 */
export async function revocations(pair: Pair, rounds: number): Promise<Finding> {
  const delays = { heard: [] as number[], cut: [] as number[] };
  let alive = 0;
  for (const [at, person] of (await people(pair.stage.pool, 2 * rounds)).entries()) {
    const tokens = await logIn(pair.urls[0], person);
    const isCut = at % 2 === 1;
    (isCut ? delays.cut : delays.heard).push(await lastAcceptanceMs(pair, tokens, isCut));
    if (await isIn(pair, tokens)) alive += 1;
  }
  return {
    figures: {
      'sessions ended under load': 2 * rounds,
      'of them let in at last': alive,
      'last acceptance behind the end': `p50 ${quantile(delays.heard, 0.5)} ms, p99 ${quantile(delays.heard, 0.99)} ms`,
      'the same, nobody listening': `p50 ${quantile(delays.cut, 0.5)} ms, p99 ${quantile(delays.cut, 0.99)} ms`,
    },
    broken: alive === 0 ? [] : [`${alive} ended sessions were let in at last`],
    late: Object.entries(delays).flatMap(([name, of]) =>
      quantile(of, 0.99) < promisedMs ? [] : [`${name}: p99 is ${quantile(of, 0.99)} ms`],
    ),
  };
}

async function lastAcceptanceMs(pair: Pair, { accessToken, refreshToken }: TokenPair, isCut: boolean): Promise<number> {
  const me = `${pair.urls[1]}/v1/users/me`;
  const state = { lastAccepted: performance.now() };
  const isQuiet = (): boolean => performance.now() - state.lastAccepted > quietMs;
  const asking = Promise.all(
    Array.from({ length: lanes }, async () => {
      while (!isQuiet()) {
        const { status } = await fetch(me, { headers: { authorization: `Bearer ${accessToken}` } });
        if (status === 200) state.lastAccepted = performance.now();
      }
    }),
  );
  await fetch(me, { headers: { authorization: `Bearer ${accessToken}` } });
  if (isCut) {
    await pair.stage.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%xact >= $1%'`,
    );
  }
  const { status } = await post(`${pair.urls[0]}/v1/auth/logout`, { refreshToken });
  const ended = performance.now();
  if (status !== 204) throw new Error(`The logout answered ${status}`);
  await asking;
  return Math.max(0, Math.round(state.lastAccepted - ended));
}

/** Whether either token is still good for anything, on either process. */
async function isIn({ urls }: Pair, { accessToken, refreshToken }: TokenPair): Promise<boolean> {
  for (const url of urls) {
    const { status } = await fetch(`${url}/v1/users/me`, { headers: { authorization: `Bearer ${accessToken}` } });
    const refreshed = await post(`${url}/v1/auth/refresh`, { refreshToken });
    if (status !== 401 || refreshed.status !== 401) return true;
  }
  return false;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
