import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../src/platform/dev-postgres/server.ts';
import { memoryMibOf, processorMsOf } from './process-figures.ts';

/** The routes of brocoders/nestjs-boilerplate that correspond to the measured ones. */
export const brocodersRoutes = { edge: '/', me: '/api/v1/auth/me', list: '/api/v1/users?page=1&limit=20' } as const;

/** The administrator that its seeds create. */
const administrator = { email: 'admin@example.com', password: 'secret' };
const longestBootMs = 60_000;
const usersInList = 20;

/**
 * A checkout of brocoders/nestjs-boilerplate that is built, configured by its own .env, migrated and seeded. It is
 * started with NODE_ENV=production.
 */
export class Brocoders {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly tokens: readonly string[],
  ) {}

  static async start(folder: string, connections: number): Promise<Brocoders> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = { NODE_ENV: 'production', APP_PORT: String(port) };
    const child = spawn(process.execPath, ['dist/main.js'], { cwd: folder, env, stdio: 'ignore' });
    const end = performance.now() + longestBootMs;
    while (!(await responds(url))) {
      if (child.exitCode !== null || performance.now() > end) throw new Error(`${folder} did not start`);
      await delay(100);
    }
    const tokens: string[] = [];
    for (let at = 0; at < connections; at += 1) tokens.push(await login(url));
    await fillList(url, tokens[0] ?? '');
    return new Brocoders(child, url, tokens);
  }

  memoryMib(): number | undefined {
    return memoryMibOf(this.child.pid);
  }

  processorMs(): number | undefined {
    return processorMsOf(this.child.pid);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

async function responds(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function login(url: string): Promise<string> {
  const { token } = (await post(`${url}/api/v1/auth/email/login`, administrator)) as { token: string };
  return token;
}

/** Creates users until a page of the list is full; those of an earlier run are kept. */
async function fillList(url: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const page = (await (await fetch(`${url}${brocodersRoutes.list}`, { headers })).json()) as { data: unknown[] };
  for (let at = page.data.length; at < usersInList; at += 1) {
    const name = { firstName: 'Seeded', lastName: `User ${at}` };
    const account = { email: `seeded-${at}-${process.pid}@example.com`, password: 'a password of benchmarks' };
    await post(`${url}/api/v1/users`, { ...account, ...name, role: { id: 2 }, status: { id: 1 } }, headers);
  }
}

async function post(url: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`POST ${url} returned ${reply.status}`);
  return await reply.json();
}
