// Writes every document that is derived from the sources. `npm run format` aligns the columns of its tables.
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppModule } from '../app.module.ts';
import { describeApi, versioning } from '../app.setup.ts';
import { parseConfig } from '../platform/config/config.ts';
import { loadResolvers } from '../platform/feature/graphql-resolver.ts';
import { schemaDocument } from '../platform/graphql/schema-document.ts';
import { Links } from '../platform/config/links.ts';
import { configurationReference, envExample } from '../platform/config/reference.ts';
import { documentText } from '../platform/http/openapi/document.ts';
import { permissionsPage } from '../platform/http/openapi/permission-matrix.ts';
import { problemCatalogue } from '../platform/http/problem/problem-kind.ts';
import { LoadMonitor } from '../platform/http/overload/load-monitor.ts';
import { fastifyAdapter } from '../platform/http/server/fastify-adapter.ts';
import { proofsPage } from './proofs-page.ts';

const root = join(import.meta.dirname, '../..');
const problems = 'docs/reference/errors.md';

// A preview instantiates and connects nothing: the documents need the decorators alone.
// GraphQL has a document of its own.
const config = parseConfig({ GRAPHQL: 'off' });
const adapter = fastifyAdapter(config.http, new Links(config.service.publicUrl), new LoadMonitor(config.http.overload));
const app = await NestFactory.create(AppModule.forRoot(config), adapter, { preview: true, logger: ['error'] });
app.enableVersioning(versioning);

write('.env.example', envExample());
write('docs/reference/configuration.md', configurationReference());
write('docs/reference/permissions.md', permissionsPage(app));
write(problems, withProblemTable(readFileSync(join(root, problems), 'utf8')));
write('docs/proofs.md', proofsPage(join(root, 'docs/proofs')));
write('docs/openapi.json', documentText(describeApi(app, config)));
write('docs/schema.graphql', await schemaDocument(await loadResolvers(app.get(ModulesContainer))));

/** The page with the table of the declared problems in place of its own. */
function withProblemTable(page: string): string {
  const heads = ['Slug', 'Status', 'Title', 'What it means', 'What to do'];
  const rows = problemCatalogue().map(({ slug, status, title, description, resolution }) =>
    [`\`${slug}\``, String(status), title, description, resolution].map((text) => text.replaceAll('|', String.raw`\|`)),
  );
  const table = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const lines = page.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const last = lines.findLastIndex((line) => line.startsWith('|'));
  return [...lines.slice(0, first), ...table, ...lines.slice(last + 1)].join('\n');
}

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
  console.log(`Wrote ${path}`);
}
