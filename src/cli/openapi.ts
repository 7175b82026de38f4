import { NestFactory } from '@nestjs/core';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppModule } from '../app.module.ts';
import { describeApi, versioning } from '../app.setup.ts';
import { parseConfig } from '../platform/config/config.ts';
import { Links } from '../platform/config/links.ts';
import { documentText } from '../platform/http/openapi/document.ts';
import { fastifyAdapter } from '../platform/http/server/fastify-adapter.ts';

const path = 'docs/openapi.json';

// A preview instantiates and connects nothing: the document needs the decorators alone.
const config = parseConfig({});
const links = new Links(config.service.publicUrl);
const app = await NestFactory.create(AppModule.forRoot(config), fastifyAdapter(config.http, links), {
  preview: true,
  logger: ['error'],
});
app.enableVersioning(versioning);
writeFileSync(join(import.meta.dirname, '../..', path), documentText(describeApi(app, config)));
console.log(`Wrote ${path}`);
