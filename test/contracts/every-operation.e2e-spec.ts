import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/app.setup.ts';
import { JobRegistry } from '../../src/platform/queue/job-registry.ts';
import type { PlacedOperation } from '../harness/openapi/api-document.ts';
import { namedSchemas, operations, takesJson } from '../harness/openapi/api-document.ts';
import { Api } from '../harness/http/api.ts';
import { createApiKey } from '../harness/http/api-keys.ts';
import { startApp, testConfig } from '../harness/app/app.ts';
import { InterruptibleDatabase } from '../harness/database/interruptible-database.ts';
import { Factory } from '../harness/database/factory.ts';
import type { ExampleRequest, ExampleResponse } from '../harness/openapi/example-requests.ts';
import { operationsWhere, sendExample, withCreatedIds } from '../harness/openapi/example-requests.ts';
import { root } from '../harness/process/service-process.ts';
import { exampleProvider, providerEnvironment } from './operations-app.ts';

/*
 * Tests the common behaviour with every operation of the document, including those of new features: the API client
 * throws when a response does not match the document.
 */

/** Two operations are 404 without magic links, and the committed document lists the built-in roles. */
const everything = { AUTH_MAGIC_LINK_ENABLED: 'true', AUTH_ROLES: '{}' };
const { api, app, factory } = await startApp(everything);
const known = await factory.admin();
const admin = (await api.tokensOf(known)).accessToken;
const { key: apiKey } = await createApiKey(api.as(known));
const exportOfUsers = { type: 'users.export', payload: { format: 'csv' } };
const user = (await api.tokensOf(await factory.user({ roles: [] }))).accessToken;

/** As an administrator by default. */
async function send(operation: PlacedOperation, changes: Partial<ExampleRequest> = {}): Promise<ExampleResponse> {
  return await sendExample(operation, { baseUrl: api.baseUrl, token: admin, ...changes });
}

const writes = ({ method }: PlacedOperation): boolean => method !== 'GET';
/** Other content has its own limits, and no members. */
const writesJson = (operation: PlacedOperation): boolean => writes(operation) && takesJson(operation);
/** PATCH requires a body; a POST without required members does not, except a refresh without the cookie. */
const needsBody = ({ method, requestBody, operationId }: PlacedOperation): boolean =>
  requestBody?.required === true || method === 'PATCH' || operationId === 'refresh';
const needsCredentials = ({ security }: PlacedOperation): boolean =>
  security.length > 0 && security.every((scheme) => Object.keys(scheme).length > 0);

describe('The document', () => {
  it('is the same from the sources and from the build', async () => {
    const committed = fs.readFileSync(join(root, 'docs/openapi.json'), 'utf8');

    // Declared by things-fixture.ts when another file in this worker has imported it.
    const served = (await api.get('/docs/openapi.json')).text.replace(/^ *"test_thing_refused",\n/m, '');
    expect(served === committed).toBe(true);
  });
});

describe('Every operation', () => {
  it.each(operationsWhere())('rejects a malformed request: %s', async (_name, operation) => {
    expect(await send(operation, { query: '?a=%zz' })).toBeProblem('bad-request', 400);
  });

  it.each(operationsWhere())('rejects a target that is too long: %s', async (_name, operation) => {
    expect(await send(operation, { query: `?${'a'.repeat(5000)}` })).toBeProblem('uri-too-long', 414);
  });
});

describe('Every example of the document', () => {
  /** Problems of a request whose syntax or content is invalid. */
  const invalid = ['bad-request', 'malformed-json', 'validation-failed', 'invalid-parameter', 'precondition-required'];

  it.each(operationsWhere())('is a valid request: %s', async (_name, operation) => {
    // With its own administrator: some operations end the session or the account.
    const token = (await api.tokensOf(await factory.admin())).accessToken;
    const { status, body } = await send(operation, { token });

    expect(status).toBeLessThan(500);
    const { type = '' } = (body ?? {}) as { readonly type?: string };
    expect(invalid.filter((slug) => type.endsWith(`/problems/${slug}`))).toEqual([]);
  });
});

describe('Every operation that is not public', () => {
  it.each(operationsWhere(needsCredentials))('requires authentication: %s', async (_name, operation) => {
    expect(await send(operation, { token: undefined })).toBeProblem('unauthenticated', 401);
  });

  it.each(operationsWhere((operation) => operation['x-permissions'] !== undefined))(
    'requires its permissions: %s',
    async (_name, operation) => {
      expect(await send(operation, { token: user })).toBeProblem('forbidden', 403);
    },
  );
});

describe('Every operation that is not documented for API keys', () => {
  const refusesKeys = (operation: PlacedOperation): boolean =>
    needsCredentials(operation) && !operation.security.some((scheme) => 'api-key' in scheme);

  it.each(operationsWhere(refusesKeys))('rejects one with all permissions: %s', async (_name, operation) => {
    expect(await send(operation, { token: undefined, apiKey })).toBeProblem('forbidden', 403);
  });

  it('is every operation on credentials', () => {
    const accepted = operationsWhere((operation) => needsCredentials(operation) && !refusesKeys(operation));

    expect(accepted.length).toBeGreaterThan(20);
    expect(accepted.filter(([, { path }]) => path.startsWith('/v1/auth/'))).toEqual([]);
  });
});

