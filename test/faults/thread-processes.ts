import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { TestDatabase } from '../harness/database/database.ts';
import { createDatabase, throughPooler } from '../harness/database/database.ts';
import { onTeardown, root, temporaryFolder } from '../harness/process/service-process.ts';
import { TestProcess } from '../harness/process/test-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { withRedis } from '../harness/redis/redis-mode.ts';
import { scenarioTables } from './effect.job.ts';
import { enqueue } from './jobs.ts';
import type { ThreadPayload } from './thread.job.ts';

/** A thread starts within a second, but not on an overloaded machine. */
export const waitMs = 150_000;
const folder = temporaryFolder();

/** The configuration of every process. */
const common = {
  APP_SECRET: 'the-secret-of-tests-is-public-knowledge',
  SCENARIO_TIMINGS: 'responsive',
  PORT: '0',
  WORKER: 'inline',
};

/** A file that does not exist yet, until which a job computes. */
export function newFile(): string {
  return join(folder, randomUUID());
}

/** The processes of one database: scenario.module.ts in the service, without its build. */
export class ThreadProcesses {
  private started: { readonly program: TestProcess; readonly url: string } | undefined;

  private constructor(
    private readonly database: TestDatabase,
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  static async open(variables: Readonly<Record<string, string>>): Promise<ThreadProcesses> {
    const database = await createDatabase();
    onTeardown(database.drop);
    await database.pool.query(scenarioTables);
    return new ThreadProcesses(database, variables);
  }

  /** Starts a process that serves requests and runs jobs, and waits until it does. */
  async start(variables: Readonly<Record<string, string>> = {}, flags: readonly string[] = []): Promise<void> {
    const program = TestProcess.start({
      name: 'api',
      entry: join(root, 'dist/faults/test/faults/api.js'),
      folder: temporaryFolder(),
      variables: withRedis(
        throughPooler({ ...common, DATABASE_URL: this.database.url, ...this.variables, ...variables }),
      ),
      flags: ['--enable-source-maps', ...flags],
      logs: true,
    });
    onTeardown(async () => {
      await program.kill();
    });
    this.started = { program, url: await program.ready() };
  }

  /** The process that was started last. */
  get program(): TestProcess {
    if (this.started === undefined) throw new Error('No process is started');
    return this.started.program;
  }

  get url(): string {
    return this.started?.url ?? '';
  }

  async enqueue(payload: ThreadPayload): Promise<string> {
    return await enqueue(this.url, payload, 'threads');
  }

  /** Enqueues a job, and waits until it has this state. Returns its id. */
  async run(payload: ThreadPayload, state = 'succeeded'): Promise<string> {
    const id = await this.enqueue(payload);
    await this.reach(id, state);
    return id;
  }

  async find(id: string): Promise<Record<string, unknown>> {
    const { rows } = await this.database.pool.query<Record<string, unknown>>('SELECT * FROM jobs WHERE id = $1', [id]);
    return rows[0] ?? {};
  }

  /** The threads of the attempts that have started, in their order. */
  async threads(id: string): Promise<string[]> {
    const { rows } = await this.database.pool.query<{ process: string }>(
      'SELECT process FROM scenario_attempts WHERE job_id = $1 ORDER BY at',
      [id],
    );
    return rows.map(({ process }) => process);
  }

  async untilStarted(id: string, attempts = 1): Promise<void> {
    await waitUntil(`job ${id} has started`, async () => (await this.threads(id)).length === attempts, waitMs);
  }

  /** Waits until the job has this state. The wait before its next attempt is ended. */
  async reach(id: string, state: string): Promise<void> {
    await waitUntil(
      `job ${id} is ${state}`,
      async () => {
        const { rowCount } = await this.database.pool.query('SELECT 1 FROM jobs WHERE id = $1 AND state = $2', [
          id,
          state,
        ]);
        if (rowCount === 1) return true;
        await this.database.pool.query(
          `UPDATE jobs SET next_delivery_at = now() WHERE id = $1 AND delivery = 'delayed'`,
          [id],
        );
        return false;
      },
      waitMs,
    );
  }

  /** Waits until an attempt of the job has failed. Returns the job. */
  async failed(id: string): Promise<Record<string, unknown>> {
    return await waitUntil(
      `job ${id} has failed`,
      async () => {
        const job = await this.find(id);
        return job['error'] !== null && job;
      },
      waitMs,
    );
  }

  async effects(id: string): Promise<number> {
    const { rows } = await this.database.pool.query('SELECT 1 FROM scenario_effects WHERE job_id = $1', [id]);
    return rows.length;
  }

  async requestCancellation(id: string): Promise<void> {
    await this.database.pool.query('UPDATE jobs SET cancel_requested_at = now() WHERE id = $1', [id]);
  }

  /** The transactions that wait for a handler after it has written its effect. */
  async openTransactions(): Promise<number> {
    const { rows } = await this.database.pool.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
         AND query LIKE '%INSERT INTO scenario_effects%'`,
    );
    return rows.length;
  }
}

/** The log lines of a process that hold the text. */
export function lines(program: TestProcess, text: string): Record<string, unknown>[] {
  return program
    .log()
    .split('\n')
    .filter((line) => line.includes(text))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
