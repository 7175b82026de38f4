import { afterAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { query } from '../harness/database/empty-database.ts';
import { Api } from '../harness/http/api.ts';
import type { ExitResult } from '../harness/process/service-process.ts';
import { root, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';
import { readyz } from '../harness/http/readyz.ts';

const timeoutMs = 180_000;
const folder = temporaryFolder();
const service = ServiceProcess.start(folder);
const api = new Api(await service.url());
afterAll(async () => {
  await service.stop();
});

/** Runs a compiled command of src/cli in the folder of the running service. */
async function run(name: string, ...args: string[]): Promise<ExitResult> {
  const script = join(root, `dist/cli/${name}.js`);
  return await ServiceProcess.run(process.execPath, [script, ...args], { folder, variables: {} }).ended;
}

function tokenIn(stdout: string): string {
  return /\?token=([\w-]+)$/m.exec(stdout)?.[1] ?? '';
}

describe('While npm start runs on the embedded PostgreSQL', () => {
  it.each([
    ['migration-status', [], 'The database is up to date.'],
    ['migration-diff', ['no', 'change'], 'No changes: '],
    ['migrate', [], 'Nothing to apply: the database is up to date.'],
    ['signing-keys', ['list'], ''],
  ])(
    '%s uses its database',
    async (name, args, line) => {
      const { code, stdout, stderr } = await run(name, ...args);

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(line);
      await readyz(api, { status: 200 });
    },
    timeoutMs,
  );

  it(
    'create-admin prints a link that sets a new password for the administrator',
    async () => {
      const newPassword = 'a new password for development';
      const { code, stdout, stderr } = await run('create-admin');

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^This link sets a new password for admin@example\.com; it works once:\nhttp/);
      const reset = await api.post('/v1/auth/password/reset', { token: tokenIn(stdout), newPassword });
      expect(reset.status).toBe(204);
      await expect(api.logIn({ email: 'admin@example.com', password: newPassword })).resolves.toHaveProperty(
        'accessToken',
      );
    },
    timeoutMs,
  );

  it('the banner shows the URL of the database, and the command for Prisma Studio', async () => {
    const [, url = ''] = await service.waitForOutput(/DATABASE_URL=(\S+)/);

    expect(service.output).toContain(`npx prisma studio --url "${url}"`);
    expect(await query(url, "SELECT email FROM users WHERE 'admin' = ANY (roles)")).toEqual([
      { email: 'admin@example.com' },
    ]);
  });
});

describe('npm run help', () => {
  it('lists every script of package.json', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['help.mjs'], { cwd: root });

    const { scripts } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const listed = [...stdout.matchAll(/^ {2}npm run (\S+)/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(Object.keys(scripts).sort());
    expect(stdout.split('\n').filter((line) => /^ {2}npm run \S+$/.test(line))).toEqual([]);
    expect(stdout).toMatch(/^Database\n {2}npm run db:migrate .*apply pending migrations$/m);
  });
});

describe('The build', () => {
  it.each(['20.20.2', '22.23.0', '24.11.0'])('rejects Node %s with one line', async (version) => {
    const { code, stderr } = await buildWith(version).catch((error: unknown) => error as ExitResult);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^plinth: Node [\d.]+ is older than 24\.11\.1, .+\n$/);
    expect(stderr).toContain(`Node ${version} `);
  });

  it.each(['24.11.1', '24.12.0', '25.0.0', '26.0.0'])('accepts Node %s', async (version) => {
    const { stderr } = await buildWith(version);

    expect(stderr).not.toContain('is older than');
  });
});

/** Runs the build in a process that reports this version of Node. */
async function buildWith(version: string): Promise<{ code?: number | null; stderr: string }> {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const preload = `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${versions} })`;
  return await promisify(execFile)(process.execPath, ['--import', preload, 'build.mjs'], { cwd: root });
}
