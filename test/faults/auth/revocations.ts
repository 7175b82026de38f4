import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import type { TokenPair } from './users.ts';
import { logIn, createUsers, post } from './users.ts';

const concurrency = 4;
const limitMs = 1000;
/** The measurement ends when the token was not accepted for this time. */
const quietMs = 1500;

/**
 * Revokes a session on one process while its access token is used on the other: the time from the response of the
 * revocation to the last request that was accepted. In every second round the LISTEN connections are terminated first.
 */
export async function revocations(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const delays = { listening: [] as number[], disconnected: [] as number[] };
  let accepted = 0;
  for (const [at, user] of (await createUsers(pair.cluster.pool, 2 * rounds)).entries()) {
    const tokens = await logIn(pair.urls[0], user);
    const isCut = at % 2 === 1;
    (isCut ? delays.disconnected : delays.listening).push(await lastAcceptanceMs(pair, tokens, isCut));
    if (await isAccepted(pair, tokens)) accepted += 1;
  }
  return {
    figures: {
      'sessions revoked under load': 2 * rounds,
      'of them accepted in the end': accepted,
      'last acceptance after the revocation': `p50 ${quantile(delays.listening, 0.5)} ms, p99 ${quantile(delays.listening, 0.99)} ms`,
      'the same without LISTEN connection': `p50 ${quantile(delays.disconnected, 0.5)} ms, p99 ${quantile(delays.disconnected, 0.99)} ms`,
    },
    failures: accepted === 0 ? [] : [`${accepted} revoked sessions were accepted in the end`],
    timingFailures: Object.entries(delays).flatMap(([name, of]) =>
      quantile(of, 0.99) < limitMs ? [] : [`${name}: p99 is ${quantile(of, 0.99)} ms`],
    ),
  };
}

async function lastAcceptanceMs(
  pair: ApiPair,
  { accessToken, refreshToken }: TokenPair,
  isCut: boolean,
): Promise<number> {
  const me = `${pair.urls[1]}/v1/users/me`;
  const state = { lastAccepted: performance.now() };
  const isQuiet = (): boolean => performance.now() - state.lastAccepted > quietMs;
  const requests = Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (!isQuiet()) {
        const { status } = await fetch(me, { headers: { authorization: `Bearer ${accessToken}` } });
        if (status === 200) state.lastAccepted = performance.now();
      }
    }),
  );
  await fetch(me, { headers: { authorization: `Bearer ${accessToken}` } });
  if (isCut) {
    await pair.cluster.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%xact >= $1%'`,
    );
  }
  const { status } = await post(`${pair.urls[0]}/v1/auth/logout`, { refreshToken });
  const revokedAt = performance.now();
  if (status !== 204) throw new Error(`The logout returned ${status}`);
  await requests;
  return Math.max(0, Math.round(state.lastAccepted - revokedAt));
}

/** Whether either token is accepted by either process. */
async function isAccepted({ urls }: ApiPair, { accessToken, refreshToken }: TokenPair): Promise<boolean> {
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
