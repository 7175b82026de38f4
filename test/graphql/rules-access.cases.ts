import { describe, expect, it } from '@jest/globals';
import { PermissionCalls, permissionRows, withoutDate } from '../contracts/permission-calls.ts';
import type { Route } from '../harness/app/routes.ts';
import { committedSchema, fieldNameOf, operationsWithField, sendByGraphql } from '../harness/http/rest-by-graphql.ts';
import { operationAt, operations } from '../harness/openapi/api-document.ts';
import { rulesApp } from './rules-app.ts';

/* The permissions of docs/reference/permissions.md, which test/contracts/permission-matrix compares with the API. */

/** Why the operations whose paths begin like this have no field. */
const withoutField: Readonly<Record<string, string>> = {
  '/.well-known/': 'read by libraries of other services, without credentials',
  '/v1/auth/': 'credentials: they have limits, cookies and headers of their own, and some have no caller',
  '/v1/jobs/{id}/artifact': 'returns a file',
  '/v1/jobs/{id}/events': 'a stream',
  '/v1/users/import': 'takes a file',
  '/v1/users/me': 'ends the account, with the credentials that are sent',
  '/v1/users/{id}/api-keys': 'credentials of another user',
  '/v1/users/{id}/audit-events': 'the query auditEvents with the argument subjectId',
  '/v1/users/{id}/identities': 'credentials of another user',
  '/v1/users/{id}/mfa': 'credentials of another user',
  '/v1/users/{id}/password-reset': 'credentials of another user',
  '/v1/users/{id}/sessions': 'credentials of another user',
};

/** Invalid bodies that the types of GraphQL accept. Types are checked before permissions, unlike the other rules. */
const typedBodies: Readonly<Record<string, object>> = {
  createUser: { email: '' },
  createJob: { type: '', payload: {} },
};

const running = await rulesApp();
const { baseUrl } = running.api;
const calls = await PermissionCalls.start(running, async (call) => {
  const { operationId = '' } = operationAt(call.method, call.target) ?? {};
  const headers = { 'If-Match': '*', ...call.headers };
  return await sendByGraphql(baseUrl, { ...call, headers, body: typedBodies[operationId] ?? call.body });
});
const rows = permissionRows();

const routes = operationsWithField.map(({ operationId, method, path }): [string, Route] => [
  fieldNameOf(operationId),
  { method, path: path.replaceAll(/\{(\w+)\}/g, ':$1') },
]);
const rowOf = ({ method, path }: Route): (typeof rows)[string] | undefined => rows[`${method} ${path}`];

describe('Every operation of a feature with fields', () => {
  it('has a field, or a reason to have none', () => {
    const prefixes = Object.keys(withoutField);
    const tags = new Set(operationsWithField.flatMap((operation) => operation.tags));
    const others = operations.filter(
      (operation) => !operationsWithField.includes(operation) && tags.has(operation.tags[0] ?? ''),
    );

    expect(others.filter(({ path }) => !prefixes.some((prefix) => path.startsWith(prefix)))).toEqual([]);
    expect(prefixes.filter((prefix) => !others.some(({ path }) => path.startsWith(prefix)))).toEqual([]);
  });

  it('has one field, and each field of Query and Mutation has an operation', () => {
    const types = [committedSchema.getQueryType(), committedSchema.getMutationType()];
    const fields = types.flatMap((type) => Object.keys(type?.getFields() ?? {}));

    expect(routes.map(([field]) => field).sort()).toEqual(fields.sort());
  });
});

describe('The field of a route', () => {
  it.each(routes)('has the outcomes of docs/reference/permissions.md: %s', async (_, route) => {
    expect(await calls.outcomes(route)).toEqual(rowOf(route));
  });
});

describe('A hidden resource of a field', () => {
  const hidden = routes.filter(([, route]) => rowOf(route)?.other === 'hidden' && route.path.includes(':'));

  it('exists', () => {
    expect(hidden.map(([field]) => field)).toEqual(expect.arrayContaining(['job', 'cancelJob', 'revokeSession']));
  });

  it.each(hidden)('has the same problem as a missing resource: %s', async (_, route) => {
    const { hidden: foreign, missing } = await calls.hiddenAndMissing(route);

    expect(foreign.status).toBe(404);
    expect(withoutDate(foreign)).toEqual(withoutDate(missing));
  });
});
