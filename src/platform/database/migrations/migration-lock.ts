import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { StartupError } from '../../config/startup-error.ts';

/** How long a process waits while another one migrates. */
export const defaultLockWaitMs = 120_000;

/** The advisory lock that Prisma's CLI takes, so that the two exclude each other. */
const lockKey = 72_707_369;

/**
 * Runs work while no other process migrates this database. The lock belongs to the session of `client` and ends with
 * it. Polls instead of waiting in `pg_advisory_lock`: a waiting statement holds a snapshot, for which the other
 * process's `CREATE INDEX CONCURRENTLY` would wait for ever.
 * @throws StartupError when the lock is not free within `waitMs`
 */
export async function withMigrationLock<T>(client: Client, waitMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + waitMs;
  while (!(await tryLock(client))) {
    if (performance.now() >= deadline) {
      throw new StartupError(
        `Another process has been migrating the database for ${waitMs / 1000} s. Start again when it is done.`,
      );
    }
    await sleep(50 + Math.random() * 100);
  }
  // This session may be idle while the work runs in another one.
  await client.query('SET idle_session_timeout = 0');
  try {
    return await work();
  } finally {
    // If the session is lost, its lock is released.
    await client.query('SELECT pg_advisory_unlock($1)', [lockKey]).catch(() => undefined);
  }
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockKey]);
  return rows[0]?.locked === true;
}
