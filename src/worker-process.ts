import type { INestApplicationContext } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger as PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module.ts';
import type { Config } from './platform/config/config.ts';
import { parseConfig } from './platform/config/config.ts';
import { readEnvironment } from './platform/config/environment.ts';
import { StartupError } from './platform/config/startup-error.ts';
import { Dispatcher } from './platform/queue/dispatch/dispatcher.ts';
import { startService } from './start-service.ts';

await startService({
  readConfig,
  createApp,
  closeApp: async (context) => {
    await context.close();
  },
  run: async (context, { config, database }) => {
    const details = { database: database.description, concurrency: config.queue.concurrency };
    new Logger('Start').log(details, 'The worker is ready');
    context.get(Dispatcher).begin();
    await Promise.resolve();
  },
});

/** The configuration may disable the worker of the API processes; this process always runs jobs. */
function readConfig(): Config {
  const config = parseConfig({ ...readEnvironment(), WORKER: 'inline' });
  if (config.database.url === undefined) {
    throw new StartupError('The embedded PostgreSQL belongs to npm start, which runs jobs itself. Set DATABASE_URL.');
  }
  return config;
}

async function createApp(config: Config): Promise<INestApplicationContext> {
  const context = await NestFactory.createApplicationContext(AppModule.forRoot(config), {
    bufferLogs: true,
    abortOnError: false,
  });
  context.useLogger(context.get(PinoLogger));
  return context;
}
