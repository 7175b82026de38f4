import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { getOperationAST, parse } from 'graphql';
import pg from 'pg';
import { steps } from '../contracts/rule-tables.ts';
import { requestCost, rootFieldCosts } from '../../src/platform/graphql/graphql-limits.ts';
import { currentRequest } from '../../src/platform/logging/request-context.ts';
import { graphql } from '../harness/http/graphql.ts';
import { createJob } from '../harness/http/job-calls.ts';
import { committedSchema, documentOf } from '../harness/http/rest-by-graphql.ts';
import { rulesApp } from './rules-app.ts';

const { api, factory } = await rulesApp();
const admin = api.as(await factory.admin());

/** The statements that an operation with this name has sent, apart from those of its authentication. */
async function statementsOf(operation: string, send: () => Promise<void>): Promise<readonly string[]> {
  const statements: string[] = [];
  const { query } = pg.Client.prototype as unknown as {
    readonly query: (this: pg.Client, ...values: unknown[]) => unknown;
  };
  const spy = jest.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...values) {
    const [statement] = values as unknown[];
    if (currentRequest()?.graphqlOperation === operation)
      statements.push(typeof statement === 'string' ? statement : (statement as { readonly text: string }).text);
    return Reflect.apply(query, this, values) as never;
  });
  await send();
  spy.mockRestore();
  return statements;
}

describe('A list of 20 entries', () => {
  beforeAll(async () => {
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const owners = await Promise.all(Array.from({ length: 20 }, async () => api.as(await factory.user())));
    await Promise.all(owners.map(async (owner) => await createJob(owner, { ...steps, runAt })));
  });

  const user = 'id email displayName roles status etag';

  it.each([
    [
      'users and their number',
      2,
      `users(first: 20) { edges { cursor node { ${user} } } pageInfo { endCursor } total { count } }`,
    ],
    [
      'jobs, their number and their owners',
      3,
      `jobs(first: 20) { edges { node { id owner { ${user} } } } total { count } }`,
    ],
  ])('is read with few statements: %s', async (_, count, selection) => {
    const statements = await statementsOf('Nested', async () => {
      const { data, errors } = await graphql(admin, `query Nested { ${selection} }`);
      expect(errors).toEqual([]);
      const [list] = Object.values(data ?? {}) as { readonly edges: unknown[] }[];
      expect(list?.edges).toHaveLength(20);
    });

    expect(statements).toHaveLength(count);
  });
});

describe('The default page of a list, with all of its fields', () => {
  it.each(['auditEvents', 'jobs', 'sessions', 'users'])('counts as one request: %s', (field) => {
    const document = parse(documentOf(field));
    const operation = getOperationAST(document);
    if (!operation) throw new Error('The document has no operation');

    const [cost] = rootFieldCosts(committedSchema, { document, operation, variables: {} });

    expect(cost).toBeGreaterThan(100);
    expect(cost).toBeLessThanOrEqual(requestCost);
  });
});

describe('Documents beyond the limits', () => {
  const repeated = (times: number, part: (at: number) => string): string =>
    Array.from({ length: times }, (_, at) => part(at)).join(' ');
  const documents: readonly unknown[] = [
    { query: `{ ${repeated(10_000, (at) => `a${at}: __typename`)} }` },
    { query: `{ ${repeated(51, (at) => `a${at}: __typename`)} }` },
    { query: `${'{ users '.repeat(50)}{ id }${' }'.repeat(50)}` },
    { query: `{ me { id } } #${'x'.repeat(1024 * 1024)}` },
    { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' },
    Array.from({ length: 1000 }, () => ({ query: '{ me { id } }' })),
    { query: '{ usrs { total { count } } }' },
  ];

  it('are refused with problems, at the same time, while the service responds to probes', async () => {
    const sent = documents.flatMap((document) => Array.from({ length: 10 }, () => document));
    let pending = sent.length;
    const responses = Promise.all(
      sent.map(async (document) => {
        const { body } = await admin.post('/graphql', document);
        pending -= 1;
        return body as { readonly code?: string; readonly data?: unknown; readonly errors?: readonly object[] };
      }),
    );
    const probes: number[] = [];
    while (pending > 0) probes.push((await api.get('/livez')).status);

    for (const { code, data, errors } of await responses) {
      expect(data).toBeUndefined();
      expect(code ?? errors?.[0]).toBeDefined();
    }
    expect(new Set(probes)).toEqual(new Set([200]));
  });
});
