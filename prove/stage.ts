import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import type { Pool } from 'pg';
import { proveTables } from './effect.job.ts';
import { eventually } from './jobs.ts';
import type { ProgramOptions } from './program.ts';
import { Program } from './program.ts';
import type { Scratch } from './scratch.ts';
import { openScratch } from './scratch.ts';

type Variables = Readonly<Record<string, string>>;

/** The surroundings of one scenario: a database, and the processes that work on it. */
export class Stage {
  private readonly programs = new Set<Program>();
  private started = 0;

  private constructor(
    private readonly scratch: Scratch,
    private readonly logs: boolean,
  ) {}

  static async open({ logs = true }: { logs?: boolean } = {}): Promise<Stage> {
    const scratch = await openScratch();
    await scratch.pool.query(proveTables);
    return new Stage(scratch, logs);
  }

  get pool(): Pool {
    return this.scratch.pool;
  }

  /** Where the database is. */
  get url(): string {
    return this.scratch.url;
  }

  /** Starts an API process that runs no jobs. */
  api(variables: Variables = {}): Program {
    return this.start('api', { WORKER: 'off', PORT: '0', ...variables });
  }

  /** Starts a process that only runs jobs. */
  worker(variables: Variables = {}): Program {
    return this.start('worker', { WORKER: 'inline', ...variables });
  }

  /** Starts the service as it is built, which knows nothing of scenarios, and waits until it answers. */
  async service(variables: Variables = {}): Promise<{ program: Program; url: URL }> {
    const port = await freePort();
    const program = this.start('../../main', { PORT: String(port), ...variables });
    const url = new URL(`http://127.0.0.1:${port}`);
    await eventually('the service answers', async () => {
      if (!program.running) throw new Error(`The service did not start:\n${program.log()}`);
      return await fetch(url).then(
        () => true,
        () => undefined,
      );
    });
    return { program, url };
  }

  /** Starts a compiled program by its path from here, without `.js`. */
  start(path: string, variables: Variables, how: Pick<ProgramOptions, 'flags' | 'args'> = {}): Program {
    this.started += 1;
    const program = Program.start({
      name: `${basename(path)}-${this.started}`,
      entry: join(import.meta.dirname, `${path}.js`),
      folder: this.scratch.folder,
      variables: { ...production, DATABASE_URL: this.scratch.url, ...variables },
      logs: this.logs,
      ...how,
    });
    this.programs.add(program);
    void program.ended.then(() => this.programs.delete(program));
    return program;
  }

  /** Ends every process that is left, then the database. */
  async close(): Promise<void> {
    await Promise.all(
      Array.from(this.programs, async (program) => {
        await program.kill();
      }),
    );
    await this.scratch.remove();
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const production = {
  NODE_ENV: 'production',
  APP_SECRET: 'what-is-proved-here-is-no-secret-at-all',
  PUBLIC_URL: 'http://127.0.0.1',
  SHUTDOWN_DRAIN_MS: '0',
  // As long as there is: callers log in once, and a scenario may take its time.
  AUTH_ACCESS_TOKEN_TTL_SECONDS: '900',
  // Callers of a scenario are few, and send as much as they can.
  RATE_LIMIT_REQUESTS: '1000000000',
};
