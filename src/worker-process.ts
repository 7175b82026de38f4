import type { Config } from './platform/config/config.ts';
import { parseConfig } from './platform/config/config.ts';
import { loadEnvironment } from './platform/config/load-environment.ts';
import { StartupError } from './platform/config/startup-error.ts';
import { startService } from './start-service.ts';

await startService({
  readConfig,
  loadApplication: async () => (await import('./worker-application.ts')).workerApplication,
});

/** The configuration may disable the worker of the API processes; this process always runs jobs. */
async function readConfig(): Promise<Config> {
  const config = parseConfig({ ...(await loadEnvironment()), WORKER: 'inline' });
  if (config.database.url === undefined) {
    throw new StartupError('The embedded PostgreSQL belongs to npm start, which runs jobs itself. Set DATABASE_URL.');
  }
  return config;
}
