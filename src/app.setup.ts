import type { DynamicModule, INestApplication, Type, VersioningOptions } from '@nestjs/common';
import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Logger, PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module.ts';
import type { Config } from './platform/config/config.ts';
import { Links } from './platform/config/links.ts';
import { jobEventStream, jobFilesIn } from './features/jobs/jobs.document.ts';
import { jobTypesIn } from './features/jobs/job-types.document.ts';
import { LogOutput } from './platform/logging/log-output.ts';
import { logRequests } from './platform/http/server/request-log.ts';
import { observeRequests } from './platform/http/server/request-telemetry.ts';
import { PoolWaits } from './platform/database/pool-waits.ts';
import { serveDocs } from './platform/http/openapi/docs.ts';
import { createDocument } from './platform/http/openapi/document.ts';
import { registerIpRateLimit } from './platform/http/overload/ip-rate-limit.ts';
import { HtmlPages } from './platform/http/html/html-pages.ts';
import { RateLimiter } from './platform/http/overload/rate-limiter.ts';
import { AllowedMethods } from './platform/http/server/allowed-methods.ts';
import { registerCors } from './platform/http/server/cors.ts';
import { registerWriteInterceptor } from './platform/http/write.interceptor.ts';
import { ShutdownState } from './platform/http/server/shutdown-state.ts';
import { registerRequestHooks, rejectMalformedRequests } from './platform/http/server/request-hooks.ts';
import { registerResponseTimePadding } from './platform/http/server/response-time-padding.ts';
import { fastifyAdapter } from './platform/http/server/fastify-adapter.ts';
import { Metrics } from './platform/telemetry/metrics.ts';
import { AdmissionController, registerAdmissionControl } from './platform/http/overload/admission-control.ts';
import { LoadMonitor } from './platform/http/overload/load-monitor.ts';

/** Prefixes the path of a controller with /v1 unless it declares another version. */
export const versioning: VersioningOptions = { type: VersioningType.URI, defaultVersion: '1' };

/** Builds the OpenAPI document of an application, which may be a preview. */
export function describeApi(app: INestApplication, config: Config): OpenAPIObject {
  const { appName: title, publicUrl } = config.service;
  const links = new Links(publicUrl);
  const additions = [jobTypesIn(app), jobFilesIn(app), jobEventStream];
  return createDocument(app, { title, links, roles: config.auth.roles, additions });
}

/**
 * Creates the application as it is served and tested, without listening.
 * @param config with a database URL and a secret
 */
export async function createApp(config: Config, features: readonly Type[] = []): Promise<NestFastifyApplication> {
  const links = new Links(config.service.publicUrl);
  const load = new LoadMonitor(config.http.overload);
  const adapter = fastifyAdapter(config.http, links, load);
  const modules = [...features, ...(config.http.graphql ? [await graphqlModule(config)] : [])];
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, modules), adapter, {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  const server = adapter.getInstance();
  const refusals = app.get(Metrics).counter({
    name: 'http_server_load_shedding_refusals_total',
    help: 'Requests that were refused because the process was overloaded',
  });
  load.watch(app.get(PoolWaits), () => {
    refusals({});
  });
  registerRequestHooks(server, { methods: app.get(AllowedMethods), shutdown: app.get(ShutdownState), links });
  logRequests(server, await app.resolve(PinoLogger), app.get(LogOutput));
  observeRequests(server, app.get(Metrics));
  // Registered before every hook that rejects requests: without these headers a page cannot read the error.
  await registerCors(app, config.http);
  registerIpRateLimit(server, app.get(RateLimiter), { links, pages: app.get(HtmlPages) });
  rejectMalformedRequests(server);
  registerAdmissionControl(server, app.get(AdmissionController));
  registerResponseTimePadding(server, config.auth.responseTimePeriodMs);
  app.enableVersioning(versioning);
  serveDocs(app, { title: config.service.appName, links }, () => describeApi(app, config));
  registerWriteInterceptor(app);
  await app.init();
  await server.ready();
  return app;
}

/** Loads GraphQL only while it is on: it costs time and memory. */
async function graphqlModule(config: Config): Promise<DynamicModule> {
  const { GraphqlModule } = await import('./platform/graphql/graphql.module.ts');
  return await GraphqlModule.forRoot(config);
}
