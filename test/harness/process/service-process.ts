import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { throughPooler } from '../database/database.ts';
import { withRedis } from '../redis/redis-mode.ts';
import { cheapestHashes, generousLimits, slowConnections } from '../app/environment.ts';

/** The package's folder. */
export const root = join(import.meta.dirname, '../../..');

/** How a process ended. */
export interface ExitResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Variables = Readonly<Record<string, string>>;

const cleanUps: (() => Promise<unknown>)[] = [];

/** Registers a clean-up that runs after the last test of the file; the last one registered runs first. */
export function onTeardown(cleanUp: () => Promise<unknown>): void {
  cleanUps.push(cleanUp);
}

/** Runs the clean-ups of a file: harness/jest/each-file.ts calls it. */
export async function tearDown(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}

/** A working folder of a service, with the data folder in it; removed after the last test of the file. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'plinth-process-'));
  // When root runs the tests, the embedded server runs as another user and must have access.
  fs.chmodSync(folder, 0o755);
  onTeardown(() => fs.promises.rm(folder, { recursive: true, maxRetries: 20, retryDelay: 50 }));
  return folder;
}

/** The data folder of a service that works in this folder. */
export function dataFolder(folder: string): string {
  return join(folder, '.data');
}

/** The built service in a process with these variables alone; ended after the last test of the file at the latest. */
export class ServiceProcess {
  readonly ended: Promise<ExitResult>;
  private stdout = '';
  private stderr = '';

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close').then(() => this.ending());
    onTeardown(async () => {
      child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** Starts `node dist/main.js` in this folder, on a free port unless PORT is given. */
  static start(folder: string, variables: Variables = {}): ServiceProcess {
    return this.run(process.execPath, [join(root, 'dist/main.js')], { folder, variables: { PORT: '0', ...variables } });
  }

  /** Starts any program in this folder; `detached`: as the leader of a process group. */
  static run(
    program: string,
    args: readonly string[],
    { folder, variables, detached = false }: { folder: string; variables: Variables; detached?: boolean },
  ): ServiceProcess {
    // These are the machine's, not configuration: nothing else of this process's environment is inherited.
    const { PATH = '', HOME = '/', NODE_COMPILE_CACHE = '', TZ } = process.env;
    const env = {
      PATH,
      HOME,
      NODE_COMPILE_CACHE,
      ...(TZ !== undefined && { TZ }),
      ...generousLimits,
      ...cheapestHashes,
      ...slowConnections,
      // On by default in development; a start would take longer.
      GRAPHQL: 'off',
      ...withRedis(throughPooler(variables)),
    };
    return new ServiceProcess(spawn(program, args, { cwd: folder, env, detached, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything on standard output so far. */
  get output(): string {
    return this.stdout;
  }

  /** Waits for the URL in the banner, or in production's log line. */
  async url(): Promise<string> {
    const [, url = ''] = await this.waitForOutput(/(?:ready at |"url":")(http:\/\/[\w.[\]:]+)/);
    return url;
  }

  /** Waits until the output matches; rejects when the process ends first. */
  async waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout);
      if (found !== null) return found;
      const ended = await Promise.race([once(this.child.stdout as NodeJS.ReadableStream, 'data'), this.ended]);
      if (!Array.isArray(ended) && !pattern.test(this.stdout)) {
        throw new Error(`The process ended without printing ${pattern.source}:\n${this.stdout}${this.stderr}`);
      }
    }
  }

  /** Sends a signal to this process alone. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ExitResult> {
    this.signal(signal);
    return await this.ended;
  }

  private ending(): ExitResult {
    const { exitCode, signalCode } = this.child;
    return { code: exitCode, signal: signalCode, stdout: this.stdout, stderr: this.stderr };
  }
}
