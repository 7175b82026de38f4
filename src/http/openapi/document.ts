import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Links } from '../../config/links.ts';
import { completeOperations } from './operations.ts';
import { permissionTable } from './permission-table.ts';
import { inputErrorSchema, problemSchema } from './problem-schema.ts';
import { headerComponents } from './response-headers.ts';

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

/** The OpenAPI 3.1 document of the app, running or in preview, with every problem that each operation can answer. */
export function createDocument(app: INestApplication, links: Links): OpenAPIObject {
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
    .addTag('auth', 'Registration, login and sessions')
    .addTag('users', 'People with an account')
    .addTag('jobs', 'Work for later: what was asked for, how far it is, what became of it')
    .addTag('health', 'Probes for whoever runs the service')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const schemas = { ...document.components?.schemas, Problem: problemSchema(), InputError: inputErrorSchema };
  const responses = completeOperations(document);
  document.components = {
    schemas: sorted(schemas),
    responses: sorted(responses),
    headers: headersIn([document.paths, responses]),
    securitySchemes: document.components?.securitySchemes ?? {},
  };
  return document;
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
