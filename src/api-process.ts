import { freePort } from './listening.ts';
import type { Config } from './platform/config/config.ts';
import { parseConfig } from './platform/config/config.ts';
import { loadEnvironment } from './platform/config/load-environment.ts';
import { startService } from './start-service.ts';

await startService({
  readConfig: async () => parseConfig(await loadEnvironment()),
  completeConfig: withFreePort,
  loadApplication: async () => (await import('./api-application.ts')).apiApplication,
});

/** With PORT=0 the free port is chosen before the application is created: links and the issuer contain it. */
async function withFreePort(config: Config): Promise<Config> {
  if (config.http.port !== 0) return config;
  return parseConfig({ ...(await loadEnvironment()), PORT: String(await freePort(config.http)) });
}
