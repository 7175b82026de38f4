import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Links } from '../../config/links.ts';
import { choiceDescription } from '../../validation/choice-fields.ts';
import type { DocumentAddition, MemberSchemas } from './document-addition.ts';
import { completeOperations } from './operations.ts';
import { permissionTable } from './permission-table.ts';
import { problemExamples } from './problem-responses.ts';
import { problemSchemas } from './problem-schema.ts';
import { headerComponents } from './response-headers.ts';
import { shareParameters } from './shared-parameters.ts';

export const apiTitle = 'Plinth';

/** Of the API, not of the program: the one in the paths. */
export const apiVersion = '1';

const description = (links: Links): string => `The REST API of Plinth.

Every failure is \`application/problem+json\` (RFC 9457); its \`type\` leads to an explanation, and
[/problems](${links.path('/problems')}) lists them all. Lists are walked by the cursors in \`page\` or by the \`Link\` header (RFC 8288).

A request that reaches no operation is answered 404, or 405 when the path is known, and one that can't be read 408, 417
or 431. A HEAD is answered as the GET is, without the body. A client that prefers \`text/html\` to JSON, as browsers do, is
told failures in a page, with the same status and headers.

An empty body is none, whatever its \`Content-Type\`; an operation that takes no body accepts \`{}\` as well.

What a user may do beyond their own account hangs on their roles. An operation that needs a permission says so at the end
of its description; without it the answer is 403.

${permissionTable()}

Jobs ask for the permission of their type ([GET /v1/job-types](${links.path('/v1/job-types')})).`;

/** What a document is made from beside the app. */
export interface DocumentOptions {
  readonly links: Links;
  readonly additions?: readonly DocumentAddition[];
}

/**
 * The OpenAPI 3.1 document of the app, running or in preview: what its decorators say, what features add, and every
 * problem that each operation can answer.
 */
export function createDocument(app: INestApplication, { links, additions = [] }: DocumentOptions): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(apiTitle)
    .setDescription(description(links))
    .setVersion(apiVersion)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    // Clients append the paths to it: a path of PUBLIC_URL is part of it, a slash of its own is not.
    .addServer(links.path('') || '/', 'Where this document came from: local, staging or production', undefined, {
      'x-internal': false,
    })
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'An access token from POST /v1/auth/login (RFC 9068), checked as RFC8725 demands.',
      },
      'bearer',
    )
    .addTag('auth', 'Registration, login, passwords, email addresses and sessions')
    .addTag('users', 'Accounts: the own one, and those of others for administrators')
    .addTag('audit', 'What was done and refused, in the order in which it happened')
    .addTag('jobs', 'Background jobs: create, follow, cancel and retry them, and download what they made')
    .addTag('schedules', 'Schedules that create jobs by a cron expression')
    .addTag('queues', 'The queues that jobs wait in: how long they are; pause and resume them')
    .addTag('health', 'Probes for orchestrators and load balancers')
    .build();
  const models = additions.flatMap((addition) => addition.models);
  const document = SwaggerModule.createDocument(app, config, { extraModels: [...new Set(models)] });
  for (const { complete } of additions) complete(document, (document.components?.schemas ?? {}) as MemberSchemas);
  describeChoices((document.components?.schemas ?? {}) as MemberSchemas);
  const { responses, kinds } = completeOperations(document);
  document.components = {
    schemas: sorted({ ...document.components?.schemas, ...problemSchemas(kinds, links) }),
    responses: sorted(responses),
    parameters: sorted(shareParameters(document)),
    examples: sorted(problemExamples(kinds, links)),
    headers: headersIn([document.paths, responses]),
    securitySchemes: document.components?.securitySchemes ?? {},
  };
  return document;
}

/** Swagger describes a named list by the first field that has it, or not at all. */
function describeChoices(schemas: MemberSchemas): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const description = choiceDescription(name);
    if (description !== undefined) schemas[name] = { ...schema, description };
  }
}

/** The headers that these parts refer to: not every service has a route that goes, say. */
function headersIn(parts: readonly unknown[]): Record<string, object> {
  const text = JSON.stringify(parts);
  return Object.fromEntries(Object.entries(headerComponents).filter(([name]) => text.includes(`/headers/${name}"`)));
}

/** The document as the file and the service give it: these bytes and no others. */
export function documentText(document: OpenAPIObject): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** By name, so that a new one stands in its place and moves no other. */
function sorted<T>(named: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)));
}
