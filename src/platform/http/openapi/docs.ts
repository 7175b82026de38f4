import { createHash } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { documentText } from './document.ts';

/** Serves the document at /docs/openapi.json and .yaml, and Swagger UI with local assets at /docs. */
export function serveDocs(app: NestFastifyApplication, title: string, describe: () => OpenAPIObject): void {
  const document = once(describe);
  // Before Swagger UI, whose wildcard route covers everything else below /docs.
  serveText(app, { path: '/docs/openapi.json', type: 'application/json', text: () => documentText(document()) });
  // YAML parsers reject documents with many aliases, as a defence against alias bombs.
  const yaml = async (): Promise<string> => {
    const { stringify } = await import('yaml');
    return stringify(document(), { aliasDuplicateObjects: false });
  };
  serveText(app, { path: '/docs/openapi.yaml', type: 'application/yaml', text: yaml });
  SwaggerModule.setup('docs', app, document, {
    raw: false,
    customSiteTitle: `${title} API reference`,
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
  readonly text: () => string | Promise<string>;
}

/** Constant while the process runs: with an ETag, and a Cache-Control that requires revalidation. */
function serveText(app: NestFastifyApplication, { path, type, text }: ServedText): void {
  const content = once(async () => {
    const bytes = Buffer.from(await text());
    return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` };
  });
  app.getHttpAdapter().get(path, async (_request: unknown, reply: FastifyReply) => {
    const { bytes, etag } = await content();
    return await reply
      .headers({ 'content-type': `${type}; charset=utf-8`, etag, 'cache-control': 'no-cache' })
      .send(bytes);
  });
}

/** The document is built on the first request, which keeps the startup short. */
function once<T>(create: () => T): () => T {
  let created: { readonly value: T } | undefined;
  return () => (created ??= { value: create() }).value;
}
