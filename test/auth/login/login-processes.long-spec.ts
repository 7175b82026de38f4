import { beforeAll, describe, expect, it } from '@jest/globals';
import { Api } from '../../harness/http/api.ts';
import { createDatabase } from '../../harness/database/database.ts';
import { Factory } from '../../harness/database/factory.ts';
import { onTeardown, temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';

/** Two processes on one database. */
const folder = temporaryFolder();
const database = await createDatabase();
onTeardown(database.drop);
const variables = {
  DATABASE_URL: database.url,
  APP_SECRET: 'the-secret-of-tests-is-public-knowledge',
  PUBLIC_URL: 'http://127.0.0.1',
  AUTH_RATE_LIMIT_ACCOUNT_IP: '5/60/900',
  // So that 80 logins at once are not too many for a busy machine: all of them lock the row of one user.
  DATABASE_CONNECT_TIMEOUT_MS: '15000',
  DATABASE_STATEMENT_TIMEOUT_MS: '60000',
};
const factory = new Factory(database);
const services = [1, 2].map(() => ServiceProcess.start(folder, variables));
let apis: Api[] = [];

beforeAll(async () => {
  apis = await Promise.all(services.map(async (service) => new Api(await service.url())));
});

describe('Two hundred concurrent guesses at two processes', () => {
  it('are evaluated as often as the limit allows', async () => {
    const { id, email, password } = await factory.user();

    const responses = await Promise.all(
      Array.from({ length: 100 }).flatMap(() =>
        apis.map(async (api) => await api.post('/v1/auth/login', { email, password: 'not the password at all' })),
      ),
    );

    expect(responses).toHaveLength(200);
    expect(responses.filter(({ status }) => status === 401)).toHaveLength(5);
    const looks = await factory.auditEvents({ subjectId: id, event: 'authn_login_fail' });
    expect(looks.filter(({ reason }) => reason === 'wrong password')).toHaveLength(5);
    for (const api of apis) expect((await api.post('/v1/auth/login', { email, password })).status).toBe(429);
  });

  it('do not lock out logins with the right password', async () => {
    const { email, password } = await factory.user();

    const responses = await Promise.all(
      Array.from({ length: 40 }).flatMap(() =>
        apis.map(async (api) => await api.post('/v1/auth/login', { email, password })),
      ),
    );

    expect(responses.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
  });
});
