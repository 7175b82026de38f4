import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf } from '../../../src/platform/dev-postgres/system.ts';

/**
 * Polls until the condition is true, or returns a value.
 * @returns what the condition returned
 * @throws after `withinMs`
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  withinMs = 30_000,
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const value = await condition();
    const tookMs = performance.now() - startedAt;
    if (tookMs > withinMs) throw new Error(`Timed out after ${Math.round(tookMs)} ms: ${what}`);
    if (value !== undefined && value !== false) return value;
    await delay(20);
  }
}

/** Whether a process with this pid runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  return identityOf(pid) !== undefined;
}

/** The pid of the embedded server of this data folder. */
export function postgresPid(dataDir: string): number {
  const [pid = ''] = fs.readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  return Number(pid);
}
