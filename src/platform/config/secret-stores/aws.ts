import { loadOptional } from '../optional-package.ts';
import { InvalidConfigError, StartupError } from '../startup-error.ts';
import type { SecretStoreVariables } from '../variables/secret-store.ts';

const packageName = '@aws-sdk/client-secrets-manager';

/** The part of the SDK that is used; it is an optional peer, so that its types may be missing. */
interface SecretsManager {
  readonly SecretsManagerClient: new (options: { maxAttempts: number }) => {
    send: (command: object, options: { abortSignal: AbortSignal }) => Promise<{ readonly SecretString?: string }>;
  };
  readonly GetSecretValueCommand: new (input: { SecretId: string }) => object;
}

/** For all attempts together; the SDK repeats requests with jitter. */
const timeoutMs = 20_000;

/** Reads a secret of AWS Secrets Manager, a JSON object. */
export async function readAws({ AWS_SECRET_ID: id }: SecretStoreVariables): Promise<Readonly<Record<string, unknown>>> {
  if (id === undefined) throw new InvalidConfigError(['AWS_SECRET_ID: is required with SECRETS_PROVIDER=aws']);
  const { SecretsManagerClient, GetSecretValueCommand } = await loadOptional(
    importSdk,
    'SECRETS_PROVIDER=aws',
    packageName,
  );
  const client = new SecretsManagerClient({ maxAttempts: 4 });
  const { SecretString: text = '' } = await client
    .send(new GetSecretValueCommand({ SecretId: id }), { abortSignal: AbortSignal.timeout(timeoutMs) })
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.name : 'unknown error';
      throw new StartupError(`AWS Secrets Manager could not be read (${reason}): AWS_SECRET_ID=${id}`);
    });
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text) as object));
  } catch {
    throw new StartupError(`The secret ${id} of AWS Secrets Manager is not a JSON object`);
  }
}

async function importSdk(): Promise<SecretsManager> {
  return (await import(packageName)) as SecretsManager;
}
