import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.setup.ts';
import { AccessInvalidationBus } from './platform/cache-invalidation/access-invalidation-bus.ts';
import type { Config } from './platform/config/config.ts';
import { StartupError } from './platform/config/startup-error.ts';
import { verifyApplication } from './verify-application.ts';

/**
 * The application without a connection that listens: a suspended instance would not receive invalidations, so each
 * request reads its session from the database.
 * @throws StartupError
 */
export async function createServerlessApp(config: Config): Promise<NestFastifyApplication> {
  if (config.database.url === undefined || config.service.secret === undefined)
    throw new StartupError('A serverless function needs DATABASE_URL and APP_SECRET.');
  const app = await createApp(config);
  try {
    app.get(AccessInvalidationBus).disable();
    await verifyApplication(app, config);
    return app;
  } catch (error) {
    // The next request creates another one, with connections of its own.
    await app.close();
    throw error;
  }
}
