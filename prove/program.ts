import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a process is started with. */
export interface ProgramOptions {
  /** Its name in the tables of the proof, and of its log file. */
  readonly name: string;
  /** The compiled entry file. */
  readonly entry: string;
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Where its log goes; nowhere when false. */
  readonly logs: boolean;
  /** What node itself is started with. */
  readonly flags?: readonly string[];
  /** What the program reads of `process.argv`. */
  readonly args?: readonly string[];
}

/** A real process of a scenario. It ends when its parent does. */
export class Program {
  readonly name: string;
  /** Resolves when the process has gone, with its exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly logFile: string;

  private constructor({ name, entry, folder, variables, logs, flags = [], args = [] }: ProgramOptions) {
    this.name = name;
    this.logFile = join(folder, `${name}.log`);
    const log = openSync(logs ? this.logFile : '/dev/null', 'a');
    // Where a process of its own finds programs and its home, as this one does; nothing else is inherited.
    const { PATH = '', HOME = '/' } = process.env;
    this.child = spawn(process.execPath, ['--enable-source-maps', ...flags, entry, ...args], {
      cwd: folder,
      env: { PATH, HOME, PROVE_PROCESS: name, ...variables },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.ended = once(this.child, 'exit').then(() => this.child.exitCode);
  }

  static start(options: ProgramOptions): Program {
    return new Program(options);
  }

  /** What the system knows it by. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.child.pid;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until the process is ready. Returns its address, if it has one. */
  async ready(): Promise<string> {
    return (await this.says<{ url: string }>()).url;
  }

  /** Waits for the next thing that the process tells its parent. */
  async says<Facts>(): Promise<Facts> {
    const said = await Promise.race([once(this.child, 'message'), this.ended]);
    if (!Array.isArray(said)) throw new Error(`${this.name} ended without a word:\n${this.log()}`);
    return (said as [Facts])[0];
  }

  /** Tells the process something. */
  tell(order: object): void {
    this.child.send(order);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it at once, whatever it does and even while it is stopped. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Everything it wrote, if that is kept. */
  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }
}
