import { interrupted } from '../test/harness/process/interrupted.ts';
import type { ClusterOptions } from '../test/harness/process/test-cluster.ts';
import { recordProof } from '../test/harness/process/proof.ts';
import type { Proof } from '../test/harness/process/proof.ts';
import { TestCluster } from '../test/harness/process/test-cluster.ts';

/**
 * Measures on a cluster of its own, prints the table and then its figures as JSON, and ends the cluster and the
 * process, also on a signal. With `logs`, the processes write their logs to files. `proof` becomes a record in docs/proofs.
 */
export async function report<Figures>(
  measure: (cluster: TestCluster) => Promise<Figures>,
  markdown: (figures: Figures) => string,
  {
    logs = false,
    withRedis = false,
    proof,
  }: ClusterOptions & { proof?: (figures: Figures) => Omit<Proof, 'command'> } = {},
): Promise<never> {
  const cluster = await TestCluster.open({ logs, withRedis });
  try {
    const figures = await Promise.race([measure(cluster), interrupted()]);
    console.log(markdown(figures));
    console.log(JSON.stringify(figures, undefined, 2));
    if (proof !== undefined) {
      const shown = proof(figures);
      const args = process.argv.slice(2).filter((each) => each !== '--record');
      const command = `npm run ${shown.name.replace(/-redis$/, '')}${args.length === 0 ? '' : ` -- ${args.join(' ')}`}`;
      await recordProof({ ...shown, command }, cluster.pool);
    }
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await cluster.close();
  }
  process.exit();
}
