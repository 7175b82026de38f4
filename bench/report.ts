import { interrupted } from '../test/harness/process/interrupted.ts';
import type { ClusterOptions } from '../test/harness/process/test-cluster.ts';
import { TestCluster } from '../test/harness/process/test-cluster.ts';

/**
 * Measures on a cluster of its own, prints the table and then its figures as JSON, and ends the cluster and the
 * process, also on a signal. With `logs`, the processes write their logs to files.
 */
export async function report<Figures>(
  measure: (cluster: TestCluster) => Promise<Figures>,
  markdown: (figures: Figures) => string,
  { logs = false, withRedis = false }: ClusterOptions = {},
): Promise<never> {
  const cluster = await TestCluster.open({ logs, withRedis });
  try {
    const figures = await Promise.race([measure(cluster), interrupted()]);
    console.log(markdown(figures));
    console.log(JSON.stringify(figures, undefined, 2));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await cluster.close();
  }
  process.exit();
}
