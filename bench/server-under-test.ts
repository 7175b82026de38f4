import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../src/platform/dev-postgres/server.ts';
import type { TestProcess } from '../test/harness/process/test-process.ts';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import { memoryMibOf, processorMsOf } from './process-figures.ts';

/** The flags of `npm run start:prod`, and the end of the process with its parent. */
const flags = [
  '--max-semi-space-size=16',
  '--import',
  `data:text/javascript,${encodeURIComponent("process.once('disconnect', () => process.exit())")}`,
];
const longestBootMs = 30_000;

interface ProgramSetup {
  readonly args?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** A server that is measured, in a separate process. */
export class ServerUnderTest {
  private constructor(
    private readonly program: TestProcess,
    readonly url: string,
    /** From the start of the process to its first 200 of /readyz. */
    readonly bootMs: number,
  ) {}

  /** Starts a compiled program by its path from dist/, without `.js`, and waits until it is ready. */
  static async start(
    cluster: TestCluster,
    path: string,
    { args = [], variables = {} }: ProgramSetup = {},
  ): Promise<ServerUnderTest> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const begin = performance.now();
    const program = cluster.start(
      path,
      { HOST: '127.0.0.1', PORT: String(port), WORKER: 'off', ...variables },
      { flags, args },
    );
    while (!(await isReady(url))) {
      if (!program.running || performance.now() - begin > longestBootMs)
        throw new Error(`${program.name} is not ready`);
      await delay(5);
    }
    return new ServerUnderTest(program, url, performance.now() - begin);
  }

  /** Resident memory in MiB; undefined where the system does not report it. */
  memoryMib(): number | undefined {
    return memoryMibOf(this.program.pid);
  }

  /**
   * Processor time that the process has used so far, in milliseconds; undefined where the system does not report it.
   */
  processorMs(): number | undefined {
    return processorMsOf(this.program.pid);
  }

  async stop(): Promise<void> {
    await this.program.kill();
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
