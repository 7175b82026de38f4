import { beforeAll, describe, expect, it } from '@jest/globals';
import { Api } from './support/api.ts';
import { createDatabase } from './support/database.ts';
import { Given } from './support/given.ts';
import { atTheEnd, scratchFolder, ServiceProcess } from './support/process.ts';

/** Two processes on one database. */
const folder = scratchFolder();
const database = await createDatabase();
atTheEnd(database.drop);
const variables = {
  DATABASE_URL: database.url,
  APP_SECRET: 'the-secret-of-tests-is-known-to-everyone',
  PUBLIC_URL: 'http://127.0.0.1',
  AUTH_LIMIT_ACCOUNT_ADDRESS: '5/60/900',
};
const given = new Given(database);
const services = [1, 2].map(() => ServiceProcess.start(folder, variables));
let apis: Api[] = [];

beforeAll(async () => {
  apis = await Promise.all(services.map(async (service) => new Api(await service.url())));
});

describe('Two hundred guesses at two processes at once', () => {
  it('are looked at as often as the limit says', async () => {
    const { id, email, password } = await given.user();

    const replies = await Promise.all(
      Array.from({ length: 100 }).flatMap(() =>
        apis.map(async (api) => await api.post('/v1/auth/login', { email, password: 'not the password at all' })),
      ),
    );

    expect(replies).toHaveLength(200);
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(5);
    const looks = await given.auditEvents({ subjectId: id, event: 'authn_login_fail' });
    expect(looks.filter(({ reason }) => reason === 'wrong password')).toHaveLength(5);
    for (const api of apis) expect((await api.post('/v1/auth/login', { email, password })).status).toBe(429);
  });

  it('lock nobody out who knows the password', async () => {
    const { email, password } = await given.user();

    const replies = await Promise.all(
      Array.from({ length: 40 }).flatMap(() =>
        apis.map(async (api) => (await api.post('/v1/auth/login', { email, password })).status),
      ),
    );

    expect(new Set(replies)).toEqual(new Set([200]));
  });
});
