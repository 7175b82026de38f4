import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { StartRefused } from '../start-refused.ts';

/** How long a starter waits for another one that migrates. */
export const defaultLockWaitMs = 120_000;

/** An advisory lock of this database; the number is "plin" in ASCII, and means nothing else. */
const lockKey = 0x70_6c_69_6e;

/**
 * Runs work while no other process migrates this database. The lock belongs to the session of `client` and ends with it.
 * Waiting asks again and again instead of sleeping in `pg_advisory_lock`: a statement that waits holds a snapshot, and
 * `CREATE INDEX CONCURRENTLY` of the one that migrates would wait for that snapshot for ever.
 * @throws StartRefused when the lock is not free within `waitMs`
 */
export async function withMigrationLock<T>(client: Client, waitMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + waitMs;
  while (!(await tryLock(client))) {
    if (performance.now() >= deadline) {
      throw new StartRefused(
        `Another process has been migrating the database for ${waitMs / 1000} s. Start again when it is done.`,
      );
    }
    await sleep(50 + Math.random() * 100);
  }
  // While the work goes on in another session, this one is idle.
  await client.query('SET idle_session_timeout = 0');
  try {
    return await work();
  } finally {
    // When the session is lost, so is its lock.
    await client.query('SELECT pg_advisory_unlock($1)', [lockKey]).catch(() => undefined);
  }
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockKey]);
  return rows[0]?.locked === true;
}
