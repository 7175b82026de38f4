import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { fixedPort } from '../process/fixed-port.ts';

/** The package's folder: this file may be compiled into dist/faults. */
const root = import.meta.dirname.replace(/(\/dist\/faults)?\/test\/harness\/redis$/, '');

/** A Redis on a free port of this machine; it ends with this process at the latest. */
export class RedisServer {
  readonly url: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'plinth-redis-'));
  private running: { readonly child: ChildProcess; readonly pid: number } | undefined;

  private constructor(
    private readonly port: number,
    private readonly options: readonly string[],
  ) {
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** @param options of redis-server, such as `--databases 10000`; Valkey in WebAssembly ignores them */
  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await fixedPort(), options);
    await server.startAgain();
    return server;
  }

  /** Starts it again on the same port, with the data that it kept. */
  async startAgain(): Promise<void> {
    const entry = join(root, 'test/harness/redis/redis-process.ts');
    const child = fork(entry, [String(this.port), '--dir', this.folder, ...this.options], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: 'ignore',
    });
    const [started] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
    if (typeof started !== 'object' || started === null || !('pid' in started))
      throw new Error(`Redis did not start on port ${this.port}`);
    const pid = Number(started.pid);
    this.running = { child, pid };
  }

  /** Ends it at once: clients lose their connections, and the data is lost unless it is kept. */
  async stop({ keepsData = false } = {}): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    if (keepsData) await this.run(async (client) => await client.save());
    this.running = undefined;
    const ended = once(running.child, 'exit');
    this.resume(running.pid);
    running.child.disconnect();
    await ended;
    if (!keepsData) rmSync(join(this.folder, 'dump.rdb'), { force: true });
  }

  /** Ends it, and removes its folder. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** Deletes all data and all scripts. */
  async flush(): Promise<void> {
    await this.run(async (client) => {
      await client.flushall();
      await client.script('FLUSH');
    });
  }

  /** Terminates the connections that wait for data (BZPOPMIN of BullMQ's workers). Returns their number. */
  async terminateWaiting(): Promise<number> {
    return await this.run(async (client) => {
      const clients = (await client.client('LIST')) as string;
      const waiting = [...clients.matchAll(/^id=(\d+) .* flags=\w*b/gm)].map(([, id = '']) => id);
      const terminated = await Promise.all(waiting.map(async (id) => await client.client('KILL', 'ID', id)));
      return terminated.reduce<number>((sum, count) => sum + Number(count), 0);
    });
  }

  /** Connections stay open and no command gets a response until the returned function is called. */
  suspend(): () => void {
    // A signal to pid 0 would stop the process group of the test.
    if (this.running === undefined) throw new Error('Redis is not running');
    const { pid } = this.running;
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
