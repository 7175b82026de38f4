import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { errorsOf, production, configErrorOf, secret } from '../../../test/harness/app/config.ts';
import { parseConfig } from './config.ts';
import { variables } from './variables.ts';
import type { Variable } from './variables/values.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-config-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('A secret named by _FILE', () => {
  it('is the content of the file without the line end', () => {
    const file = secretFile('app-secret', `${secret}\n`);

    expect(parseConfig({ APP_SECRET_FILE: file }).service.secret).toBe(secret);
    expect(parseConfig({ ...production, APP_SECRET: undefined, APP_SECRET_FILE: file }).service.secret).toBe(secret);
  });

  it('is rejected together with the variable itself', () => {
    const file = secretFile('second-secret', secret);

    expect(errorsOf({ APP_SECRET: secret, APP_SECRET_FILE: file })).toEqual([
      'APP_SECRET: is set together with APP_SECRET_FILE; set one of them',
    ]);
  });

  it('is rejected when the file cannot be read', () => {
    expect(errorsOf({ DATABASE_URL_FILE: join(folder, 'missing') })).toEqual([
      'DATABASE_URL_FILE: cannot be read (ENOENT)',
    ]);
  });

  it('is validated as the variable is, and not quoted', () => {
    const file = secretFile('short-secret', 'hunter2');

    const { message, problems } = configErrorOf({ APP_SECRET_FILE: file });

    expect(problems).toEqual(['APP_SECRET: must have at least 32 characters: openssl rand -base64 32']);
    expect(message).not.toContain('hunter2');
  });

  it('is supported for every secret', () => {
    const secrets = Object.entries<Variable>(variables).filter(([, { secret }]) => secret === true);

    expect(secrets.map(([name]) => name)).toEqual([
      'APP_SECRET',
      'APP_SECRET_PREVIOUS',
      'DATABASE_URL',
      'DATABASE_DIRECT_URL',
      'REDIS_URL',
      'REDIS_CACHE_URL',
      'SMTP_URL',
      'OTEL_EXPORTER_OTLP_HEADERS',
      'SENTRY_DSN',
      'AUTH_PASSWORD_PEPPER',
      'AUTH_OAUTH_PROVIDERS',
      'VAULT_TOKEN',
      'VAULT_SECRET_ID',
    ]);
    for (const [name] of secrets)
      expect(errorsOf({ [`${name}_FILE`]: join(folder, 'missing') })).toContain(
        `${name}_FILE: cannot be read (ENOENT)`,
      );
  });

  it('is supported for secrets only', () => {
    expect(parseConfig({ PORT_FILE: join(folder, 'missing') }).http.port).toBe(3000);
  });
});

describe('Production', () => {
  it('is not satisfied by an empty secret file', () => {
    const file = join(folder, 'empty');
    writeFileSync(file, '\n');

    expect(() => parseConfig({ ...production, APP_SECRET: '', APP_SECRET_FILE: file })).toThrow(
      /^The configuration is invalid:\n {2}APP_SECRET: is required in production$/,
    );
  });

  it('is not satisfied by a file for a variable that is not secret', () => {
    expect(() => parseConfig({ ...production, PUBLIC_URL: '', PUBLIC_URL_FILE: '/etc/hostname' })).toThrow(
      'PUBLIC_URL: is required in production',
    );
  });
});

function secretFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
