import { afterAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { Api } from '../harness/http/api.ts';
import { tokenIn } from '../harness/process/command.ts';
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

describe('While npm start runs on the embedded PostgreSQL', () => {
  it.each([
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
});
