import type { OpenAPIObject } from '@nestjs/swagger';
import { accessExtension, permissionsExtension } from '../auth/access.decorators.ts';
import { deprecationExtension } from '../deprecation/deprecated.decorator.ts';
import { idempotencyExtension } from '../idempotency/idempotency.decorators.ts';
import { describeIdempotency, idempotencyProblems } from '../idempotency/idempotency.document.ts';
import type { ExampleSchema, NamedSchemas } from './examples.ts';
import { exampleOf, schemaName } from './examples.ts';
import type { Parameter } from './parameters.ts';
import { completeParameters, dropExtensions } from './parameters.ts';
import { sayPermissions } from './permission-table.ts';
import { failsExtension } from './operation.decorators.ts';
import type { Failures } from './problem-responses.ts';
import { problemResponses } from './problem-responses.ts';
import { commonHeaders, deprecationHeaders } from './response-headers.ts';

type Schema = ExampleSchema & { additionalProperties?: unknown };

interface MediaType {
  readonly schema?: Schema;
  example?: unknown;
}

interface Content {
  description?: string;
  headers?: object;
  readonly content?: Readonly<Record<string, MediaType>>;
}

/** A part of the document that this file reads and completes. */
type Operation = Record<string, unknown> & {
  readonly responses: Record<string, Content>;
  parameters?: Parameter[];
  readonly requestBody?: Content & { required?: boolean };
};

/** Where an operation stands in the document. */
interface Place {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

const methods = new Set(['get', 'post', 'put', 'patch', 'delete']);

/**
 * Says of every operation what its decorators leave to the rest of the service: security, problems, common headers,
 * examples, the permission it needs, and that a body has no other members. Returns what their failures refer to.
 */
export function completeOperations(document: OpenAPIObject): Failures {
  const failures: Failures = { responses: {}, kinds: new Set() };
  const named = (document.components?.schemas ?? {}) as NamedSchemas;
  dropExtensions(named);
  for (const place of placesOf(document)) {
    const { operation } = place;
    completeParameters(operation.parameters ?? []);
    for (const content of contentsOf(operation)) illustrate(content, named);
    for (const response of Object.values(operation.responses)) describeReply(response, named);
    completeBody(place, named);
    sayPermissions(operation);
    const goes = take(operation, deprecationExtension) === true;
    if (goes) operation['deprecated'] = true;
    for (const response of Object.values(operation.responses)) addCommonHeaders(response, goes);
    Object.assign(operation.responses, failuresOf(place, failures));
  }
  return failures;
}

function placesOf(document: OpenAPIObject): Place[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => methods.has(method))
      .map(([method, operation]) => ({ path, method, operation: operation as Operation })),
  );
}

function contentsOf({ requestBody, responses }: Operation): Content[] {
  return [...Object.values(responses), ...(requestBody === undefined ? [] : [requestBody])];
}

function illustrate({ content = {} }: Content, named: NamedSchemas): void {
  const json = content['application/json'];
  if (json?.schema !== undefined) json.example ??= exampleOf(json.schema, named);
}

/** A reply is what its body is. */
function describeReply(response: Content, named: NamedSchemas): void {
  const { $ref } = response.content?.['application/json']?.schema ?? {};
  const { description } = ($ref === undefined ? undefined : named[schemaName($ref)]) ?? {};
  if (description !== undefined) response.description = description;
}

/**
 * Members that a body does not have are refused. A body whose every member may be absent may be absent itself, but for a
 * PATCH, which without one would say nothing.
 */
function completeBody({ method, operation: { requestBody } }: Place, named: NamedSchemas): void {
  if (requestBody === undefined) return;
  const schema = requestBody.content?.['application/json']?.schema ?? {};
  const { required = [], oneOf = [] } = close(schema, named);
  // What is one of several, which a member tells apart, has that member.
  requestBody.required = method === 'patch' || required.length > 0 || oneOf.length > 0;
}

/** Closes the schema and those of its members; returns the one that it names. */
function close(schema: Schema, named: NamedSchemas): Schema {
  const target: Schema = schema.$ref === undefined ? schema : (named[schemaName(schema.$ref)] ?? schema);
  if (target.properties !== undefined) target.additionalProperties = false;
  for (const member of [
    ...Object.values(target.properties ?? {}),
    target.items,
    ...(target.allOf ?? []),
    ...(target.anyOf ?? []),
    ...(target.oneOf ?? []),
  ]) {
    if (member !== undefined) close(member, named);
  }
  return target;
}

function addCommonHeaders(response: Content, goes: boolean): void {
  response.headers = { ...(goes ? deprecationHeaders : {}), ...response.headers, ...commonHeaders };
}

function failuresOf({ path, method, operation }: Place, failures: Failures): object {
  const access = take(operation, accessExtension);
  const fails = take(operation, failsExtension);
  operation['security'] = securityFor(access);
  const api = /^\/v\d+\//.test(path);
  const unsafe = method !== 'get';
  const said = take(operation, idempotencyExtension);
  const authenticated = access === undefined;
  const keyed = api && unsafe && said !== 'ignored' ? { required: said === 'required', authenticated } : undefined;
  if (keyed !== undefined) describeIdempotency(operation, keyed);
  return problemResponses(
    {
      operationId: String(operation['operationId']),
      api,
      unsafe,
      authenticated,
      permissions: operation[permissionsExtension] !== undefined,
      pathId: operation.parameters?.some((parameter) => parameter.in === 'path') ?? false,
      key: keyed === undefined ? 'none' : keyed.required ? 'required' : 'taken',
      keyed: keyed === undefined ? [] : idempotencyProblems(keyed),
      fails: Array.isArray(fails) ? fails.map(String) : [],
    },
    failures,
  );
}

function securityFor(access: unknown): object[] {
  if (access === 'public') return [];
  return access === 'optional' ? [{}, { bearer: [] }] : [{ bearer: [] }];
}

function take(operation: Operation, name: string): unknown {
  const value = operation[name];
  // An extension of ours that is no part of the document.
  Reflect.deleteProperty(operation, name);
  return value;
}
