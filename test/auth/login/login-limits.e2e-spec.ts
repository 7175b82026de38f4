import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { startApp } from '../../harness/app/app.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import { ThrottleBucketsFixture } from '../../harness/database/throttle-buckets.ts';
import { oneTimeTokenFor } from '../../harness/mail/one-time-tokens.ts';

/** The default limits, behind one proxy that sets the IP address of the client. */
const running = await startApp({
  AUTH_RATE_LIMIT_IP: '30/60,300/3600',
  AUTH_RATE_LIMIT_ACCOUNT_IP: '5/60/900',
  AUTH_RATE_LIMIT_ACCOUNT: '20/3600/60',
  TRUSTED_PROXY_HOPS: '1',
});
const { api, factory, database } = running;
const buckets = new ThrottleBucketsFixture(database);
let network = 0;

beforeEach(async () => {
  await buckets.empty();
});

async function logIn(user: { email: string; password: string }, ip = '192.0.2.1'): Promise<ApiResponse> {
  const { email, password } = user;
  return await api.post('/v1/auth/login', { email, password }, { 'X-Forwarded-For': ip });
}

async function guess(email: string, ip?: string): Promise<ApiResponse> {
  return await logIn({ email, password: 'not the password at all' }, ip);
}

async function guesses(times: number, email: string, ip?: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time += 1) statuses.push((await guess(email, ip)).status);
  return statuses;
}

/** An IP address that has sent no request yet. */
function newAddress(): string {
  network += 1;
  return `198.51.${Math.floor(network / 250)}.${(network % 250) + 1}`;
}

/** Guesses from `count` IP addresses, one each. */
async function guessesFromEverywhere(times: number, email: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time += 1) statuses.push((await guess(email, newAddress())).status);
  return statuses;
}

function expectPause(response: ApiResponse, atMost: number, above = 0): void {
  expect(response).toBeProblem('too-many-attempts', 429);
  expect(Number(response.headers['retry-after'])).toBeGreaterThan(above);
  expect(Number(response.headers['retry-after'])).toBeLessThanOrEqual(atMost);
}

const repeated = (status: number, times: number): number[] => Array.from({ length: times }, () => status);

describe('An account, from one IP address', () => {
  it('allows five failures, then one attempt after pauses of 1, 2, 4 up to 15 minutes', async () => {
    const { email } = await factory.user();

    expect(await guesses(5, email)).toEqual(repeated(401, 5));
    for (const seconds of [60, 120, 240, 480, 900, 900]) {
      expectPause(await guess(email), seconds, seconds - 20);
      await buckets.pass(seconds + 1);
      expect((await guess(email)).status).toBe(401);
    }
  });

  it('gets no RateLimit header fields with a 429, also for the right password', async () => {
    const user = await factory.user();
    await guesses(5, user.email);

    const response = await logIn(user);

    expectPause(response, 60);
    expect(response.headers).not.toHaveProperty('ratelimit');
    expect(response.headers).not.toHaveProperty('ratelimit-policy');
    expect((await logIn(user, newAddress())).status).toBe(200);
  });

  it('is reset by a success', async () => {
    const user = await factory.user();

    for (let round = 0; round < 3; round += 1) {
      expect(await guesses(4, user.email)).toEqual(repeated(401, 4));
      expect((await logIn(user)).status).toBe(200);
    }

    expect(await buckets.count('login-account-ip')).toEqual({ failures: 0, open: 0 });
    expect(await buckets.count('login-consecutive')).toEqual({ failures: 0, open: 0 });
    expect(await buckets.count('login-account:')).toEqual({ failures: 12, open: 0 });
  });

  it('is reset for every IP address by a password reset', async () => {
    const user = await factory.user();
    const addresses = [newAddress(), newAddress(), '2001:db8:9::1'];
    for (const ip of addresses) await guesses(5, user.email, ip);
    for (const ip of addresses) expectPause(await guess(user.email, ip), 60);
    const token = await oneTimeTokenFor(running, 'reset-password', user);
    const password = 'another password of the tests';

    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);

    for (const ip of addresses) expect((await logIn({ ...user, password }, ip)).status).toBe(200);
  });

  it('is recorded once for each pause', async () => {
    const { id, email } = await factory.user();
    await guesses(5, email);

    for (let time = 0; time < 5; time += 1) await guess(email);
    await Promise.all(Array.from({ length: 20 }, async () => await guess(email)));

    const throttled = (await factory.auditEvents({ subjectId: id })).filter(({ reason }) => reason === 'throttled');
    expect(throttled).toEqual([expect.objectContaining({ event: 'authn_login_fail', outcome: 'failure' })]);
  });
});

describe('An account whose email address is not verified', () => {
  it('counts its right password as a failure in every bucket', async () => {
    const user = await factory.user({ verified: false });

    for (let time = 0; time < 5; time += 1) expect(await logIn(user)).toBeProblem('invalid-credentials', 401);

    expectPause(await logIn(user), 60);
    for (const bucket of ['login-ip:60:', 'login-account-ip', 'login-account:', 'login-consecutive']) {
      expect(await buckets.count(bucket)).toEqual({ failures: 5, open: 0 });
    }
  });
});

