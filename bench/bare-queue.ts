import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import type { TestProcess } from '../test/harness/process/test-process.ts';
import type { Round } from './round.ts';
import { connections, filled, round } from './round.ts';

/** BullMQ alone: one process that adds, one that works. */
export class BareQueue {
  private constructor(
    private readonly cluster: TestCluster,
    private readonly producer: TestProcess,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(cluster: TestCluster): Promise<BareQueue> {
    const producer = cluster.start('faults/bench/bare-process', {}, { args: ['producer'] });
    const worker = cluster.start('faults/bench/bare-process', {}, { args: ['worker'] });
    await Promise.all([producer.ready(), worker.ready()]);
    const stop = async (): Promise<void> => {
      await Promise.all([producer.kill(), worker.kill()]);
    };
    return new BareQueue(cluster, producer, stop);
  }

  /** From the first message to the last row. */
  async run(count: number): Promise<Round> {
    return await this.measure(count, { jobs: count, connections });
  }

  /** From the resumption of a queue with `count` messages to the last row. */
  async drain(count: number): Promise<Round> {
    this.producer.send({ backlog: count });
    await this.producer.nextMessage();
    return await this.measure(count, { resume: true });
  }

  private async measure(count: number, start: object): Promise<Round> {
    await this.cluster.pool.query('TRUNCATE bare_effects');
    return await round(this.cluster.pool, count, async () => {
      this.producer.send(start);
      await filled(this.cluster.pool, 'bare_effects', count);
      const {
        rows: [last],
      } = await this.cluster.pool.query<{ at: Date }>('SELECT max(at) AS at FROM bare_effects');
      return last?.at;
    });
  }
}
