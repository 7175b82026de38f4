import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { isPortFree } from '../harness/process/free-port.ts';
import { onTeardown, root, temporaryFolder } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const timeoutMs = 900_000;
const url = 'http://127.0.0.1';
/** Of METRICS_PORT, as step 5 sets it. */
const metricsPorts = [13000, 13001, 13002];
const ports = [80, 3001, 3002, 5432, 6379, ...metricsPorts];

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

const free = await Promise.all(ports.map(isPortFree));
/** It installs Debian's packages on a copy of the machine, which root alone can make, and uses the ports of the page. */
const canRun =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  fs.existsSync('/usr/bin/apt-get') &&
  !free.includes(false);

/** The shell blocks of the numbered steps of the page, by the number. */
function blocksOf(page: string): Record<string, string> {
  const steps = page.split(/^## /m).filter((section) => /^\d+\. /.test(section));
  const blocks = (step: string): string =>
    [...step.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('\n');
  return Object.fromEntries(steps.map((step) => [step.split('.')[0] ?? '', blocks(step)]));
}

/** Prints the folder of the release that each process runs, when the worker has started too. */
const printReleases = `curl -fsS -o /dev/null --retry 30 --retry-all-errors --retry-delay 1 http://127.0.0.1:13000/metrics
for unit in plinth-api@3001 plinth-api@3002 plinth-worker; do
  echo "RUNS $(readlink "/proc/$(cat "/run/systemctl-stand-in/$unit.pid")/cwd")"
done`;

/** The commands of the page on a copy of the machine; `next` runs the deployment, and then the return. */
class Machine {
  output = '';
  private readonly child;

  constructor(page: string) {
    const { 8: deployment = '', 9: rollback = '', ...steps } = blocksOf(page);
    const prepare = [
      `ln -sf '${process.execPath}' /usr/bin/node`,
      'install -m 755 test/process/systemctl.sh /usr/local/bin/systemctl',
      'export PATH=/usr/local/bin:$PATH',
      // The build of the next version may take all processor time of a small machine.
      'export OVERLOAD_EVENT_LOOP_LAG_MS=0 OVERLOAD_POOL_WAIT_MS=0',
    ];
    const script = [
      ...prepare,
      ...Object.values(steps),
      printReleases,
      'echo INSTALLED',
      'read -r _',
      deployment,
      printReleases,
      'echo DEPLOYED',
      'read -r _',
      rollback,
      printReleases,
      'echo REVERTED',
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

  /** The releases that processes ran when they were printed, in this order. */
  releases(): readonly string[] {
    // The responses that step 7 prints do not end their line.
    return [...this.output.matchAll(/RUNS (.+)$/gm)].map(([, folder = '']) => folder);
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

      for (const port of metricsPorts) expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);

      for (const step of ['DEPLOYED', 'REVERTED']) {
        machine.next();
        const statuses: number[] = [];
        const done = machine.printed(step).finally(() => statuses.push(-1));
        // Rate limits do not count it.
        while (!statuses.includes(-1)) statuses.push((await call('/.well-known/jwks.json')).status);
        await done;
        statuses.splice(statuses.indexOf(-1), 1);
        expect(statuses.length).toBeGreaterThan(10);
        expect(new Set(statuses)).toEqual(new Set([200]));
      }
      const [first = '', , , second = '', ...others] = machine.releases();
      await machine.stop();

      expect(first).toMatch(/^\/opt\/plinth\/releases\/\d{8}T\d{6}Z$/);
      expect(second).not.toBe(first);
      expect(others).toEqual([second, second, first, first, first]);
    },
    timeoutMs,
  );
});
