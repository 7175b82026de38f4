import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../../src/platform/dev-postgres/server.ts';

/** A Redis on a free port of this machine, without persistence; it ends with this process at the latest. */
export class RedisServer {
  readonly url: string;
  private running: { readonly child: ChildProcess; readonly pid: number } | undefined;

  private constructor(
    private readonly port: number,
    private readonly options: readonly string[],
  ) {
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** @param options of redis-server, such as `--databases 10000`; Valkey in WebAssembly ignores them */
  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.startAgain();
    return server;
  }

  /** Starts it again on the same port, without data. */
  async startAgain(): Promise<void> {
    const entry = join(process.cwd(), 'test/harness/redis/redis-process.ts');
    const child = fork(entry, [String(this.port), ...this.options], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: 'ignore',
    });
    const [{ pid }] = (await once(child, 'message')) as [{ pid: number }];
    this.running = { child, pid };
  }

  /** Ends it at once: clients lose their connections, and all data is lost. */
  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    this.running = undefined;
    const ended = once(running.child, 'exit');
    this.resume(running.pid);
    running.child.disconnect();
    await ended;
  }

  /** Deletes all data and all scripts. */
  async flush(): Promise<void> {
    await this.run(async (client) => {
      await client.flushall();
      await client.script('FLUSH');
    });
  }

  /** Connections stay open and no command gets a response until the returned function is called. */
  suspend(): () => void {
    const { pid = 0 } = this.running ?? {};
    process.kill(pid, 'SIGSTOP');
    return () => {
      this.resume(pid);
    };
  }

  /** Runs commands of a test on a database. */
  async run<T>(commands: (client: Redis) => Promise<T>, database = 0): Promise<T> {
    const client = new Redis(this.url, { db: database, lazyConnect: true });
    try {
      await client.connect();
      return await commands(client);
    } finally {
      client.disconnect();
    }
  }

  private resume(pid: number): void {
    process.kill(pid, 'SIGCONT');
  }
}
