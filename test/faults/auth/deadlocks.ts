import type { TestCluster } from '../../harness/process/test-cluster.ts';
import type { TestProcess } from '../../harness/process/test-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import type { ScenarioResult } from '../scenario.ts';

/** Stops the processes, whose connections report their statistics when they end, and returns the number of deadlocks. */
export async function deadlocksAfter(
  { pool }: TestCluster,
  processes: readonly TestProcess[],
): Promise<ScenarioResult> {
  for (const process of processes) process.signal('SIGTERM');
  await Promise.all(processes.map(async ({ ended }) => await ended));
  await waitUntil('the connections of the processes have ended', async () => {
    const { rows } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`,
    );
    return rows.length <= pool.totalCount;
  });
  const { rows } = await pool.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  const deadlocks = Number(rows[0]?.deadlocks);
  return {
    figures: { deadlocks },
    failures: deadlocks === 0 ? [] : [`${deadlocks} deadlocks`],
  };
}
