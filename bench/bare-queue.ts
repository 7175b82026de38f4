import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import type { Round } from './round.ts';
import { connections, filled, round } from './round.ts';

/** BullMQ alone: one process that adds, one that works. */
export class BareQueue {
  private constructor(
    private readonly cluster: TestCluster,
    private readonly add: (order: { jobs: number; connections: number }) => void,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(cluster: TestCluster): Promise<BareQueue> {
    const producer = cluster.start('faults/bench/bare-process', {}, { args: ['producer'] });
    const worker = cluster.start('faults/bench/bare-process', {}, { args: ['worker'] });
    await Promise.all([producer.ready(), worker.ready()]);
    const stop = async (): Promise<void> => {
      await Promise.all([producer.kill(), worker.kill()]);
    };
    return new BareQueue(
      cluster,
      (order) => {
        producer.send(order);
      },
      stop,
    );
  }

  /** From the first message to the last row. */
  async run(count: number): Promise<Round> {
    await this.cluster.pool.query('TRUNCATE bare_effects');
    return await round(this.cluster.pool, count, async () => {
      this.add({ jobs: count, connections });
      await filled(this.cluster.pool, 'bare_effects', count);
      const {
        rows: [last],
      } = await this.cluster.pool.query<{ at: Date }>('SELECT max(at) AS at FROM bare_effects');
      return last?.at;
    });
  }
}
