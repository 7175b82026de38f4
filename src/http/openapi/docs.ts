import { createHash } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { stringify } from 'yaml';
import { documentText } from './document.ts';

/** Serves the document at /docs/openapi.json and .yaml and Swagger UI, all of it local, at /docs. */
export function serveDocs(app: NestFastifyApplication, describe: () => OpenAPIObject): void {
  const document = once(describe);
  // Before the UI, whose files are everything else below /docs.
  serveText(app, { path: '/docs/openapi.json', type: 'application/json', text: () => documentText(document()) });
  // Aliases would be shorter; readers take many of them for an attack, and refuse.
  const yaml = (): string => stringify(document(), { aliasDuplicateObjects: false });
  serveText(app, { path: '/docs/openapi.yaml', type: 'application/yaml', text: yaml });
  SwaggerModule.setup('docs', app, document, {
    raw: false,
    customSiteTitle: 'Plinth API',
    swaggerOptions: {
      persistAuthorization: true,
      filter: true,
      deepLinking: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
    },
  });
}

interface ServedText {
  readonly path: string;
  readonly type: string;
  readonly text: () => string;
}

/** The same for everybody and for as long as the process runs: a copy may be kept if it is asked about. */
function serveText(app: NestFastifyApplication, { path, type, text }: ServedText): void {
  const bytes = once(() => Buffer.from(text()));
  const tag = once(() => `"${createHash('sha256').update(bytes()).digest('base64url')}"`);
  app.getHttpAdapter().get(path, (_request: unknown, reply: FastifyReply) => {
    void reply
      .headers({ 'content-type': `${type}; charset=utf-8`, etag: tag(), 'cache-control': 'no-cache' })
      .send(bytes());
  });
}

/** The document is put together when somebody first asks: a start does not wait for it. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
