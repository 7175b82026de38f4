import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.setup.ts';
import { banner } from './banner.ts';
import { completedConfig } from './completed-config.ts';
import type { Config } from './config/config.ts';
import { parseConfig } from './config/config.ts';
import { ConfigInvalid, surroundings } from './config/environment.ts';
import { openDatabase } from './database/open-database.ts';
import { StartRefused } from './database/start-refused.ts';
import { FirstAdministrator } from './features/auth/first-administrator.ts';
import { EndedEarly, Lifecycle } from './lifecycle.ts';
import { migrateQueue } from './queue/migrate-queue.ts';

/** From the signal on: running requests may finish until then. */
const drainMs = 20_000;

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program. Stop it, or set PORT.',
  EADDRNOTAVAIL: 'is not an address of this machine. Set HOST.',
  EACCES: 'may not be used by this user. Set PORT to 1024 or higher.',
  ENOTFOUND: 'is not an address. Set HOST.',
};

const lifecycle = new Lifecycle();
try {
  await start();
} catch (error) {
  await lifecycle.end(error instanceof EndedEarly ? 0 : refuse(error));
}

async function start(): Promise<void> {
  const given = parseConfig(surroundings());
  const database = await openDatabase(given);
  lifecycle.opened(database.close);
  const config = completedConfig(given, database);
  if (config.service.environment !== 'production') await migrateQueue(database.url);
  const app = await createApp(config);
  const url = await listen(app, config);
  lifecycle.opened(async () => {
    await close(app);
  });
  const administrator = database.embedded ? await app.get(FirstAdministrator).ensure() : undefined;
  if (config.service.environment === 'production') {
    new Logger('Start').log({ url, database: database.description }, 'Plinth is ready');
  } else {
    const mailbox = true;
    const readyMs = process.uptime() * 1000;
    console.log(banner({ url, database: database.description, mailbox, readyMs, administrator }));
  }
  lifecycle.started();
}

/** Tells why there is no start: in one line what a person can mend, in full what is a bug. Returns the exit code. */
function refuse(error: unknown): number {
  console.error(error instanceof StartRefused || error instanceof ConfigInvalid ? `plinth: ${error.message}` : error);
  return 1;
}

/** Lets requests finish, within limits, then ends what they used. */
async function close(app: NestFastifyApplication): Promise<void> {
  const impatience = setTimeout(() => {
    app.getHttpServer().closeAllConnections();
  }, drainMs);
  await app.close();
  clearTimeout(impatience);
}

/** Lets Fastify listen: Nest would log a failure as well, and in other words. */
async function listen(app: NestFastifyApplication, { http }: Config): Promise<string> {
  try {
    return await app.getHttpAdapter().getInstance().listen({ port: http.port, host: http.host });
  } catch (error) {
    const reason = listenProblems[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    throw new StartRefused(`${http.host}:${http.port} ${reason}`, { cause: error });
  }
}
