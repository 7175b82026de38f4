import { createHash } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Links } from '../../config/links.ts';
import { docsScript, docsStyle, shownDocument, swaggerOptions } from './docs-page.ts';
import { documentText } from './document.ts';

/** The page at /docs. */
interface DocsPage {
  readonly title: string;
  readonly links: Links;
}

/** Serves the document at /docs/openapi.json and .yaml, and Swagger UI with local assets at /docs. */
export function serveDocs(
  app: NestFastifyApplication,
  { title, links }: DocsPage,
  describe: () => OpenAPIObject,
): void {
  const document = once(describe);
  // Before Swagger UI, whose wildcard route covers everything else below /docs.
  serveText(app, { path: '/docs/openapi.json', type: 'application/json', text: () => documentText(document()) });
  // YAML parsers reject documents with many aliases, as a defence against alias bombs.
  const yaml = async (): Promise<string> => {
    const { stringify } = await import('yaml');
    return stringify(document(), { aliasDuplicateObjects: false });
  };
  serveText(app, { path: '/docs/openapi.yaml', type: 'application/yaml', text: yaml });
  serveText(app, { path: '/docs/page.css', type: 'text/css', text: () => docsStyle });
  serveText(app, { path: '/docs/page.js', type: 'text/javascript', text: () => docsScript });
  SwaggerModule.setup('docs', app, () => shownDocument(document()), {
    raw: false,
    customSiteTitle: `${title} reference`,
    customCssUrl: links.path('/docs/page.css'),
    customJs: links.path('/docs/page.js'),
    swaggerOptions,
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
