import type { RawEnvironment } from './environment.ts';
import { parseVariables, readEnvironment } from './environment.ts';
import { InvalidConfigError, StartupError } from './startup-error.ts';
import { variables } from './variables.ts';
import { isLoopback } from './variables/oauth-redirects.ts';
import type { SecretStoreVariables } from './variables/secret-store.ts';
import { secretStoreVariables } from './variables/secret-store.ts';
import type { Variable } from './variables/values.ts';

/** Reads all entries of a secret. @throws StartupError in one line, which contains no value */
type SecretStore = (settings: SecretStoreVariables) => Promise<Readonly<Record<string, unknown>>>;

let loaded: Promise<RawEnvironment> | undefined;

/**
 * The environment, completed by the secrets of the configured store; read once by each process, and again after a
 * failure. Without a store nothing is imported or requested.
 * @throws InvalidConfigError, StartupError
 */
export async function loadEnvironment(): Promise<RawEnvironment> {
  loaded ??= withStoredSecrets(readEnvironment()).catch((error: unknown) => {
    // The next request of a serverless instance reads it again.
    loaded = undefined;
    throw error;
  });
  return await loaded;
}

/** @throws InvalidConfigError, StartupError */
export async function withStoredSecrets(raw: RawEnvironment): Promise<RawEnvironment> {
  const settings: SecretStoreVariables = parseVariables(secretStoreVariables, raw);
  if (settings.SECRETS_PROVIDER === undefined) return raw;
  assertEncrypted(settings, raw);
  const stored = await (await storeOf(settings.SECRETS_PROVIDER))(settings);
  const isSet = (name: string): boolean => Boolean(raw[name]) || Boolean(raw[`${name}_FILE`]);
  const missing = Object.entries<Variable>(variables).filter(([name, { secret }]) => secret === true && !isSet(name));
  return { ...raw, ...Object.fromEntries(missing.flatMap(([name]) => entryOf(stored, name))) };
}

/** Requests to Vault contain its token, and the responses all secrets. */
function assertEncrypted(settings: SecretStoreVariables, { NODE_ENV: environment }: RawEnvironment): void {
  const { SECRETS_PROVIDER: provider, VAULT_ADDR: address } = settings;
  if (environment !== 'production' || provider !== 'vault' || address === undefined) return;
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || isLoopback(hostname)) return;
  throw new InvalidConfigError(['VAULT_ADDR: must be an https:// URL in production, except with a loopback host']);
}

async function storeOf(provider: string): Promise<SecretStore> {
  return provider === 'vault'
    ? (await import('./secret-stores/vault.ts')).readVault
    : (await import('./secret-stores/aws.ts')).readAws;
}

function entryOf(stored: Readonly<Record<string, unknown>>, name: string): [string, string][] {
  const value = stored[name];
  if (value === undefined) return [];
  if (typeof value !== 'string') throw new StartupError(`The secret store has a value of ${name} that is not text`);
  // As the content of a _FILE is.
  return [[name, value.trim()]];
}
