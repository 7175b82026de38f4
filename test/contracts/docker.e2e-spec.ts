import { describe, expect, it } from '@jest/globals';
import { execForm, valuesOf } from '../harness/process/dockerfile.ts';
import { composeSecrets, composeServices, dockerStages, read } from './docker-files.ts';

const stages = dockerStages;
const [build, , final] = stages;
const services = composeServices;
const secrets = composeSecrets;

/** The heap limit in a container of 512 MiB. */
const heapFlags = ['--max-semi-space-size=16', '--max-old-space-size=192'];

describe('docker/Dockerfile', () => {
  it('builds, installs and serves in three stages of one image, pinned by its tag', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', 'production-dependencies', '']);
    expect([...new Set(stages.map(({ image }) => image))]).toEqual(['node:24-bookworm-slim']);
    expect(valuesOf(build, 'RUN').join('\n')).toMatch(/^npm ci [^]*^node build\.mjs force/m);
  });

  it('ships the built service, its migrations and its dependencies, and nothing else', () => {
    const copies = (final?.instructions ?? []).filter(({ keyword }) => keyword === 'COPY');
    expect(copies.map(({ flags, value }) => `${flags['from'] ?? 'context'}: ${value}`)).toEqual([
      'production-dependencies: /app/node_modules ./node_modules',
      'build: /app/dist ./dist',
      'context: prisma/migrations ./prisma/migrations',
      'context: package.json ./',
    ]);
  });

  it('runs node under an init process, in production, as an unprivileged user', () => {
    expect(valuesOf(final, 'RUN').join('\n')).toContain('install --yes --no-install-recommends tini');
    expect(execForm(valuesOf(final, 'ENTRYPOINT')[0])).toEqual(['/usr/bin/tini', '--']);
    expect(execForm(valuesOf(final, 'CMD')[0])).toEqual(['node', ...heapFlags, 'dist/main.js']);
    expect(valuesOf(final, 'ENV').join(' ').split(' ')).toContain('NODE_ENV=production');
    expect(valuesOf(final, 'USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('has only the copied files in its build context', () => {
    const own = stages.flatMap(({ instructions }) => instructions).filter(({ flags }) => flags['from'] === undefined);
    const copied = own
      .filter(({ keyword }) => keyword === 'COPY')
      .flatMap(({ value }) => value.split(' ').slice(0, -1))
      .map((source) => source.split('/')[0] ?? '');
    const [first, ...rules] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));

    expect(first).toBe('*');
    const sent = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1).split('/')[0]);
    expect(sent.sort()).toEqual([...new Set(copied)].sort());
  });
});

describe('docker/compose.yaml', () => {
  it('migrates when PostgreSQL is healthy and serves after the migration', () => {
    expect(services.postgres).toMatchObject({ healthcheck: { test: expect.arrayContaining(['pg_isready']) } });
    expect(services.postgres).toMatchObject({ volumes: ['postgres:/var/lib/postgresql'] });
    expect(services.postgres.image).toMatch(/^postgres:18\b/);
    expect(services.valkey.command).toEqual(expect.arrayContaining(['--maxmemory-policy', 'noeviction']));
    expect(services.migrate.command).toEqual(['node', 'dist/cli/migrate.js']);
    expect(services.migrate.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    for (const { depends_on: needs } of [services.api, services.worker]) {
      expect(needs).toEqual({
        migrate: { condition: 'service_completed_successfully' },
        valkey: { condition: 'service_healthy' },
      });
    }
  });

  it('serves with two processes behind nginx, which the service trusts', () => {
    expect(services.api).toMatchObject({ deploy: { replicas: 2 }, environment: { TRUSTED_PROXY_HOPS: '1' } });
    expect(read('docker/nginx.conf')).toContain('server api:3000 resolve;');
    expect(services.nginx.depends_on).toEqual({ api: { condition: 'service_healthy' } });
  });

  it('executes jobs in separate processes', () => {
    expect(services.api.environment).toMatchObject({ WORKER: 'off' });
    expect(services.worker.command?.at(-1)).toBe('dist/worker.js');
    expect(services.worker.environment).not.toHaveProperty('WORKER');
  });

  it('limits the heap of every process, for containers of 512 MiB', () => {
    expect(services.worker.command).toEqual(['node', ...heapFlags, 'dist/worker.js']);
    for (const service of [services.api, services.worker]) expect(service).toMatchObject({ mem_limit: '512m' });
  });

  it.each([
    ['start:prod', 'dist/main.js'],
    ['start:worker:prod', 'dist/worker.js'],
  ])('can be replaced by npm run %s, in production mode and without a build', (script, entry) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };

    expect(scripts[script]).toBe(`NODE_ENV=production exec node --max-semi-space-size=16 ${entry}`);
  });

  it('drops the privileges that the containers do not need', () => {
    const bounded = { cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] };
    for (const service of Object.values(services)) expect(service).toMatchObject(bounded);
    for (const service of [services.migrate, services.api, services.worker])
      expect(service).toMatchObject({ read_only: true });
    expect(services.postgres.user).toBe('postgres');
    expect(services.nginx.ports).toEqual(['127.0.0.1:3000:8080']);
    for (const service of [services.postgres, services.valkey, services.api, services.worker])
      expect(service.ports).toBeUndefined();
  });

  it('passes every secret as a file outside the repository', () => {
    const variables = Object.values(services).flatMap(({ environment }) => Object.entries(environment ?? {}));
    const secret = variables.filter(([name]) => /SECRET|PASSWORD|DATABASE_URL/.test(name));
    expect(secret.map(([name]) => name)).toEqual(expect.arrayContaining(['APP_SECRET_FILE', 'DATABASE_URL_FILE']));
    for (const [name, value] of secret) expect(`${name}=${value}`).toMatch(/^\w+_FILE=\/run\/secrets\/\w+$/);
    for (const { file } of Object.values(secrets)) expect(file).toMatch(/^\.\/secrets\/\w+$/);
    expect(read('docker/secrets/.gitignore')).toBe('*\n!.gitignore\n');
  });
});
