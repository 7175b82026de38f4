import { describe, expect, it } from '@jest/globals';
import { getNamedType, isInputObjectType } from 'graphql';
import {
  etagsNeverSent,
  forgedMembers,
  invalidAuditFilters,
  invalidJobFilters,
  invalidJobs,
  invalidOwnChanges,
  invalidUserChanges,
} from '../contracts/rule-tables.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { graphql } from '../harness/http/graphql.ts';
import { bearerOf } from '../harness/http/mfa-flows.ts';
import type { RestRequest } from '../harness/http/rest-by-graphql.ts';
import { committedSchema, documentOf, sendByGraphql } from '../harness/http/rest-by-graphql.ts';
import { rulesApp } from './rules-app.ts';

const { api, factory } = await rulesApp();
const admin = await factory.admin();
const asAdmin = api.as(admin);

type Request = Pick<RestRequest, 'method' | 'target' | 'body'>;

/** What the types of GraphQL refuse before the rules of the API apply. */
const refusedByTypes: ReadonlySet<string> = new Set([
  'an unknown field',
  'the password hash',
  'roles',
  'an email address',
  'a type that is not a string',
  'a missing payload',
  'invalid fields, a payload that does not match the type and a time in the past',
  'an invalid type and a time in the past',
  'an unknown member',
  'sort=type',
  'state=lost',
  'queue=default',
  'outcome=maybe',
  'unknownParameter=1',
]);

/** GraphQL turns one value into a list of it. */
const validInGraphql = 'roles that are not a list';

async function sendAs(
  caller: FactoryUser,
  { headers = {}, ...request }: Partial<RestRequest> & Request,
): Promise<ApiResponse> {
  const bearer = bearerOf(await api.tokensOf(caller));
  return await sendByGraphql(api.baseUrl, { ...request, headers: { ...bearer, ...headers } });
}

interface Violation {
  readonly pointer?: string;
  readonly parameter?: string;
}

/** The same violations as those of the API; a parameter of a query is an argument, which has a pointer. */
function expectSame(name: string, actual: ApiResponse, rest: ApiResponse): void {
  const { errors } = rest.body as { readonly errors: readonly Violation[] };
  const expected = errors.map(({ parameter, ...error }) => ({
    ...error,
    ...(parameter === undefined ? {} : { pointer: `#/${parameter}` }),
  }));
  if (refusedByTypes.has(name)) {
    expect(actual).toBeProblem('invalid-graphql-document', 400);
    const members = expected.map(({ pointer = '' }) => pointer.split('/')[1] ?? '');
    const { detail } = actual.body as { readonly detail: string };
    expect(members.filter((member) => detail.includes(member))).not.toEqual([]);
  } else {
    expect(actual).toBeProblem('validation-failed', 422);
    expect(actual.body).toHaveProperty('errors', expected);
  }
}

describe('An invalid change of a user', () => {
  it.each(invalidUserChanges.filter(([name]) => name !== validInGraphql))(
    'has the pointers of the API, and changes nothing: %s',
    async (name, body) => {
      const target = `/v1/users/${(await factory.user()).id}`;
      const before = await asAdmin.get(target);
      const headers = { 'If-Match': '*' };

      const rest = await asAdmin.patch(target, body, headers);
      const response = await sendAs(admin, { method: 'PATCH', target, body, headers });

      expectSame(name, response, rest);
      expect((await asAdmin.get(target)).text).toBe(before.text);
    },
  );
});

describe('An invalid change of the caller', () => {
  it.each(invalidOwnChanges)('has the pointers of the API: %s', async (name, body) => {
    const user = await factory.user();
    const request = { method: 'PATCH', target: '/v1/users/me', body, headers: { 'If-Match': '*' } };

    const rest = await api.as(user).patch(request.target, body, request.headers);

    expectSame(name, await sendAs(user, request), rest);
  });
});

describe('An invalid job', () => {
  const target = '/v1/jobs';

  it.each(invalidJobs(admin.id))('has the pointers of the API: %s', async (name, body) => {
    const user = await factory.user();

    const rest = await api.as(user).post(target, body);

    expectSame(name, await sendAs(user, { method: 'POST', target, body }), rest);
    expect((await api.as(user).get(target)).body).toMatchObject({ data: [] });
  });
});

describe('An invalid filter', () => {
  const targets = [
    ...invalidJobFilters.map((filter) => [filter, '/v1/jobs'] as const),
    ...invalidAuditFilters.map((filter) => [filter, '/v1/audit-events'] as const),
  ];

  it.each(targets)('has the pointer of its argument: %s of %s', async (filter, path) => {
    const target = `${path}?${filter}`;

    const rest = await asAdmin.get(target);

    expectSame(filter, await sendAs(admin, { method: 'GET', target }), rest);
  });
});

describe('An argument ifMatch that no field etag had', () => {
  it.each(etagsNeverSent)('is outdated: %s', async (etag) => {
    const headers = { 'If-Match': etag };
    const body = { displayName: 'B' };

    const response = await sendAs(admin, { method: 'PATCH', target: '/v1/users/me', body, headers });

    expect(response).toBeProblem('precondition-failed', 412);
  });
});

describe('Members that no client may set', () => {
  it.each([
    ['createUser', {}],
    ['updateUser', { id: admin.id, ifMatch: '*' }],
    ['updateMe', { ifMatch: '*' }],
    ['createJob', {}],
  ])('are refused by name: %s', async (field, values) => {
    const known = inputMembersOf(field);
    const extra = Object.entries(forgedMembers(admin.id)).filter(([name]) => !known.includes(name));
    const variables = { ...values, input: Object.fromEntries(extra) };

    const { data, errors } = await graphql(asAdmin, documentOf(field, variables), variables);

    expect(data).toBeUndefined();
    expect(extra.length).toBeGreaterThan(8);
    const messages = errors.map(({ message }) => message).join();
    expect(extra.filter(([name]) => !messages.includes(`Field "${name}" is not defined`))).toEqual([]);
  });
});

/** The members of the argument `input` of a mutation. */
function inputMembersOf(field: string): readonly string[] {
  const mutations = committedSchema.getMutationType()?.getFields() ?? {};
  const input = mutations[field]?.args.find(({ name }) => name === 'input');
  const type = input && getNamedType(input.type);
  if (!isInputObjectType(type)) throw new Error(`${field} has no argument input`);
  return Object.keys(type.getFields());
}