describe('An unknown account', () => {
  it('is rejected like an existing one', async () => {
    const { email } = await factory.user();
    const transcripts: string[][] = [];

    for (const address of [email, 'unknown.account@example.com']) {
      const responses: string[] = [];
      for (let time = 0; time < 6; time += 1) {
        const { status, text, headers } = await guess(address);
        const names = Object.keys(headers).sort().join(' ');
        responses.push(`${status} ${names} ${text.replace(/urn:request:[^"]+/, '')}`);
      }
      transcripts.push(responses);
    }

    expect(transcripts[0]).toEqual(transcripts[1]);
    expect(transcripts[0]?.at(-1)).toMatch(/^429/);
  });

  it('is one account in any spelling', async () => {
    expect(await guesses(5, 'Some.User@Example.com')).toEqual(repeated(401, 5));
    expect((await guess('some.user@example.com')).status).toBe(429);
  });
});

describe('An account, from all IP addresses', () => {
  it('allows 20 failures in an hour, then one attempt per minute', async () => {
    const user = await factory.user();

    expect(await guessesFromEverywhere(20, user.email)).toEqual(repeated(401, 20));
    const refused = await logIn(user, newAddress());
    expectPause(refused, 60);
    expect(refused.headers).not.toHaveProperty('ratelimit');
    await buckets.pass(61, 'login-account');
    expect(await guessesFromEverywhere(2, user.email)).toEqual([401, 429]);
    await buckets.pass(61, 'login-account');
    expect((await logIn(user, newAddress())).status).toBe(200);
    await buckets.pass(3600, 'login-account');
    expect(await guessesFromEverywhere(20, user.email)).toEqual(repeated(401, 20));
  });

  it('keeps its sessions', async () => {
    const user = await factory.user();
    const { refreshToken } = (await logIn(user, newAddress())).body as Tokens;
    await guessesFromEverywhere(20, user.email);

    expect((await guess(user.email, newAddress())).status).toBe(429);
    expect((await api.post('/v1/auth/refresh', { refreshToken })).status).toBe(200);
  });
});

describe('An IP address', () => {
  it.each([
    ['IPv4', '203.0.113.7', '203.0.113.7'],
    ['the /64 of IPv6', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
  ])('allows 30 failures in a minute at all accounts together: %s', async (_, ip, sameLimitIp) => {
    const user = await factory.user();
    for (let time = 0; time < 30; time += 1) expect((await guess(`unknown${time}@example.com`, ip)).status).toBe(401);

    const refused = await logIn(user, sameLimitIp);

    expectPause(refused, 60);
    expect(refused.headers['ratelimit-policy']).toBe('"login-ip";q=30;w=60');
    expect(refused.headers['ratelimit']).toMatch(/^"login-ip";r=0;t=\d+$/);
    expect((await logIn(user, newAddress())).status).toBe(200);
    await buckets.pass(61, 'login-ip');
    expect((await logIn(user, sameLimitIp)).status).toBe(200);
  });

  it('allows eight times as many failures from all networks of a /56 of IPv6', async () => {
    const user = await factory.user();
    await guess('first@example.com', '2001:db8:5:100::1');
    await database.pool.query(`UPDATE rate_limit_buckets SET failures = 239 WHERE key LIKE 'login-ip:60:%/56'`);
    expect((await guess('second@example.com', '2001:db8:5:1aa::1')).status).toBe(401);

    const refused = await logIn(user, '2001:db8:5:1ff::1');

    expectPause(refused, 60);
    expect(refused.headers['ratelimit-policy']).toBe('"login-ip";q=240;w=60');
    expect((await logIn(user, '2001:db8:5:200::1')).status).toBe(200);
  });

  it('allows 300 failures in an hour', async () => {
    await guess('first@example.com');
    await database.pool.query(`UPDATE rate_limit_buckets SET failures = 300 WHERE key LIKE 'login-ip:3600:%'`);

    const refused = await guess('second@example.com');

    expectPause(refused, 3600, 3500);
    expect(refused.headers['ratelimit-policy']).toBe('"login-ip";q=300;w=3600');
  });

  it('counts invalid refresh tokens together with wrong passwords, and never rejects a valid one', async () => {
    const ip = newAddress();
    const refresh = async (refreshToken: string): Promise<ApiResponse> =>
      await api.post('/v1/auth/refresh', { refreshToken }, { 'X-Forwarded-For': ip });
    const invalid = `rt_${'A'.repeat(43)}`;
    const { refreshToken } = (await logIn(await factory.user(), ip)).body as Tokens;
    const good = await refresh(refreshToken);
    expect(good.status).toBe(200);
    for (let time = 0; time < 30; time += 1) expect((await refresh(invalid)).status).toBe(401);

    expectPause(await refresh(invalid), 60);
    expectPause(await guess('unknown@example.com', ip), 60);
    expect((await refresh((good.body as Tokens).refreshToken)).status).toBe(200);
    expect(await buckets.count('login-account:')).toEqual({ failures: 0, open: 0 });
  });

  it('counts invalid passkeys together with wrong passwords, and the challenges of unknown logins', async () => {
    const ip = { 'X-Forwarded-For': newAddress() };
    const credential = new SoftwareAuthenticator().get({ challenge: 'AAAA', rpId: 'localhost' });
    const send = async (): Promise<ApiResponse> => await api.post('/v1/auth/passkeys/login', { credential }, ip);
    const options = async (): Promise<ApiResponse> =>
      await api.post('/v1/auth/mfa/passkey/options', { mfaToken: 'unknown' }, ip);
    for (let time = 0; time < 15; time += 1) expect((await send()).status).toBe(401);
    for (let time = 0; time < 15; time += 1) expect((await options()).status).toBe(401);

    const refused = await send();

    expectPause(refused, 60);
    expect(refused.headers['ratelimit-policy']).toBe('"login-ip";q=30;w=60');
    expectPause(await options(), 60);
    expectPause(await guess('unknown@example.com', ip['X-Forwarded-For']), 60);
  });
});
