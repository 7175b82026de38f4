import type { GraphQLArgument, GraphQLField, GraphQLFieldMap, GraphQLOutputType } from 'graphql';
import { buildSchema, getNamedType, isObjectType, OperationTypeNode } from 'graphql';
import fs from 'node:fs';
import { join } from 'node:path';
import { operationAt, operations } from '../openapi/api-document.ts';
import { root } from '../process/service-process.ts';
import type { ApiResponse } from './api.ts';

type Values = Readonly<Record<string, unknown>>;

/** Fields that do not have the name of their operation. */
const otherNames: Readonly<Record<string, string>> = { endSession: 'revokeSession', streamJobEvents: 'jobEvents' };

/** The name of the field that does the same as an operation: `me` is getMe, `users` is listUsers. */
export function fieldNameOf(operationId: string): string {
  const name = operationId.replace(/^(?:get|list)(?=[A-Z])/, '');
  return otherNames[operationId] ?? name.charAt(0).toLowerCase() + name.slice(1);
}

/** A request to the API; `body` is JSON or undefined. */
export interface RestRequest {
  readonly method: string;
  /** The path with its query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The schema as it is committed. */
export const committedSchema = buildSchema(fs.readFileSync(join(root, 'docs/schema.graphql'), 'utf8'));

interface RootField {
  readonly type: OperationTypeNode;
  readonly field: GraphQLField<unknown, unknown>;
}

/** The fields of Query and Mutation, by their names. */
const rootFields = new Map(
  [OperationTypeNode.QUERY, OperationTypeNode.MUTATION].flatMap((type) =>
    Object.entries(committedSchema.getRootType(type)?.getFields() ?? {}).map(([name, field]): [string, RootField] => [
      name,
      { type, field },
    ]),
  ),
);

function rootField(name: string): RootField {
  const found = rootFields.get(name);
  if (found === undefined) throw new Error(`Query and Mutation have no field ${name}`);
  return found;
}

/** The operations of the API that a field of Query or Mutation does too. */
export const operationsWithField = operations.filter(({ operationId }) => rootFields.has(fieldNameOf(operationId)));

/**
 * Sends a request to the API as the GraphQL operation that does the same, and returns the response as that of the API: a
 * test of the API can be executed with both.
 */
export async function sendByGraphql(
  baseUrl: string,
  { method, target, headers, body }: RestRequest,
): Promise<ApiResponse> {
  const { pathname, searchParams } = new URL(target, baseUrl);
  const operation = operationAt(method, pathname);
  if (operation === undefined) throw new Error(`There is no operation ${method} ${target}`);
  const name = fieldNameOf(operation.operationId);
  const { 'If-Match': ifMatch, 'Idempotency-Key': idempotencyKey, ...others } = headers;
  const takes = (argument: string): boolean => argumentOf(rootField(name).field, argument) !== undefined;
  const variables = defined({
    ...argumentsOf(operation.path, pathname),
    ...Object.fromEntries(searchParams),
    // A route ignores what it does not take.
    ...(takes('input') ? { input: body } : {}),
    ...(takes('ifMatch') ? { ifMatch } : {}),
    ...(takes('idempotencyKey') ? { idempotencyKey } : {}),
  });
  const response = await fetch(`${baseUrl}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...others },
    body: JSON.stringify({ query: documentOf(name, variables), variables }),
  });
  const received = { headers: Object.fromEntries(response.headers), text: await response.text() };
  const parsed = JSON.parse(received.text) as GraphqlBody;
  if (response.status !== 200) return { ...received, status: response.status, body: parsed };
  const status = Number(Object.keys(operation.responses)[0]);
  return responseOf(parsed, { name, status, headers: received.headers });
}

interface ProblemMembers {
  readonly status: number;
  readonly retryAfter?: number;
}

interface GraphqlBody {
  readonly data?: Values;
  readonly errors?: readonly { readonly extensions: ProblemMembers }[];
  readonly extensions?: { readonly idempotencyReplayed?: readonly string[] };
}

interface Success {
  readonly name: string;
  readonly status: number;
  readonly headers: ApiResponse['headers'];
}

function responseOf({ data, errors, extensions }: GraphqlBody, { name, status, headers }: Success): ApiResponse {
  const [error] = errors ?? [];
  if (error !== undefined) {
    const { retryAfter, ...problem } = error.extensions;
    return {
      status: problem.status,
      headers: {
        ...headers,
        'content-type': 'application/problem+json',
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      },
      body: problem,
      text: JSON.stringify(problem),
    };
  }
  const body = data?.[name];
  const isReplayed = extensions?.idempotencyReplayed?.includes(name) === true;
  return {
    status,
    headers: {
      ...headers,
      ...etagOf(body),
      ...(isReplayed ? { 'idempotency-replayed': 'true' } : {}),
    },
    body,
    text: JSON.stringify(body),
  };
}

function etagOf(body: unknown): { readonly etag?: string } {
  const { etag } = (typeof body === 'object' && body !== null ? body : {}) as { readonly etag?: string };
  return etag === undefined ? {} : { etag };
}

/** The values of the parameters of a path, by their names. */
function argumentsOf(template: string, path: string): Values {
  const segments = path.split('/');
  const named = template
    .split('/')
    .flatMap((part, at) => (part.startsWith('{') ? [[part.slice(1, -1), segments[at]]] : []));
  return Object.fromEntries(named) as Values;
}

/** A document with this root field, all of its fields and these variables; an argument that it lacks is a string. */
export function documentOf(name: string, variables: Values = {}): string {
  const { type, field } = rootField(name);
  const typeOf = (each: string): string => String(argumentOf(field, each)?.type ?? 'String');
  const names = Object.keys(variables);
  const declared = names.map((each) => `$${each}: ${typeOf(each)}`).join(', ');
  const passed = names.map((each) => `${each}: $${each}`).join(', ');
  const inParentheses = (text: string): string => (text === '' ? '' : `(${text})`);
  return `${type} ${inParentheses(declared)} { ${name}${inParentheses(passed)} ${selectionOf(field.type)} }`;
}

function argumentOf({ args }: GraphQLField<unknown, unknown>, name: string): GraphQLArgument | undefined {
  return args.find((argument) => argument.name === name);
}

/** All fields, apart from those that lead to another resource. */
function selectionOf(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const fields: GraphQLFieldMap<unknown, unknown> = named.getFields();
  const selected = Object.values(fields).filter(({ name }) => name !== 'owner');
  return `{ ${selected.map((field) => `${field.name} ${selectionOf(field.type)}`).join(' ')} }`;
}

function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
