import type { INestApplicationContext, Type } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger as PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module.ts';
import { listenForMetrics } from './listening.ts';
import type { Config } from './platform/config/config.ts';
import { Dispatcher } from './platform/queue/dispatch/dispatcher.ts';
import type { ServiceApplication } from './start-service.ts';
import { verifyApplication } from './verify-application.ts';

/** The application of a worker process. */
export const workerApplication: ServiceApplication<INestApplicationContext> = {
  create: async (config) => await createContext(config),
  close: async (context) => {
    await context.close();
  },
  run: async (context, { config, database }) => {
    await verifyApplication(context, config);
    await listenForMetrics(context, config.telemetry);
    const details = { database: database.description, concurrency: config.queue.concurrency };
    new Logger('Start').log(details, 'The worker is ready');
    context.get(Dispatcher).begin();
  },
};

/**
 * Creates an application that serves no HTTP.
 * @param features modules in addition to the built-in ones
 */
export async function createContext(config: Config, features: readonly Type[] = []): Promise<INestApplicationContext> {
  const context = await NestFactory.createApplicationContext(AppModule.forRoot(config, features), {
    bufferLogs: true,
    abortOnError: false,
  });
  context.useLogger(context.get(PinoLogger));
  return context;
}
