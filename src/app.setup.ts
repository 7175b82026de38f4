import type { INestApplication, Type, VersioningOptions } from '@nestjs/common';
import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Logger, PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module.ts';
import type { Config } from './config/config.ts';
import { Links } from './config/links.ts';
import { jobFilesIn } from './features/jobs/job-artifact.document.ts';
import { jobEventStream } from './features/jobs/job-events.document.ts';
import { jobTypesIn } from './features/jobs/job-types.document.ts';
import { logRequests } from './http/logging/request-log.ts';
import { serveDocs } from './http/openapi/docs.ts';
import { createDocument } from './http/openapi/document.ts';
import { limitAddresses } from './http/throttling/address-limit.ts';
import { RequestLimits } from './http/throttling/request-limits.ts';
import { AllowedMethods } from './http/server/allowed-methods.ts';
import { allowFrontEnds } from './http/server/cors.ts';
import { Draining } from './http/server/draining.ts';
import { installEdge, refuseUnreadable } from './http/server/edge.ts';
import { fastifyAdapter } from './http/server/fastify-adapter.ts';
import { letStrangersInOneByOne } from './http/server/turnstile.ts';

/** /v1 before the path of every controller that says nothing else. */
export const versioning: VersioningOptions = { type: VersioningType.URI, defaultVersion: '1' };

/** The OpenAPI document of the app, which may be a preview. */
export function describeApi(app: INestApplication, links: Links): OpenAPIObject {
  return createDocument(app, { links, additions: [jobTypesIn(app), jobFilesIn(app), jobEventStream] });
}

/** The app as it is served and tested: everything but listening. `config` names a database and a secret. */
export async function createApp(config: Config, features: readonly Type[] = []): Promise<NestFastifyApplication> {
  const links = new Links(config.service.publicUrl);
  const adapter = fastifyAdapter(config.http, links);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, features), adapter, {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  const server = adapter.getInstance();
  installEdge(server, { methods: app.get(AllowedMethods), draining: app.get(Draining), links });
  logRequests(server, await app.resolve(PinoLogger));
  // Before all that refuses: a page can read a refusal only under these headers.
  await allowFrontEnds(app, config.http);
  limitAddresses(server, app.get(RequestLimits), links);
  refuseUnreadable(server);
  letStrangersInOneByOne(server);
  app.enableVersioning(versioning);
  serveDocs(app, () => describeApi(app, links));
  await app.init();
  await server.ready();
  return app;
}
