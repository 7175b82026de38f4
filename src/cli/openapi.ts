import { NestFactory } from '@nestjs/core';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppModule } from '../app.module.ts';
import { describeApi, versioning } from '../app.setup.ts';
import { parseConfig } from '../config/config.ts';
import { Links } from '../config/links.ts';
import { documentText } from '../http/openapi/document.ts';
import { fastifyAdapter } from '../http/server/fastify-adapter.ts';

const path = 'docs/openapi.json';

// In a preview nothing is made or connected: the decorators alone say all that the document needs.
const config = parseConfig({});
const links = new Links(config.service.publicUrl);
const app = await NestFactory.create(AppModule.forRoot(config), fastifyAdapter(config.http, links), {
  preview: true,
  logger: ['error'],
});
app.enableVersioning(versioning);
writeFileSync(join(import.meta.dirname, '../..', path), documentText(describeApi(app, links)));
console.log(`Wrote ${path}`);
