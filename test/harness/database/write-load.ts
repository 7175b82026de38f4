import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { newClient } from './database.ts';

/** The statements of one transaction. `$1` is the id of an existing row. */
export type Writes = readonly string[];

/** How much is written: connections, the pause of each after a transaction, and the rows that exist. */
export interface LoadSize {
  readonly writers: number;
  readonly pauseMs: number;
  readonly rows: number;
}

interface Sample {
  readonly at: number;
  readonly ms: number;
}

/** Connections that write to a table without interruption, each in the way of one release. */
export class WriteLoad {
  /** What failed. */
  readonly errors: string[] = [];
  private readonly samples: Sample[] = [];
  private readonly loops: Promise<void>[] = [];
  private stopped = false;

  private constructor(
    private releases: readonly Writes[],
    private readonly size: LoadSize,
  ) {}

  static async start(url: string, writes: Writes, size: LoadSize): Promise<WriteLoad> {
    const load = new WriteLoad([writes], size);
    for (let writer = 0; writer < size.writers; writer++) {
      const client = newClient(url);
      await client.connect();
      load.loops.push(load.run(client, writer));
    }
    return load;
  }

  /** Divides the connections between these releases, and waits until no transaction of another one is open. */
  async switchTo(...releases: readonly Writes[]): Promise<void> {
    this.releases = releases;
    await this.transactions(this.size.writers * 2);
  }

  /** Waits until this many more transactions have ended. */
  async transactions(count: number): Promise<void> {
    const end = this.samples.length + count;
    while (this.samples.length < end && this.errors.length === 0) await delay(5);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops);
  }

  /** The transactions that were committed. */
  get committed(): number {
    return this.samples.length;
  }

  /** A percentile of the times in ms of the transactions that ended at times of `performance.now()` with this property. */
  percentile(percent: number, isCounted: (endedAt: number) => boolean): number {
    const times = this.samples.filter(({ at }) => isCounted(at)).map(({ ms }) => ms);
    const index = Math.min(Math.floor((times.length * percent) / 100), times.length - 1);
    return times.sort((a, b) => a - b)[index] ?? Number.NaN;
  }

  private async run(client: Client, writer: number): Promise<void> {
    const { pauseMs, rows, writers } = this.size;
    for (let n = writer; !this.stopped; n += writers) {
      const release = this.releases[writer % this.releases.length] ?? [];
      const startedAt = performance.now();
      try {
        await this.write(client, release, 1 + ((n * 7919) % rows));
      } catch (error) {
        this.errors.push(String(error));
        break;
      }
      const at = performance.now();
      this.samples.push({ at, ms: at - startedAt });
      await delay(pauseMs);
    }
    await client.end();
  }

  private async write(client: Client, release: Writes, id: number): Promise<void> {
    await client.query('BEGIN');
    for (const statement of release) await client.query(statement, statement.includes('$1') ? [id] : []);
    await client.query('COMMIT');
  }
}
