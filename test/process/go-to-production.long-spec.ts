import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { onTeardown, root, temporaryFolder } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const timeoutMs = 900_000;
const url = 'http://127.0.0.1';
const ports = [80, 3001, 3002, 5432, 6379];

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.close();
  return isListening;
}

interface Tokens {
  readonly accessToken?: string;
}

/** nginx adds headers, so that the responses are not those of the document. */
async function call(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  if (body === undefined) return await fetch(url + path, { headers });
  const type = { 'content-type': 'application/json' };
  return await fetch(url + path, { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) });
}

async function json(response: Response): Promise<unknown> {
  return await response.json();
}

const free = await Promise.all(ports.map(isFree));
const canRun =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  fs.existsSync('/usr/bin/apt-get') &&
  !free.includes(false);

/** The shell blocks of the page, by the number of their step. */
function blocksOf(page: string): Record<string, string> {
  const steps = page.split(/^## (?=\d+\. )/m).slice(1);
  const blocks = (step: string): string =>
    [...step.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('\n');
  return Object.fromEntries(steps.map((step) => [step.split('.')[0] ?? '', blocks(step)]));
}

/** The commands of the page on a copy of the machine; `next` runs the last step. */
class Machine {
  output = '';
  private readonly child;

  constructor(page: string) {
    const { 8: deployment = '', ...steps } = blocksOf(page);
    const prepare = [
      `ln -sf '${process.execPath}' /usr/bin/node`,
      'install -m 755 test/process/systemctl.sh /usr/local/bin/systemctl',
      'export PATH=/usr/local/bin:$PATH',
    ];
    const script = [
      ...prepare,
      ...Object.values(steps),
      'echo INSTALLED',
      'read -r _',
      deployment,
      'echo DEPLOYED',
      'cat',
    ];
    const runner = join(root, 'test/process/go-to-production.sh');
    const args = ['--mount', '--pid', '--fork', '--kill-child', runner, temporaryFolder(), root, script.join('\n')];
    this.child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    onTeardown(async () => {
      this.child.kill('SIGKILL');
      await Promise.resolve();
    });
  }

  next(): void {
    this.child.stdin.write('\n');
  }

  /** Waits until the script has printed this. */
  async printed(text: string): Promise<void> {
    await waitUntil(
      `the script prints ${text}`,
      () => {
        if (this.child.exitCode !== null) throw new Error(`The script ended:\n${this.output}`);
        return this.output.includes(`${text}\n`);
      },
      timeoutMs,
    );
  }

  /** Ends all its processes. */
  async stop(): Promise<void> {
    this.child.stdin.end();
    await once(this.child, 'close');
  }
}

describe('docs/operations/go-to-production.md', () => {
  (canRun ? it : it.skip)(
    'leads to a service behind nginx that executes jobs, and is updated without a failed request',
    async () => {
      const machine = new Machine(fs.readFileSync(join(root, 'docs/operations/go-to-production.md'), 'utf8'));
      await machine.printed('INSTALLED');

      const [, token = ''] = /\?token=([\w-]+)/.exec(machine.output) ?? [];
      const email = 'admin@example.com';
      const password = 'a long password of the first administrator';
      expect((await call('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
      const { accessToken = '' } = (await json(await call('/v1/auth/login', { email, password }))) as Tokens;
      const asAdmin = { authorization: `Bearer ${accessToken}` };
      const keyed = { ...asAdmin, 'idempotency-key': 'smoke-1' };
      const job = { type: 'users.export', payload: { format: 'csv' } };
      const created = await call('/v1/jobs', job, keyed);
      expect(created.status).toBe(202);
      expect(await json(await call('/v1/jobs', job, keyed))).toEqual(await json(created));
      const { pathname } = new URL(created.headers.get('location') ?? '', url);
      await waitUntil('the job has succeeded', async () => {
        const { state } = (await json(await call(pathname, undefined, asAdmin))) as { state: string };
        return state === 'succeeded';
      });

      machine.next();
      const statuses: number[] = [];
      const deployed = machine.printed('DEPLOYED').finally(() => statuses.push(-1));
      // Rate limits do not count it.
      while (!statuses.includes(-1)) statuses.push((await call('/.well-known/jwks.json')).status);
      await deployed;
      await machine.stop();
      statuses.splice(statuses.indexOf(-1), 1);

      expect(statuses.length).toBeGreaterThan(10);
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
    timeoutMs,
  );
});
