import type { INestApplicationContext } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger as PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module.ts';
import type { Config } from './platform/config/config.ts';
import { Dispatcher } from './platform/queue/dispatch/dispatcher.ts';
import type { ServiceApplication } from './start-service.ts';
import { verifyApplication } from './verify-application.ts';

/** The application of a worker process. */
export const workerApplication: ServiceApplication<INestApplicationContext> = {
  create,
  close: async (context) => {
    await context.close();
  },
  run: async (context, { config, database }) => {
    await verifyApplication(context, config);
    const details = { database: database.description, concurrency: config.queue.concurrency };
    new Logger('Start').log(details, 'The worker is ready');
    context.get(Dispatcher).begin();
  },
};

async function create(config: Config): Promise<INestApplicationContext> {
  const context = await NestFactory.createApplicationContext(AppModule.forRoot(config), {
    bufferLogs: true,
    abortOnError: false,
  });
  context.useLogger(context.get(PinoLogger));
  return context;
}
