import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../src/platform/dev-postgres/server.ts';
import type { TestProcess } from '../test/harness/process/test-process.ts';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';

/** The flags of `npm run start:prod`, and the end of the process with its parent. */
const flags = [
  '--max-semi-space-size=16',
  '--import',
  `data:text/javascript,${encodeURIComponent("process.once('disconnect', () => process.exit())")}`,
];
const longestBootMs = 30_000;
/** Linux counts the processor time of a process in hundredths of a second. */
const msPerTick = 10;

/** A server that is measured, in a separate process. */
export class ServerUnderTest {
  private constructor(
    private readonly program: TestProcess,
    readonly url: string,
    /** From the start of the process to its first 200 of /readyz. */
    readonly bootMs: number,
  ) {}

  /** Starts a compiled program by its path from dist/, without `.js`, and waits until it is ready. */
  static async start(cluster: TestCluster, path: string, args: readonly string[] = []): Promise<ServerUnderTest> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const begin = performance.now();
    const program = cluster.start(path, { HOST: '127.0.0.1', PORT: String(port), WORKER: 'off' }, { flags, args });
    while (!(await isReady(url))) {
      if (!program.running || performance.now() - begin > longestBootMs)
        throw new Error(`${program.name} is not ready`);
      await delay(5);
    }
    return new ServerUnderTest(program, url, performance.now() - begin);
  }

  /** Resident memory in MiB; undefined where the system does not report it. */
  memoryMib(): number | undefined {
    const kib = /^VmRSS:\s*(\d+) kB$/m.exec(this.stopped('status'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  }

  /**
   * Processor time that the process has used so far, in milliseconds; undefined where the system does not report it.
   */
  processorMs(): number | undefined {
    const [user, system] = this.stopped('stat').split(') ')[1]?.split(' ').slice(11, 13) ?? [];
    return user === undefined || system === undefined ? undefined : (Number(user) + Number(system)) * msPerTick;
  }

  async stop(): Promise<void> {
    await this.program.kill();
  }

  private stopped(file: 'stat' | 'status'): string {
    try {
      return readFileSync(`/proc/${this.program.pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1000) });
    await reply.arrayBuffer();
    return reply.status === 200;
  } catch {
    return false;
  }
}
