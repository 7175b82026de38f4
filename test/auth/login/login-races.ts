import { afterEach, describe, expect, it } from '@jest/globals';
import type { TestApp } from '../../harness/app/app.ts';
import { cheapestHashes } from '../../harness/app/environment.ts';
import { ThrottleBucketsFixture } from '../../harness/database/throttle-buckets.ts';
import type { Api, ApiResponse } from '../../harness/http/api.ts';

/** The configuration of the applications. */
export const limits = {
  ...cheapestHashes,
  AUTH_RATE_LIMIT_IP: '30/60,300/3600',
  AUTH_RATE_LIMIT_ACCOUNT_IP: '5/60/900',
  AUTH_RATE_LIMIT_ACCOUNT: '20/3600/60',
};
export const wrong = 'not the password at all';
/** The queues of hashes and requests are full, the limit is reserved by attempts in progress, or PostgreSQL is slow. */
const busy = ['server_overloaded', 'attempts_in_progress', 'service_unavailable'];

/** How many requests are sent at once; all are more than the limits allow one after another. */
export interface RaceSizes {
  readonly guesses: number;
  readonly logins: number;
  readonly refreshes: number;
}

export async function logIn(api: Api, email: string, password: string): Promise<ApiResponse> {
  return await api.post('/v1/auth/login', { email, password });
}

function codesOf(responses: readonly ApiResponse[]): Set<unknown> {
  return new Set(responses.map(({ status, body }) => (status === 200 ? 200 : (body as { code?: string }).code)));
}

/** The codes of those that were neither logged in nor refused by a limit of a busy service (docs/reference/overload.md). */
function unexpected(responses: readonly ApiResponse[], refusals: readonly string[] = []): unknown[] {
  const others = responses.filter(({ status, headers, body }) => {
    if (status === 200) return false;
    const { code = '' } = body as { code?: string };
    return !refusals.includes(code) && !(busy.includes(code) && status === 503 && Number(headers['retry-after']) > 0);
  });
  return [...codesOf(others)];
}

/** Tests of two instances of the service on the same database, with concurrent requests of these numbers. */
export function describeRaces([first, second]: readonly [TestApp, TestApp], sizes: RaceSizes): void {
  const { factory, database } = first;
  const buckets = new ThrottleBucketsFixture(database);

  afterEach(async () => {
    await buckets.empty();
  });

  /** Sends this number of concurrent requests, alternating between both instances. */
  const concurrently = async (
    times: number,
    send: (api: Api, index: number) => Promise<ApiResponse>,
  ): Promise<ApiResponse[]> =>
    await Promise.all(
      Array.from({ length: times }, async (_, index) => await send((index % 2 === 0 ? first : second).api, index)),
    );

  const wrongPasswords = async (subjectId: string): Promise<number> => {
    const events = await factory.auditEvents({ subjectId, event: 'authn_login_fail' });
    return events.filter(({ reason }) => reason === 'wrong password').length;
  };

  describe(`${sizes.guesses} concurrent guesses at two instances`, () => {
    it('are evaluated as often as the limit allows', async () => {
      const { id, email, password } = await factory.user();

      const responses = await concurrently(sizes.guesses, async (api) => await logIn(api, email, wrong));

      expect(responses.filter(({ status }) => status === 401)).toHaveLength(5);
      expect(await wrongPasswords(id)).toBe(5);
      expect(unexpected(responses, ['invalid_credentials', 'too_many_attempts'])).toEqual([]);
      expect((await logIn(second.api, email, password)).status).toBe(429);
      expect(await buckets.count('login-account-ip')).toEqual({ failures: 5, open: 0 });
    });
  });

  describe(`${sizes.logins} concurrent logins with the right password`, () => {
    it('succeed at one account', async () => {
      const { id, email, password } = await factory.user();

      const responses = await concurrently(sizes.logins, async (api) => await logIn(api, email, password));

      expect(unexpected(responses)).toEqual([]);
      const succeeded = responses.filter(({ status }) => status === 200).length;
      expect(succeeded).toBeGreaterThanOrEqual(sizes.logins / 2);
      expect((await database.pool.query('SELECT FROM sessions WHERE user_id = $1', [id])).rowCount).toBe(succeeded);
      expect((await logIn(first.api, email, password)).status).toBe(200);
      expect(await buckets.count('login')).toEqual({ failures: 0, open: 0 });
    });

    it('succeed at as many accounts from one IP address', async () => {
      const users = await Promise.all(Array.from({ length: sizes.logins }, async () => await factory.user()));

      const responses = await concurrently(sizes.logins, async (api, index) => {
        const { email = '', password = '' } = users[index] ?? {};
        return await logIn(api, email, password);
      });

      expect(unexpected(responses)).toEqual([]);
      expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(sizes.logins / 2);
      expect(await buckets.count('login-ip')).toEqual({ failures: 0, open: 0 });
    });
  });

  describe(`${sizes.refreshes} concurrent valid refresh tokens`, () => {
    it('are all exchanged, from one IP address', async () => {
      const users = await Promise.all(Array.from({ length: sizes.refreshes }, async () => await factory.user()));
      const tokens: string[] = [];
      for (const user of users) tokens.push((await first.api.logIn(user)).refreshToken);

      const responses = await concurrently(sizes.refreshes, async (api, index) => {
        return await api.post('/v1/auth/refresh', { refreshToken: tokens[index] });
      });

      expect(codesOf(responses)).toEqual(new Set([200]));
      expect(await buckets.count('login-ip')).toEqual({ failures: 0, open: 0 });
    });
  });
}
