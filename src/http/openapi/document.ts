import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { accessExtension, permissionsExtension } from '../auth/access.decorators.ts';
import { idempotencyExtension } from '../idempotency/idempotency.decorators.ts';
import { describeIdempotency, idempotencyProblems } from '../idempotency/idempotency.document.ts';
import { failsExtension } from './operation.decorators.ts';
import { problemResponses } from './problem-responses.ts';
import { inputErrorSchema, problemSchema } from './problem-schema.ts';

const description = `The REST API of Plinth.

Every failure is \`application/problem+json\` (RFC 9457); its \`type\` leads to an explanation, and
[/problems](/problems) lists them all. Lists are walked by the cursors in \`page\` or by the \`Link\` header (RFC 8288).`;

interface RequestBody {
  required?: boolean;
  readonly content: Readonly<Record<string, { schema?: { $ref?: string } }>>;
}

/** A part of the document that this file reads and completes. */
type Operation = Record<string, unknown> & {
  responses: Record<string, unknown>;
  parameters?: { in?: string }[];
  requestBody?: RequestBody;
};

/** The OpenAPI 3.1 document of the running app, with every problem that each operation can answer. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Plinth')
    .setDescription(description)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This service')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'An access token from POST /v1/auth/login (RFC 9068, RFC 8725).',
      },
      'bearer',
    )
    .addTag('auth', 'Registration, login and sessions')
    .addTag('users', 'People with an account')
    .addTag('jobs', 'Work for later: what was asked for, how far it is, what became of it')
    .addTag('health', 'Probes for whoever runs the service')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  for (const place of operationsOf(document)) complete(place, document);
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problemSchema, InputError: inputErrorSchema },
  };
  return document;
}

/** Where an operation stands in the document. */
interface Place {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function operationsOf(document: OpenAPIObject): Place[] {
  const methods = new Set(['get', 'post', 'put', 'patch', 'delete']);
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => methods.has(method))
      .map(([method, operation]) => ({ path, method, operation: operation as Operation })),
  );
}

function complete({ path, method, operation }: Place, document: OpenAPIObject): void {
  const access = take(operation, accessExtension);
  const fails = take(operation, failsExtension);
  const api = /^\/v\d+\//.test(path);
  const unsafe = method !== 'get';
  const said = take(operation, idempotencyExtension);
  const idempotency = api && unsafe && said !== 'ignored' ? { required: said === 'required' } : undefined;
  if (idempotency !== undefined) describeIdempotency(operation, idempotency);
  operation['security'] = securityFor(access);
  if (operation.requestBody !== undefined) operation.requestBody.required = needsBody(operation.requestBody, document);
  Object.assign(
    operation.responses,
    problemResponses({
      api,
      unsafe,
      authenticated: access === undefined,
      permissions: operation[permissionsExtension] !== undefined,
      pathId: operation.parameters?.some((parameter) => parameter.in === 'path') ?? false,
      fails: [
        ...(Array.isArray(fails) ? fails.map(String) : []),
        ...(idempotency === undefined ? [] : idempotencyProblems(idempotency)),
      ],
    }),
  );
}

/** A body whose every member may be absent may be absent itself. */
function needsBody({ content }: RequestBody, document: OpenAPIObject): boolean {
  const reference = content['application/json']?.schema?.$ref;
  const name = reference === undefined ? '' : reference.slice(reference.lastIndexOf('/') + 1);
  const schema = document.components?.schemas?.[name];
  if (schema === undefined || '$ref' in schema) return true;
  return schema.required !== undefined && schema.required.length > 0;
}

function securityFor(access: unknown): object[] {
  if (access === 'public') return [];
  return access === 'optional' ? [{}, { bearer: [] }] : [{ bearer: [] }];
}

function take(operation: Operation, name: string): unknown {
  const value = operation[name];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- an extension of ours that is no part of the document
  delete operation[name];
  return value;
}
