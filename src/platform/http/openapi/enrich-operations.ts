import type { OpenAPIObject } from '@nestjs/swagger';
import {
  acceptsApiKeys,
  accessExtension,
  apiKeysExtension,
  missingMfaExtension,
  permissionsExtension,
  recentAuthenticationExtension,
} from '../auth/access.decorators.ts';
import { deprecationExtension } from './deprecated.decorator.ts';
import {
  acceptsKeys,
  idempotencyExtension,
  idempotencyScopeExtension,
  readsOnlyExtension,
} from '../idempotency/idempotency.decorators.ts';
import { describeIdempotency, idempotencyProblems } from '../idempotency/idempotency.document.ts';
import type { ExampleSchema, NamedSchemas } from './examples.ts';
import { exampleOf, schemaName } from './examples.ts';
import type { Parameter } from './parameters.ts';
import { completeParameters, dropExtensions } from './parameters.ts';
import { describePermissions, describeStepUp } from './permission-table.ts';
import { failsExtension } from './operation.decorators.ts';
import type { Failures } from './problem-responses.ts';
import { problemResponses } from './problem-responses.ts';
import { isApiRoute } from '../server/request-target.ts';
import { commonHeaders, deprecationHeaders } from '../server/response-headers.ts';
import { without } from '../../validation/objects.ts';

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

/** An operation of the document, with the members that this file reads and extends. */
type Operation = Record<string, unknown> & {
  readonly responses: Record<string, Content>;
  parameters?: Parameter[];
  readonly requestBody?: Content & { required?: boolean };
};

/** An operation with its path and method, and the object that has it as a member. */
interface Route {
  readonly operations: Record<string, unknown>;
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

const methods = new Set(['get', 'post', 'put', 'patch', 'delete']);

/** They carry what decorators declare to this file, and are not part of the published document. */
const internalExtensions: ReadonlySet<string> = new Set([
  accessExtension,
  apiKeysExtension,
  deprecationExtension,
  failsExtension,
  idempotencyExtension,
  idempotencyScopeExtension,
  missingMfaExtension,
  readsOnlyExtension,
  recentAuthenticationExtension,
]);

/**
 * Adds to every operation what its decorators do not declare: security, problems, common headers, examples, required
 * permissions, and `additionalProperties: false` for bodies. Returns the components that the problem responses
 * reference.
 */
export function enrichOperations(document: OpenAPIObject): Failures {
  const failures: Failures = { responses: {}, kinds: new Set() };
  const named = (document.components?.schemas ?? {}) as NamedSchemas;
  dropExtensions(named);
  for (const route of routesOf(document)) {
    const { operation } = route;
    if (operation.parameters !== undefined) operation.parameters = completeParameters(operation.parameters);
    for (const content of contentsOf(operation)) addExamples(content, named);
    for (const response of Object.values(operation.responses)) describeResponse(response, named);
    completeBody(route, named);
    describeStepUp(operation);
    describePermissions(operation);
    const isDeprecated = operation[deprecationExtension] === true;
    if (isDeprecated) operation['deprecated'] = true;
    for (const response of Object.values(operation.responses)) addCommonHeaders(response, isDeprecated);
    Object.assign(operation.responses, failuresOf(route, failures));
    route.operations[route.method] = without(operation, internalExtensions);
  }
  return failures;
}

function routesOf(document: OpenAPIObject): Route[] {
  return Object.entries(document.paths as Record<string, Record<string, unknown>>).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => methods.has(method))
      .map(([method, operation]) => ({ path, method, operations, operation: operation as Operation })),
  );
}

function contentsOf({ requestBody, responses }: Operation): Content[] {
  return [...Object.values(responses), ...(requestBody === undefined ? [] : [requestBody])];
}

function addExamples({ content = {} }: Content, named: NamedSchemas): void {
  for (const [mediaType, media] of Object.entries(content)) {
    const { schema } = media;
    const hasExample = mediaType === 'application/json' || schema?.example !== undefined;
    if (schema !== undefined && hasExample) media.example ??= exampleOf(schema, named);
  }
}

/** The description of a response is that of its schema. */
function describeResponse(response: Content, named: NamedSchemas): void {
  const { $ref } = response.content?.['application/json']?.schema ?? {};
  const { description } = ($ref === undefined ? undefined : named[schemaName($ref)]) ?? {};
  if (description !== undefined) response.description = description;
}

/**
 * Forbids additional properties and sets whether the body is required: a body whose members are all optional is
 * optional itself, except for PATCH.
 */
function completeBody({ method, operation: { requestBody } }: Route, named: NamedSchemas): void {
  const json = requestBody?.content?.['application/json'];
  // A decorator describes any other content.
  if (requestBody === undefined || json === undefined) return;
  const schema = json.schema ?? {};
  const { required = [], oneOf = [] } = forbidAdditionalProperties(schema, named);
  // The discriminator of a union is required.
  requestBody.required = method === 'patch' || required.length > 0 || oneOf.length > 0;
}

/** Sets additionalProperties to false on the schema and its members; returns the resolved schema. */
function forbidAdditionalProperties(schema: Schema, named: NamedSchemas): Schema {
  const target: Schema = schema.$ref === undefined ? schema : (named[schemaName(schema.$ref)] ?? schema);
  if (target.properties !== undefined) target.additionalProperties = false;
  for (const member of [
    ...Object.values(target.properties ?? {}),
    target.items,
    ...(target.allOf ?? []),
    ...(target.anyOf ?? []),
    ...(target.oneOf ?? []),
  ]) {
    if (member !== undefined) forbidAdditionalProperties(member, named);
  }
  return target;
}

function addCommonHeaders(response: Content, isDeprecated: boolean): void {
  response.headers = { ...(isDeprecated ? deprecationHeaders : {}), ...response.headers, ...commonHeaders };
}

function failuresOf({ path, method, operation }: Route, failures: Failures): object {
  const access = operation[accessExtension];
  const fails = operation[failsExtension];
  const permissions = operation[permissionsExtension];
  const apiKeys = access === undefined && acceptsApiKeys({ apiKeys: operation[apiKeysExtension], permissions });
  operation['security'] = securityFor(access, apiKeys);
  const api = isApiRoute(path);
  const unsafe = method !== 'get';
  const handling = operation[idempotencyExtension];
  const authenticated = access === undefined;
  const scope = operation[idempotencyScopeExtension];
  const hasKey = api && unsafe && acceptsKeys({ access, handling, scope });
  const keyed = hasKey ? { required: handling === 'required', authenticated } : undefined;
  if (keyed !== undefined) describeIdempotency(operation, keyed);
  return problemResponses(
    {
      operationId: String(operation['operationId']),
      api,
      unsafe,
      changes: unsafe && operation[readsOnlyExtension] === undefined,
      authenticated,
      permissions: permissions !== undefined,
      apiKeys,
      missingMfa: operation[missingMfaExtension] !== undefined,
      stepUp: operation[recentAuthenticationExtension] !== undefined,
      pathId: operation.parameters?.some((parameter) => parameter.in === 'path') ?? false,
      key: keyed === undefined ? 'none' : keyed.required ? 'required' : 'optional',
      keyed: keyed === undefined ? [] : idempotencyProblems(keyed),
      fails: Array.isArray(fails) ? fails.map(String) : [],
    },
    failures,
  );
}

function securityFor(access: unknown, apiKeys: boolean): object[] {
  if (access === 'public') return [];
  if (access === 'optional') return [{}, { bearer: [] }];
  return apiKeys ? [{ bearer: [] }, { 'api-key': [] }] : [{ bearer: [] }];
}
