import { describe, expect, it } from '@jest/globals';
import { createApp } from '../../../src/app.setup.ts';
import { Api } from '../../harness/http/api.ts';
import { startApp, testConfig } from '../../harness/app/app.ts';
import { ThrottleBucketsFixture } from '../../harness/database/throttle-buckets.ts';
import { describeRaces, limits, logIn, wrong } from './login-races.ts';

const first = await startApp(limits);
const { factory, database } = first;
/** Another instance of the service, with its own queues and connections on the same database. */
const second = await startApp({ ...limits, DATABASE_URL: database.url });
const buckets = new ThrottleBucketsFixture(database);

// More than the limits of the configuration; login-races.long-spec.ts sends several times as many.
describeRaces([first, second], { guesses: 200, logins: 40, refreshes: 40 });

describe('A reservation', () => {
  /** Inserts five reservations that were made `seconds` ago. */
  async function reserved(email: string, seconds: number): Promise<void> {
    await logIn(first.api, email, wrong);
    await database.pool.query(
      `UPDATE rate_limit_buckets SET failures = 0, in_flight =
         array_fill(clock_timestamp() - $1 * interval '1 second', ARRAY[5])
       WHERE key LIKE 'login-account-ip:%'`,
      [seconds],
    );
  }

  it('delays further attempts while it may still be released', async () => {
    const { email, password } = await factory.user();
    await reserved(email, 0);

    const login = logIn(first.api, email, password);
    const meanwhile = await Promise.race([login, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))]);
    await buckets.empty();

    expect(meanwhile).toBe('waits');
    expect((await login).status).toBe(200);
  });

  it('delays further attempts for a limited time', async () => {
    const { email, password } = await factory.user();
    await reserved(email, 0);

    const response = await logIn(first.api, email, password);

    expect(response).toBeProblem('attempts-in-progress', 503);
    expect(response.headers['retry-after']).toMatch(/^[1-9]\d?$/);
  });

  it('counts as a failure when it is never settled', async () => {
    const { email, password } = await factory.user();
    await reserved(email, 11);

    expect(await logIn(first.api, email, password)).toBeProblem('too-many-attempts', 429);
    await buckets.pass(61);
    expect((await logIn(first.api, email, password)).status).toBe(200);
  });

  it('is refunded when the attempt fails for another reason', async () => {
    const { email, password } = await factory.user();
    await database.pool.query('ALTER TABLE users RENAME TO users_elsewhere');
    const broken = await logIn(first.api, email, password);
    await database.pool.query('ALTER TABLE users_elsewhere RENAME TO users');

    expect(broken.status).toBe(500);
    expect(await buckets.count('login')).toEqual({ failures: 0, open: 0 });
    const { rows } = await database.pool.query('SELECT FROM rate_limit_buckets');
    expect(rows).toHaveLength(0);
  });
});

describe('A restart', () => {
  it('keeps all failures', async () => {
    const { email, password } = await factory.user();
    for (let time = 0; time < 5; time += 1) await logIn(first.api, email, wrong);

    const config = testConfig({ ...limits, DATABASE_URL: database.url });
    const restarted = await createApp(config);
    await restarted.listen(0, '127.0.0.1');
    const response = await logIn(new Api(await restarted.getUrl()), email, password);
    await restarted.close();

    expect(response.status).toBe(429);
  });
});
