import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger as PinoLogger } from 'nestjs-pino';
import { completedConfig } from './completed-config.ts';
import { parseConfig } from './config/config.ts';
import { ConfigInvalid, surroundings } from './config/environment.ts';
import { openDatabase } from './database/open-database.ts';
import { mendableError } from './database/refused-statement.ts';
import { StartRefused } from './database/start-refused.ts';
import { SigningKeysService } from './features/sessions/signing-keys.service.ts';
import { EndedEarly, Lifecycle } from './lifecycle.ts';
import { migrateQueue } from './queue/migrate-queue.ts';
import { Worker } from './queue/worker.ts';
import { logShortcomings } from './start-check.ts';
import { WorkerModule } from './worker.module.ts';

const lifecycle = new Lifecycle();
try {
  await start();
} catch (error) {
  await lifecycle.end(error instanceof EndedEarly ? 0 : refuse(error));
}

async function start(): Promise<void> {
  // Whatever the API processes are told, this one works.
  const given = parseConfig({ ...surroundings(), WORKER: 'inline' });
  if (given.database.url === undefined) {
    throw new StartRefused('The embedded PostgreSQL belongs to npm start, which runs jobs itself. Set DATABASE_URL.');
  }
  const database = await openDatabase(given);
  lifecycle.opened(database.close);
  const config = completedConfig(given, database);
  if (config.service.environment !== 'production') await migrateQueue(config.database.directUrl ?? database.url);
  const context = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), {
    bufferLogs: true,
    abortOnError: false,
  });
  context.useLogger(context.get(PinoLogger));
  lifecycle.opened(async () => {
    await context.close();
  });
  await logShortcomings(config);
  await context.get(SigningKeysService).verifySecret();
  new Logger('Start').log(
    { database: database.description, concurrency: config.queue.concurrency },
    'The worker is ready',
  );
  context.get(Worker).begin();
  lifecycle.started();
}

/** Tells why there is no start: in one line what a person can mend, in full what is a bug. Returns the exit code. */
function refuse(thrown: unknown): number {
  const error = mendableError(thrown);
  console.error(error instanceof StartRefused || error instanceof ConfigInvalid ? `plinth: ${error.message}` : error);
  return 1;
}