describe('Every operation on one resource', () => {
  it.each(operationsWhere(({ path }) => path.includes('{')))(
    'returns 404 for an unknown id: %s',
    async (_name, operation) => {
      expect(await send(operation)).toBeProblem('not-found', 404);
    },
  );

  it.each(operationsWhere(({ responses }) => 428 in responses))('requires If-Match: %s', async (_name, operation) => {
    expect(await send(operation, { without: 'If-Match' })).toBeProblem('precondition-required', 428);
  });
});

describe('Every operation that writes', () => {
  it.each(operationsWhere(writesJson))('rejects a body that is too large: %s', async (_name, operation) => {
    expect(await send(operation, { body: `"${'x'.repeat(300_000)}"` })).toBeProblem('content-too-large', 413);
  });

  it.each(operationsWhere(writes))('accepts only its media type: %s', async (_name, operation) => {
    expect(await send(operation, { body: '<a/>', mediaType: 'text/xml' })).toBeProblem('unsupported-media-type', 415);
  });

  it.each(operationsWhere((operation) => writes(operation) && !needsBody(operation)))(
    'treats an empty body as none, also with a JSON media type: %s',
    async (_name, operation) => {
      // With its own administrator: some operations end the session or the account.
      const token = (await api.tokensOf(await factory.admin())).accessToken;

      const { status } = await send(operation, { token, body: '' });

      expect([201, 204, 404, 409]).toContain(status);
    },
  );

  it.each(operationsWhere(needsBody))('rejects a missing body: %s', async (_name, operation) => {
    expect(await send(operation, { body: '' })).toBeProblem('malformed-json', 400);
    expect(await send(operation, { body: '', without: 'Content-Type' })).toBeProblem('malformed-json', 400);
  });

  it.each(operationsWhere(writesJson))('rejects unknown members: %s', async (_name, operation) => {
    expect(await send(operation, { body: '{"unknownMember":1}' })).toBeProblem('validation-failed', 422);
  });

  it.each(operationsWhere((operation) => !takesJson(operation)))('rejects JSON: %s', async (_name, operation) => {
    const json = { body: '{}', mediaType: 'application/json' };

    expect(await send(operation, json)).toBeProblem('unsupported-media-type', 415);
  });
});

describe('Every operation that reads and whose parameters have defaults', () => {
  const defaults = ({ parameters = [] }: PlacedOperation): string[] =>
    parameters
      .filter(({ schema }) => 'default' in schema)
      .map(({ name, schema }) => `${name}=${String(schema['default'])}`);

  // More than a page of them.
  beforeAll(async () => {
    for (let at = 0; at < 25; at += 1) await factory.user();
  });

  it.each(operationsWhere((operation) => !writes(operation) && defaults(operation).length > 0))(
    'returns the same when the defaults are sent: %s',
    async (_name, operation) => {
      const ofUser = operation.path.replace('/v1/users/{id}', `/v1/users/${known.id}`);
      const at = { ...operation, path: await withCreatedIds(ofUser, api.as(known)) };

      const without = await send(at);

      expect(without.status).toBe(200);
      expect(defaults(operation).length).toBeGreaterThan(0);
      expect(await send(at, { query: `?${defaults(operation).join('&')}` })).toMatchObject({ body: without.body });
    },
  );

  it('lists as many as the default', async () => {
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

  it.each(['CreateJobDto', 'CreateScheduleDto'])('are those that can be created: %s', async (schema) => {
    const { body } = await api.as(known).get('/v1/job-types');

    expect(mappingOf(schema)).toEqual((body as { data: { name: string }[] }).data.map(({ name }) => name));
  });

  it.each(['JobDto', 'ScheduleDto'])('are all registered types: %s', (schema) => {
    const types = app
      .get(JobRegistry)
      .all()
      .map(({ type }) => type);

    expect(types).toContain('mail.send');
    expect(mappingOf(schema)).toEqual(types);
  });
});

describe('A job that is created without a priority', () => {
  it('has the default of the document', async () => {
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
  const untouched = new Set(['livez', 'startupz', 'authorizeOAuth']);
  const ofKnownProvider = (operation: PlacedOperation): PlacedOperation => ({
    ...operation,
    path: operation.path.replace('{provider}', exampleProvider),
  });
  let broken: { service: Api; token: string; database: InterruptibleDatabase; close: () => Promise<void> };

  beforeAll(async () => {
    const database = await InterruptibleDatabase.make();
    const app = await createApp(testConfig({ ...everything, ...providerEnvironment, DATABASE_URL: database.url }));
    await app.listen(0, '127.0.0.1');
    const service = new Api(await app.getUrl());
    const login = await new Factory(database.database).admin();
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

  it.each(operationsWhere(({ operationId }) => !untouched.has(operationId) && operationId !== 'readyz'))(
    'empty, does not disclose the reason: %s',
    async (_name, operation) => {
      const { service, token } = broken;

      const reply = await send(ofKnownProvider(operation), { baseUrl: service.baseUrl, token });

      expect(reply).toBeProblem('internal-error', 500);
      expect(Object.keys(reply.body as object).sort()).toEqual(['code', 'instance', 'status', 'title', 'type']);
    },
  );

  it.each(operationsWhere(({ operationId }) => !untouched.has(operationId)))(
    'unreachable, returns 503 with Retry-After: %s',
    async (name, operation) => {
      const { service, token, database } = broken;
      database.cut();

      const reply = await send(ofKnownProvider(operation), { baseUrl: service.baseUrl, token });

      expect(reply).toBeProblem(name === 'readyz' ? 'not-ready' : 'service-unavailable', 503);
      expect(reply.headers['retry-after']).toMatch(/^\d+$/);
    },
  );
});
