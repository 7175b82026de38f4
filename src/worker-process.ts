import type { Config } from './platform/config/config.ts';
import { parseConfig } from './platform/config/config.ts';
import { readEnvironment } from './platform/config/environment.ts';
import { StartupError } from './platform/config/startup-error.ts';
import { startService } from './start-service.ts';

await startService({
  readConfig,
  loadApplication: async () => (await import('./worker-application.ts')).workerApplication,
});

/** The configuration may disable the worker of the API processes; this process always runs jobs. */
function readConfig(): Config {
  const config = parseConfig({ ...readEnvironment(), WORKER: 'inline' });
  if (config.database.url === undefined) {
    throw new StartupError('The embedded PostgreSQL belongs to npm start, which runs jobs itself. Set DATABASE_URL.');
  }
  return config;
}
