import { basename, join } from 'node:path';
import type { Pool } from 'pg';
import { freePort } from '../../../src/platform/dev-postgres/server.ts';
import { scenarioTables } from '../../faults/effect.job.ts';
import type { ProgramOptions } from './test-process.ts';
import { TestProcess } from './test-process.ts';
import type { StoppableServer, TemporaryDatabase } from '../database/temporary-database.ts';
import { openTemporaryDatabase } from '../database/temporary-database.ts';
import { RedisServer } from '../redis/redis-server.ts';
import { waitUntil } from './wait-until.ts';

type Variables = Readonly<Record<string, string>>;

export interface ClusterOptions {
  /** Whether the processes write their logs to files. */
  readonly logs?: boolean;
  /** Whether they share a Redis. */
  readonly withRedis?: boolean;
  /** Whether the server of the database can be stopped; without TEST_DATABASE_URL it always can. */
  readonly hasOwnServer?: boolean;
}

/** The database and the processes of one scenario. */
export class TestCluster {
  private readonly programs = new Set<TestProcess>();
  private started = 0;

  private constructor(
    private readonly database: TemporaryDatabase,
    private readonly logs: boolean,
    /** The Redis that the processes share, if they do. */
    readonly redis: RedisServer | undefined,
  ) {}

  static async open({
    logs = true,
    withRedis = false,
    hasOwnServer = false,
  }: ClusterOptions = {}): Promise<TestCluster> {
    const database = await openTemporaryDatabase({ hasOwnServer });
    await database.pool.query(scenarioTables);
    return new TestCluster(database, logs, withRedis ? await RedisServer.start() : undefined);
  }

  get pool(): Pool {
    return this.database.pool;
  }

  /** The PostgreSQL of a scenario that stops it. */
  get postgres(): StoppableServer {
    if (this.database.server === undefined) throw new Error('The scenario needs a server of its own');
    return this.database.server;
  }

  /** The URL of the database. */
  get url(): string {
    return this.database.url;
  }

  /** Starts an API process that runs no jobs. */
  api(variables: Variables = {}): TestProcess {
    return this.start('faults/test/faults/api', { WORKER: 'off', PORT: '0', ...variables });
  }

  /** Starts a process that only runs jobs. */
  worker(variables: Variables = {}): TestProcess {
    return this.start('faults/test/faults/worker', { WORKER: 'inline', ...variables });
  }

  /** Starts the service as it is built, without scenario.module.ts, and waits until it responds. */
  async service(
    variables: Variables = {},
    how: Pick<ProgramOptions, 'flags'> = {},
  ): Promise<{ program: TestProcess; url: URL }> {
    const port = await freePort();
    const program = this.start('main', { PORT: String(port), ...variables }, how);
    const url = new URL(`http://127.0.0.1:${port}`);
    await waitUntil('the service responds', async () => {
      if (!program.running) throw new Error(`The service did not start:\n${program.log()}`);
      return await fetch(url).then(
        () => true,
        () => false,
      );
    });
    return { program, url };
  }

  /** Starts a compiled program by its path from dist/, without `.js`. */
  start(path: string, variables: Variables, how: Pick<ProgramOptions, 'flags' | 'args'> = {}): TestProcess {
    this.started += 1;
    const program = TestProcess.start({
      name: `${basename(path)}-${this.started}`,
      entry: join(import.meta.dirname, '../../../..', `${path}.js`),
      folder: this.database.folder,
      variables: { ...production, ...timings, DATABASE_URL: this.database.url, ...this.redisVariables, ...variables },
      logs: this.logs,
      ...how,
    });
    this.programs.add(program);
    void program.ended.then(() => this.programs.delete(program));
    return program;
  }

  private get redisVariables(): Variables {
    return this.redis === undefined ? {} : { REDIS_URL: this.redis.url };
  }

  /** Ends every process, then removes the database. */
  async close(): Promise<void> {
    await Promise.all(
      Array.from(this.programs, async (program) => {
        await program.kill();
      }),
    );
    await this.redis?.remove();
    await this.database.remove();
  }
}

/** Passed on from the scenario's own process, which a test starts with the variable (scenarios.ts). */
const timings = { SCENARIO_TIMINGS: process.env['SCENARIO_TIMINGS'] ?? 'production' };

const production = {
  NODE_ENV: 'production',
  APP_SECRET: 'the-secret-of-scenarios-is-not-secret',
  PUBLIC_URL: 'http://127.0.0.1',
  SHUTDOWN_DRAIN_MS: '0',
  // The maximum: callers log in once, and a scenario may take long.
  AUTH_ACCESS_TOKEN_TTL_SECONDS: '900',
  // Few callers send as many requests as they can.
  RATE_LIMIT_REQUESTS: '1000000000',
  // On a busy machine every process is late; the scenario of overload sets the defaults again.
  OVERLOAD_EVENT_LOOP_LAG_MS: '0',
  OVERLOAD_POOL_WAIT_MS: '0',
};
