import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadEnvironment, withStoredSecrets } from './load-environment.ts';

const secret = 'a secret of the store, hunter2';
const login = { auth: { client_token: 'hvs.of-the-login', lease_duration: 3600, renewable: true } };
const stored = { data: { data: { APP_SECRET: ` ${secret}\n`, PORT: '1', other: true }, metadata: { version: 3 } } };

/** The responses of Vault's documentation: KV version 2, AppRole, and errors. */
let fails = 0;
let requests: string[] = [];
const server = createServer((request, response) => void respond(request, response)).listen(0, '127.0.0.1');
await once(server, 'listening');
const vault = {
  SECRETS_PROVIDER: 'vault',
  VAULT_ADDR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  VAULT_SECRET_PATH: 'secret/data/plinth',
};

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await request.toArray()).join('');
  requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
  const send = (status: number, content: unknown): void => void response.writeHead(status).end(JSON.stringify(content));
  if (fails-- > 0) send(503, { errors: ['Vault is sealed'] });
  else if (request.url === '/v1/auth/approle/login') {
    const isValid = body === JSON.stringify({ role_id: 'role', secret_id: 'id' });
    send(isValid ? 200 : 400, isValid ? login : { errors: ['invalid role or secret ID'] });
  } else if (!['hvs.token', login.auth.client_token].includes(String(request.headers['x-vault-token'])))
    send(403, { errors: ['permission denied'] });
  else if (request.url === '/v1/secret/data/plinth') send(200, stored);
  else send(404, { errors: [] });
}

beforeEach(() => {
  fails = 0;
  requests = [];
});

afterAll(() => {
  server.close();
});

describe('The secret store Vault', () => {
  it('adds the secrets that the environment does not have, trimmed as files are, and nothing else', async () => {
    const raw = { ...vault, VAULT_TOKEN: 'hvs.token' };

    expect(await withStoredSecrets(raw)).toEqual({ ...raw, APP_SECRET: secret });
    expect(await withStoredSecrets({ ...raw, APP_SECRET: 'own' })).toMatchObject({ APP_SECRET: 'own' });
    expect(await withStoredSecrets({ ...raw, APP_SECRET_FILE: 'own' })).not.toHaveProperty('APP_SECRET');
  });

  it('is used with an AppRole, and requested again while it is sealed', async () => {
    fails = 1;

    const environment = await withStoredSecrets({ ...vault, VAULT_ROLE_ID: 'role', VAULT_SECRET_ID: 'id' });

    expect(environment['APP_SECRET']).toBe(secret);
    expect(requests).toEqual([
      'POST /v1/auth/approle/login',
      'POST /v1/auth/approle/login',
      'GET /v1/secret/data/plinth',
    ]);
  });

  it.each([
    [{ VAULT_TOKEN: 'hunter2' }, 'Vault responded 403: http://'],
    [{ VAULT_TOKEN: 'hvs.token', VAULT_SECRET_PATH: 'secret/data/absent' }, 'Vault responded 404: http://'],
    [{ VAULT_ROLE_ID: 'role', VAULT_SECRET_ID: 'hunter2' }, 'Vault responded 400: http://'],
    [{}, 'VAULT_TOKEN: is required with SECRETS_PROVIDER=vault'],
    [{ VAULT_KUBERNETES_ROLE: 'plinth' }, 'VAULT_KUBERNETES_ROLE: /var/run/secrets/kubernetes.io/'],
    [{ VAULT_ADDR: '' }, 'VAULT_ADDR, VAULT_SECRET_PATH: are required'],
    [{ VAULT_ADDR: 'http://vault.example.com:8200', NODE_ENV: 'production' }, 'VAULT_ADDR: must be an https:// URL in'],
    [{ VAULT_TOKEN: 'hunter2', NODE_ENV: 'production' }, 'Vault responded 403: http://127.0.0.1'],
    [{ VAULT_SECRET_PATH: 'secret/plinth' }, 'VAULT_SECRET_PATH: must be mount/data/path'],
  ])('reports %j without a value', async (settings, message) => {
    const error = await withStoredSecrets({ ...vault, ...settings }).catch((thrown: unknown) => thrown as Error);

    expect(error).toMatchObject({ message: expect.stringContaining(message) });
    expect(inspect(error)).not.toContain('hunter2');
  });
});

describe('The environment of the process', () => {
  it('is read again after a failure, and then once', async () => {
    // loadEnvironment() reads the environment of the process; the runner restores it after the file.
    Object.assign(process.env, vault, { APP_SECRET: '', VAULT_TOKEN: 'wrong' });
    await expect(loadEnvironment()).rejects.toThrow('Vault responded 403');

    process.env['VAULT_TOKEN'] = 'hvs.token';
    const loaded = await Promise.all([loadEnvironment(), loadEnvironment()]);

    expect(loaded[0]).toMatchObject({ APP_SECRET: secret });
    expect(loaded[1]).toBe(loaded[0]);
    expect(requests).toHaveLength(2);
  });
});

describe('The secret store of AWS', () => {
  it('needs its package, and the name of the secret', async () => {
    const aws = { SECRETS_PROVIDER: 'aws' };

    await expect(withStoredSecrets(aws)).rejects.toThrow('AWS_SECRET_ID: is required with SECRETS_PROVIDER=aws');
    await expect(withStoredSecrets({ ...aws, AWS_SECRET_ID: 'plinth' })).rejects.toThrow(
      'SECRETS_PROVIDER=aws is set, but a package is missing: npm install @aws-sdk/client-secrets-manager',
    );
  });
});

describe('Without a secret store', () => {
  it('the environment is unchanged', async () => {
    const raw = { APP_SECRET: 'own', VAULT_TOKEN: 'hvs.token' };

    expect(await withStoredSecrets(raw)).toBe(raw);
    expect(requests).toEqual([]);
  });
});
