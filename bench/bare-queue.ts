import type { Stage } from '../prove/stage.ts';
import type { Round } from './round.ts';
import { filled, lanes, round } from './round.ts';

/** BullMQ alone: one process that adds, one that works. */
export class BareQueue {
  private constructor(
    private readonly stage: Stage,
    private readonly add: (order: { jobs: number; lanes: number }) => void,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(stage: Stage): Promise<BareQueue> {
    const producer = stage.start('../bench/bare-process', {}, { args: ['producer'] });
    const worker = stage.start('../bench/bare-process', {}, { args: ['worker'] });
    await Promise.all([producer.ready(), worker.ready()]);
    const stop = async (): Promise<void> => {
      await Promise.all([producer.kill(), worker.kill()]);
    };
    return new BareQueue(
      stage,
      (order) => {
        producer.tell(order);
      },
      stop,
    );
  }

  /** From the order to the last row. */
  async run(count: number): Promise<Round> {
    await this.stage.pool.query('TRUNCATE bare_effects');
    return await round(this.stage.pool, count, async () => {
      this.add({ jobs: count, lanes });
      await filled(this.stage.pool, 'bare_effects', count);
      const {
        rows: [last],
      } = await this.stage.pool.query<{ at: Date }>('SELECT max(at) AS at FROM bare_effects');
      return last?.at;
    });
  }
}
