import { afterAll } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { throughPooler } from './database.ts';
import { generousLimits } from './limits.ts';

/** The package's folder. */
export const root = join(import.meta.dirname, '../..');

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Variables = Readonly<Record<string, string>>;

const leftovers: (() => Promise<unknown>)[] = [];

/** Undoes something behind the last test of the file: what was made last is undone first. */
export function atTheEnd(undo: () => Promise<unknown>): void {
  leftovers.push(undo);
}

/** A working folder of a service, with the data folder in it; removed behind the last test of the file. */
export function scratchFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'plinth-process-'));
  // When root runs the tests, the embedded server is another user's process and has to get here.
  fs.chmodSync(folder, 0o755);
  atTheEnd(() => fs.promises.rm(folder, { recursive: true, maxRetries: 20, retryDelay: 50 }));
  return folder;
}

/** The data folder of a service that works in this folder. */
export function dataFolder(folder: string): string {
  return join(folder, '.data');
}

/** The built service, as its own process that knows nothing but these variables. Ended behind the last test at the latest. */
export class ServiceProcess {
  readonly ended: Promise<Ending>;
  private stdout = '';
  private stderr = '';

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close').then(() => this.ending());
    atTheEnd(async () => {
      child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** Starts `node dist/main.js` in this folder, on a free port unless told otherwise. */
  static start(folder: string, variables: Variables = {}): ServiceProcess {
    return this.run(process.execPath, [join(root, 'dist/main.js')], { folder, variables: { PORT: '0', ...variables } });
  }

  /** Starts any program in this folder; `detached`: as the leader of a process group. */
  static run(
    program: string,
    args: readonly string[],
    { folder, variables, detached = false }: { folder: string; variables: Variables; detached?: boolean },
  ): ServiceProcess {
    // Where a process of its own finds programs and its home, as this one does; nothing else is inherited.
    const { PATH = '', HOME = '/', TZ } = process.env;
    // A hash per login is dear; the cheapest that is allowed.
    const cheap = { RATE_LIMIT_REQUESTS: '1000000', AUTH_ARGON2_MEMORY_KIB: '19456', AUTH_ARGON2_PASSES: '2' };
    const env = {
      PATH,
      HOME,
      ...(TZ !== undefined && { TZ }),
      ...cheap,
      ...generousLimits,
      ...throughPooler(variables),
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

  /** Waits for the address in the banner, or in the log line that production writes instead. */
  async url(): Promise<string> {
    const [, url = ''] = await this.says(/(?:ready at |"url":")(http:\/\/[\w.[\]:]+)/);
    return url;
  }

  /** Waits until the output matches; rejects when the process ends first. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout);
      if (found !== null) return found;
      const ended = await Promise.race([once(this.child.stdout as NodeJS.ReadableStream, 'data'), this.ended]);
      if (!Array.isArray(ended) && !pattern.test(this.stdout)) {
        throw new Error(`The process ended without saying ${pattern.source}:\n${this.stdout}${this.stderr}`);
      }
    }
  }

  /** Sends a signal to this process alone. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    this.signal(signal);
    return await this.ended;
  }

  private ending(): Ending {
    const { exitCode, signalCode } = this.child;
    return { code: exitCode, signal: signalCode, stdout: this.stdout, stderr: this.stderr };
  }
}

afterAll(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
}, 30_000);
