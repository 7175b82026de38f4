import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../src/app.setup.ts';
import { JobRegistry } from '../src/queue/job-registry.ts';
import type { PlacedOperation } from './support/api-document.ts';
import { namedSchemas, operations } from './support/api-document.ts';
import { Api } from './support/api.ts';
import { start, testConfig } from './support/app.ts';
import { BreakableDatabase } from './support/breakable-database.ts';
import { Given } from './support/given.ts';
import type { Answer, ExampleRequest } from './support/example-requests.ts';
import { sendExample, those } from './support/example-requests.ts';
import { root } from './support/process.ts';

/*
 * What every operation of the document has in common is tried here with each of them, also with those that are yet to
 * be written: judgedFetch throws when the document does not say what comes back.
 */

/** Without it there is nothing at two of them. */
const everything = { AUTH_MAGIC_LINK: 'true' };
const { api, app, given } = await start(everything);
const known = await given.admin();
const admin = (await api.tokensOf(known)).accessToken;
const exportOfUsers = { type: 'users.export', payload: { format: 'csv' } };
const user = (await api.tokensOf(await given.user())).accessToken;

/** As an administrator, unless told. */
async function send(operation: PlacedOperation, changes: Partial<ExampleRequest> = {}): Promise<Answer> {
  return await sendExample(operation, { baseUrl: api.baseUrl, token: admin, ...changes });
}

const writes = ({ method }: PlacedOperation): boolean => method !== 'GET';
/** A change of something says what is to be changed; a POST whose every member may be absent needs none. */
const needsBody = ({ method, requestBody }: PlacedOperation): boolean =>
  requestBody?.required === true || method === 'PATCH';
const needsToken = ({ security }: PlacedOperation): boolean =>
  security.length > 0 && security.every((scheme) => 'bearer' in scheme);

describe('The document', () => {
  it('is the same from the sources as from the build', async () => {
    const committed = fs.readFileSync(join(root, 'docs/openapi.json'), 'utf8');

    expect((await api.get('/docs/openapi.json')).text === committed).toBe(true);
  });
});

describe('Every operation', () => {
  it.each(those())('can be read as HTTP: %s', async (_name, operation) => {
    expect(await send(operation, { query: '?a=%zz' })).toBeProblem('request-malformed', 400);
  });

  it.each(those())('has an end: %s', async (_name, operation) => {
    expect(await send(operation, { query: `?${'a'.repeat(5000)}` })).toBeProblem('target-too-long', 414);
  });
});

describe('Every operation that is not public', () => {
  it.each(those(needsToken))('asks who is calling: %s', async (_name, operation) => {
    expect(await send(operation, { token: undefined })).toBeProblem('unauthenticated', 401);
  });

  it.each(those((operation) => operation['x-permissions'] !== undefined))(
    'asks whether they may: %s',
    async (_name, operation) => {
      expect(await send(operation, { token: user })).toBeProblem('forbidden', 403);
    },
  );
});

describe('Every operation on one thing', () => {
  it.each(those(({ path }) => path.includes('{')))('finds nothing where nothing is: %s', async (_name, operation) => {
    expect(await send(operation)).toBeProblem('not-found', 404);
  });

  it.each(those(({ responses }) => 428 in responses))('wants to know which state: %s', async (_name, operation) => {
    expect(await send(operation, { without: 'If-Match' })).toBeProblem('precondition-required', 428);
  });
});

describe('Every operation that writes', () => {
  it.each(those(writes))('reads no long body: %s', async (_name, operation) => {
    expect(await send(operation, { body: `"${'x'.repeat(300_000)}"` })).toBeProblem('body-too-large', 413);
  });

  it.each(those(writes))('reads JSON alone: %s', async (_name, operation) => {
    expect(await send(operation, { body: '<a/>', mediaType: 'text/xml' })).toBeProblem('media-type-unsupported', 415);
  });

  it.each(those((operation) => writes(operation) && !needsBody(operation)))(
    'takes an empty body for none, also when it is said to be JSON: %s',
    async (_name, operation) => {
      // Of an administrator of its own: some of them end the session, or the account.
      const token = (await api.tokensOf(await given.admin())).accessToken;

      const { status } = await send(operation, { token, body: '' });

      expect([204, 404, 409]).toContain(status);
    },
  );

  it.each(those(needsBody))('tells that it needs a body: %s', async (_name, operation) => {
    expect(await send(operation, { body: '' })).toBeProblem('body-malformed', 400);
    expect(await send(operation, { body: '', without: 'Content-Type' })).toBeProblem('body-malformed', 400);
  });

  it.each(those(writes))('drops no member in silence: %s', async (_name, operation) => {
    expect(await send(operation, { body: '{"nobodyKnowsThis":1}' })).toBeProblem('validation-failed', 422);
  });
});

