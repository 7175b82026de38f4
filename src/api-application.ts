import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.setup.ts';
import { banner } from './banner.ts';
import { DevelopmentAdminSeeder } from './features/auth/login/development-admin-seeder.ts';
import { listen, listenForMetrics } from './listening.ts';
import type { Config } from './platform/config/config.ts';
import { Links } from './platform/config/links.ts';
import { urlForBrowsers } from './platform/config/passkeys.ts';
import type { OpenDatabase } from './platform/database/open-database.ts';
import { Dispatcher } from './platform/queue/dispatch/dispatcher.ts';
import type { ServiceApplication } from './start-service.ts';
import { verifyApplication } from './verify-application.ts';

/** Running requests may finish within this time after the signal. */
const drainMs = 20_000;

/** The application of an API process. */
export const apiApplication: ServiceApplication<NestFastifyApplication> = {
  create: async (config) => await createApp(config),
  close,
  run,
};

/** Waits within the time limit until requests have finished, then closes what they used. */
async function close(app: NestFastifyApplication): Promise<void> {
  const timeout = setTimeout(() => {
    app.getHttpServer().closeAllConnections();
  }, drainMs);
  await app.close();
  clearTimeout(timeout);
}

async function run(
  app: NestFastifyApplication,
  { config, database }: { config: Config; database: OpenDatabase },
): Promise<void> {
  await verifyApplication(app, config);
  await listenForMetrics(app, config.telemetry);
  const url = await listen(app, config.http);
  app.get(Dispatcher).begin();
  const administrator = database.embedded ? await app.get(DevelopmentAdminSeeder).ensure() : undefined;
  if (config.service.environment === 'production') {
    new Logger('Start').log({ url, database: database.description }, 'Plinth is ready');
    return;
  }
  const mailbox = config.mail.smtpUrl === undefined;
  const readyMs = process.uptime() * 1000;
  const addresses = { url: urlForBrowsers(url), links: app.get(Links), database, redisUrl: config.redis.url };
  console.log(banner({ ...addresses, mailbox, readyMs, administrator }));
}
