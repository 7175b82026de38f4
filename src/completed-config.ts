import type { Config } from './config/config.ts';
import { developmentSecret } from './config/development-secret.ts';
import type { OpenDatabase } from './database/open-database.ts';

/** The configuration with what only the start could know: which database it became, and development's own secret. */
export function completedConfig({ service, database, ...rest }: Config, opened: OpenDatabase): Config {
  return {
    ...rest,
    service: { ...service, secret: service.secret ?? developmentSecret(service.dataDir) },
    database: { ...database, url: opened.url, directUrl: database.directUrl ?? opened.url },
  };
}
