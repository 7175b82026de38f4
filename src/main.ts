import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.setup.ts';
import { banner } from './banner.ts';
import { completedConfig } from './completed-config.ts';
import type { Config } from './config/config.ts';
import { parseConfig } from './config/config.ts';
import type { RawEnvironment } from './config/environment.ts';
import { ConfigInvalid, surroundings } from './config/environment.ts';
import { Links } from './config/links.ts';
import { openDatabase } from './database/open-database.ts';
import { mendableError } from './database/refused-statement.ts';
import { StartRefused } from './database/start-refused.ts';
import { FirstAdministrator } from './features/auth/first-administrator.ts';
import { SigningKeysService } from './features/sessions/signing-keys.service.ts';
import { EndedEarly, Lifecycle } from './lifecycle.ts';
import { freePort, listen } from './listening.ts';
import { migrateQueue } from './queue/migrate-queue.ts';
import { Worker } from './queue/worker.ts';
import { logShortcomings } from './start-check.ts';

/** From the signal on: running requests may finish until then. */
const drainMs = 20_000;

const lifecycle = new Lifecycle();
try {
  await start();
} catch (error) {
  await lifecycle.end(error instanceof EndedEarly ? 0 : refuse(error));
}

async function start(): Promise<void> {
  const raw = surroundings();
  const given = parseConfig(raw);
  const database = await openDatabase(given);
  lifecycle.opened(database.close);
  const config = completedConfig(await withPort(given, raw), database);
  if (config.service.environment !== 'production') await migrateQueue(config.database.directUrl ?? database.url);
  const app = await createApp(config);
  lifecycle.opened(async () => {
    await close(app);
  });
  // The embedded server's role owns everything.
  if (!database.embedded) await logShortcomings(config);
  await app.get(SigningKeysService).verifySecret();
  const url = await listen(app, config.http);
  app.get(Worker).begin();
  const administrator = database.embedded ? await app.get(FirstAdministrator).ensure() : undefined;
  if (config.service.environment === 'production') {
    new Logger('Start').log({ url, database: database.description }, 'Plinth is ready');
  } else {
    const mailbox = config.mail.smtpUrl === undefined;
    const readyMs = process.uptime() * 1000;
    console.log(
      banner({ url, links: app.get(Links), database: database.description, mailbox, readyMs, administrator }),
    );
  }
  lifecycle.started();
}

/** Tells why there is no start: in one line what a person can mend, in full what is a bug. Returns the exit code. */
function refuse(thrown: unknown): number {
  const error = mendableError(thrown);
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

/** With PORT=0 the free port is chosen before anything is told it: links and the issuer carry it. */
async function withPort(config: Config, raw: RawEnvironment): Promise<Config> {
  if (config.http.port !== 0) return config;
  return parseConfig({ ...raw, PORT: String(await freePort(config.http)) });
}
