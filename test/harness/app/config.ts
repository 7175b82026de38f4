import type { Config } from '../../../src/platform/config/config.ts';
import { parseConfig } from '../../../src/platform/config/config.ts';
import type { RawEnvironment } from '../../../src/platform/config/environment.ts';
import { InvalidConfigError } from '../../../src/platform/config/startup-error.ts';

/** As production would have one. */
export const secret = 'hD3+v8q0Zk1mT5yJw9RbXcNfLsAeUo2gPi7KtQxV4Mg=';

/** The smallest configuration that production accepts. */
export const production = {
  NODE_ENV: 'production',
  APP_SECRET: secret,
  DATABASE_URL: 'postgresql://plinth@db.example.com/plinth',
  PUBLIC_URL: 'https://api.example.com',
};

/** Every problem of an invalid configuration. */
export function errorsOf(raw: RawEnvironment): readonly string[] {
  return configErrorOf(raw).problems;
}

/** The error that an invalid configuration causes; throws when it is valid. */
export function configErrorOf(raw: RawEnvironment): InvalidConfigError {
  let config: Config;
  try {
    config = parseConfig(raw);
  } catch (error) {
    if (error instanceof InvalidConfigError) return error;
    throw error;
  }
  throw new Error(`The configuration is valid: ${Object.keys(config).join(', ')}`);
}
