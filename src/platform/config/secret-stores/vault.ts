import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import { z } from 'zod';
import { readText, UnreadableFile } from '../env-file.ts';
import { InvalidConfigError, StartupError } from '../startup-error.ts';
import type { SecretStoreVariables } from '../variables/secret-store.ts';

const timeoutMs = 5000;

/** A request that may succeed later. */
class VaultUnavailable extends StartupError {}

/** With random pauses, of about 0.5, 1 and 2 s. */
const repeated = retry(handleType(VaultUnavailable), {
  maxAttempts: 3,
  backoff: new ExponentialBackoff({ initialDelay: 500 }),
});

/** Where Kubernetes mounts the token of a pod's service account. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

const loginResponse = z.object({ auth: z.object({ client_token: z.string() }) });
const secretResponse = z.object({ data: z.object({ data: z.record(z.string(), z.unknown()) }) });

/** Reads a secret of the KV engine, version 2, of HashiCorp Vault (developer.hashicorp.com/vault/api-docs). */
export async function readVault(settings: SecretStoreVariables): Promise<Readonly<Record<string, unknown>>> {
  const { VAULT_ADDR: address, VAULT_SECRET_PATH: path, VAULT_NAMESPACE: namespace } = settings;
  if (address === undefined || path === undefined)
    throw new InvalidConfigError(['VAULT_ADDR, VAULT_SECRET_PATH: are required with SECRETS_PROVIDER=vault']);
  const request = async <T>(to: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> => {
    const headers = {
      'x-vault-request': 'true',
      ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
      ...(init.headers as Record<string, string> | undefined),
    };
    return await send(`${address}/v1/${to}`, schema, { ...init, headers });
  };
  const login = loginOf(settings);
  const token =
    typeof login === 'string'
      ? login
      : (await request(`auth/${login.method}/login`, loginResponse, { method: 'POST', body: login.body })).auth
          .client_token;
  return (await request(path, secretResponse, { headers: { 'x-vault-token': token } })).data.data;
}

/** The token, or the login that returns one. */
function loginOf(settings: SecretStoreVariables): string | { readonly method: string; readonly body: string } {
  const { VAULT_TOKEN, VAULT_ROLE_ID, VAULT_SECRET_ID, VAULT_KUBERNETES_ROLE: role } = settings;
  if (VAULT_TOKEN !== undefined) return VAULT_TOKEN;
  if (VAULT_ROLE_ID !== undefined)
    return { method: 'approle', body: JSON.stringify({ role_id: VAULT_ROLE_ID, secret_id: VAULT_SECRET_ID }) };
  if (role !== undefined) return { method: 'kubernetes', body: JSON.stringify({ role, jwt: serviceAccountJwt() }) };
  throw new InvalidConfigError([
    'VAULT_TOKEN: is required with SECRETS_PROVIDER=vault, or VAULT_ROLE_ID, or VAULT_KUBERNETES_ROLE',
  ]);
}

function serviceAccountJwt(): string {
  try {
    return readText(serviceAccountToken).trim();
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new StartupError(`VAULT_KUBERNETES_ROLE: ${serviceAccountToken} ${error.message}`);
  }
}

/** Repeats requests that may succeed later: no response, 429, 5xx (a sealed Vault responds 503). */
async function send<T>(url: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> {
  return await repeated.execute(async () => {
    const response = await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw new VaultUnavailable(`Vault could not be requested (${codeOf(error)}): ${url}`);
    });
    const { ok, status } = response;
    const body: unknown = await response.json().catch(() => undefined);
    if (ok) return parsed(url, schema, body);
    const reason = `Vault responded ${status}: ${url}`;
    throw status === 429 || status >= 500 ? new VaultUnavailable(reason) : new StartupError(reason);
  });
}

function parsed<T>(url: string, schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new StartupError(`Vault returned another response than its documentation describes: ${url}`);
}

function codeOf(error: unknown): string {
  const { name, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? name;
}