describe('Every operation whose parameters have defaults', () => {
  const defaults = ({ parameters = [] }: PlacedOperation): string[] =>
    parameters
      .filter(({ schema }) => 'default' in schema)
      .map(({ name, schema }) => `${name}=${String(schema['default'])}`);

  // More than a page of them.
  beforeAll(async () => {
    for (let at = 0; at < 25; at += 1) await given.user();
  });

  it.each(those((operation) => defaults(operation).length > 0))(
    'answers the same when they are sent: %s',
    async (_name, operation) => {
      const at = { ...operation, path: operation.path.replace('{id}', known.id) };

      const without = await send(at);

      expect(without.status).toBe(200);
      expect(defaults(operation).length).toBeGreaterThan(0);
      expect(await send(at, { query: `?${defaults(operation).join('&')}` })).toMatchObject({ body: without.body });
    },
  );

  it('lists as many as the default says', async () => {
    const [operation] = operations.filter(({ operationId }) => operationId === 'listUsers');
    const limit = operation?.parameters?.find(({ name }) => name === 'limit')?.schema['default'];

    const { body } = await api.as(known).get('/v1/users');

    expect((body as { data: unknown[] }).data).toHaveLength(Number(limit));
  });
});

describe('The types of job in the document', () => {
  const mappingOf = (name: string): string[] => {
    const { discriminator } = namedSchemas[name] as { discriminator: { mapping: Record<string, string> } };
    return Object.keys(discriminator.mapping).sort();
  };

  it.each(['CreateJobDto', 'CreateScheduleDto'])('are those that may be asked for: %s', async (schema) => {
    const { body } = await api.as(known).get('/v1/job-types');

    expect(mappingOf(schema)).toEqual((body as { data: { name: string }[] }).data.map(({ name }) => name));
  });

  it.each(['JobDto', 'ScheduleDto'])('are all that there are: %s', (schema) => {
    const types = app
      .get(JobRegistry)
      .all()
      .map(({ type }) => type);

    expect(types).toContain('mail.send');
    expect(mappingOf(schema)).toEqual(types);
  });
});

describe('A job that is created without a priority', () => {
  it('has that of the document', async () => {
    const { properties } = namedSchemas['CreateUsersExportJob'] as {
      properties: Record<string, { default?: unknown }>;
    };
    const runAt = new Date(Date.now() + 3_600_000).toISOString();

    const { status, body } = await api.as(known).post('/v1/jobs', { ...exportOfUsers, runAt });

    expect(status).toBe(202);
    expect(body).toMatchObject({ priority: properties['priority']?.default });
  });
});

describe('Every operation with the database', () => {
  const untouched = new Set(['livez', 'startupz']);
  let broken: { service: Api; token: string; database: BreakableDatabase; close: () => Promise<void> };

  beforeAll(async () => {
    const database = await BreakableDatabase.make();
    const app = await createApp(testConfig({ ...everything, DATABASE_URL: database.url }));
    await app.listen(0, '127.0.0.1');
    const service = new Api(await app.getUrl());
    const login = await new Given(database.database).admin();
    const { accessToken: token } = await service.tokensOf(login);
    const close = async (): Promise<void> => {
      await app.close();
      await database.database.drop();
    };
    broken = { service, token, database, close };
    await database.empty();
  });

  afterAll(async () => {
    await broken.close();
  });

  it.each(those(({ operationId }) => !untouched.has(operationId) && operationId !== 'readyz'))(
    'empty, keeps the reason to itself: %s',
    async (_name, operation) => {
      const { service, token } = broken;

      const reply = await send(operation, { baseUrl: service.baseUrl, token });

      expect(reply).toBeProblem('internal-error', 500);
      expect(Object.keys(reply.body as object).sort()).toEqual(['code', 'instance', 'status', 'title', 'type']);
    },
  );

  it.each(those(({ operationId }) => !untouched.has(operationId)))(
    'cut off, says when to come again: %s',
    async (name, operation) => {
      const { service, token, database } = broken;
      database.cut();

      const reply = await send(operation, { baseUrl: service.baseUrl, token });

      expect(reply).toBeProblem(name === 'readyz' ? 'not-ready' : 'service-unavailable', 503);
      expect(reply.headers['retry-after']).toMatch(/^\d+$/);
    },
  );
});
