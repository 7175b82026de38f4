import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Links } from '../../config/links.ts';
import { FeatureRegistry } from '../../feature/feature-registry.ts';
import { enumDescription } from '../../validation/enum-fields.ts';
import type { AccessPolicy } from '../auth/permissions.ts';
import { accessPolicy } from '../auth/permissions.ts';
import { permissionSchema, roleSchema } from '../auth/role-fields.ts';
import type { DocumentAddition, MemberSchemas } from './document-addition.ts';
import { enrichOperations } from './enrich-operations.ts';
import { permissionTable } from './permission-table.ts';
import { problemExamples } from './problem-responses.ts';
import { problemSchemas } from './problem-schema.ts';
import { headerComponents } from '../server/response-headers.ts';
import { shareParameters } from './shared-parameters.ts';

/** The version of the API in its paths, not of the service. */
export const apiVersion = '1';

const description = (title: string, links: Links, policy: AccessPolicy): string => `The REST API of ${title}.

Every failure is \`application/problem+json\` (RFC 9457). Its \`type\` is the URL of an explanation;
[/problems](${links.path('/problems')}) lists all of them. Follow lists with the cursors in \`page\` or the \`Link\` header
(RFC 8288).

A request that matches no operation returns 404, or 405 if the path exists; a malformed request returns 400, 408, 417 or
431. HEAD returns the headers of GET. A client that prefers \`text/html\` over JSON, as browsers do, receives failures as an
HTML page with the same status and headers.

An empty body counts as no body, whatever its \`Content-Type\` is; an operation that takes no body also accepts \`{}\`.

The roles of a user grant permissions beyond the user's own account. The description of an operation names the permissions
that it requires; without them the operation returns 403.

${permissionTable(policy)}

Creating a job requires the permission of its type ([GET /v1/job-types](${links.path('/v1/job-types')})).`;

/** The inputs of the document besides the app. */
export interface DocumentOptions {
  /** The name of the product. */
  readonly title: string;
  readonly links: Links;
  /** Configured permissions by role; see AUTH_ROLES. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  readonly additions?: readonly DocumentAddition[];
}

/**
 * The OpenAPI 3.1 document of the app, which may be in preview mode: its decorators, the additions of features, and the
 * problems that each operation can return.
 */
export function createDocument(
  app: INestApplication,
  { title, links, roles, additions = [] }: DocumentOptions,
): OpenAPIObject {
  const features = new FeatureRegistry(app.get(ModulesContainer));
  const policy = accessPolicy(features, roles);
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(title)
    .setDescription(description(title, links, policy))
    .setVersion(apiVersion)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    // Clients append paths to it: it includes the path of PUBLIC_URL, without a trailing slash.
    .addServer(links.path('') || '/', 'The server of this document: local, staging or production', undefined, {
      'x-internal': false,
    })
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'An access token from POST /v1/auth/login (RFC 9068), verified as RFC8725 recommends.',
      },
      'bearer',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-API-Key',
        description:
          'An API key from POST /v1/auth/api-keys. It acts for its owner with those of its scopes that are permissions ' +
          'of the owner. Send it without an access token.',
      },
      'api-key',
    );
  for (const { name, description: about } of features.tags) builder.addTag(name, about);
  const config = builder.build();
  const models = additions.flatMap((addition) => addition.models);
  const document = SwaggerModule.createDocument(app, config, { extraModels: [...new Set(models)] });
  for (const { complete } of additions) complete(document, (document.components?.schemas ?? {}) as MemberSchemas);
  describeChoices((document.components?.schemas ?? {}) as MemberSchemas);
  describePolicy((document.components?.schemas ?? {}) as MemberSchemas, policy);
  const { responses, kinds } = enrichOperations(document);
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

/** Swagger describes a named enum by its first field, or not at all. */
function describeChoices(schemas: MemberSchemas): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const description = enumDescription(name);
    if (description !== undefined) schemas[name] = { ...schema, description };
  }
}

/** Lists the roles and permissions of the application in their schemas. */
function describePolicy(schemas: MemberSchemas, { roles, permissions }: AccessPolicy): void {
  const lists: Record<string, object> = {
    [roleSchema]: { enum: [...roles], description: 'A role of a user; roles grant permissions.' },
    [permissionSchema]: { enum: [...permissions], description: 'A permission beyond the access to the own account.' },
  };
  for (const [name, list] of Object.entries(lists)) {
    if (schemas[name] !== undefined) schemas[name] = { type: 'string', ...list };
  }
}

/** The headers that these parts of the document reference. */
function headersIn(parts: readonly unknown[]): Record<string, object> {
  const text = JSON.stringify(parts);
  return Object.fromEntries(Object.entries(headerComponents).filter(([name]) => text.includes(`/headers/${name}"`)));
}

/** The text of the document, the same in docs/openapi.json and at /docs/openapi.json. */
export function documentText(document: OpenAPIObject): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Sorted by name, so that an addition does not move other entries. */
function sorted<T>(entries: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}
