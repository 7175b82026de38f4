import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf } from '../../src/database/embedded/process-identity.ts';

/** Asks again and again until the answer is yes; throws behind the deadline. Returns how long it took. */
export async function until(what: string, ask: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<number> {
  const begin = performance.now();
  for (;;) {
    const answer = await ask();
    const tookMs = performance.now() - begin;
    if (tookMs > withinMs) throw new Error(`After ${Math.round(tookMs)} ms still not: ${what}`);
    if (answer) return tookMs;
    await delay(20);
  }
}

/** Whether a process with this pid runs; one that nobody has waited for yet runs no more. */
export function isRunning(pid: number): boolean {
  return identityOf(pid) !== undefined;
}

/** The pid of the embedded server of this data folder. */
export function postgresPid(dataDir: string): number {
  const [pid = ''] = fs.readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  return Number(pid);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no port');
  return address.port;
}
