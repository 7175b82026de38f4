import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a process is started with. */
export interface ProgramOptions {
  /** Its name in the tables of the scenario, and of its log file. */
  readonly name: string;
  /** The compiled entry file. */
  readonly entry: string;
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  /** File of its log; false discards it. */
  readonly logs: boolean;
  /** What node itself is started with, by default the flag for stack traces of TypeScript. */
  readonly flags?: readonly string[];
  /** What the program reads of `process.argv`. */
  readonly args?: readonly string[];
}

/** A real process of a scenario. It ends when its parent does. */
export class TestProcess {
  readonly name: string;
  /** Resolves when the process has ended, with its exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly logFile: string;

  private constructor({
    name,
    entry,
    folder,
    variables,
    logs,
    flags = ['--enable-source-maps'],
    args = [],
  }: ProgramOptions) {
    this.name = name;
    this.logFile = join(folder, `${name}.log`);
    const log = openSync(logs ? this.logFile : '/dev/null', 'a');
    // Nothing else of this process's environment is inherited.
    const { PATH = '', HOME = '/', NODE_COMPILE_CACHE = '' } = process.env;
    this.child = spawn(process.execPath, [...flags, entry, ...args], {
      cwd: folder,
      env: { PATH, HOME, NODE_COMPILE_CACHE, SCENARIO_PROCESS: name, ...variables },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.ended = once(this.child, 'exit').then(() => this.child.exitCode);
  }

  static start(options: ProgramOptions): TestProcess {
    return new TestProcess(options);
  }

  /** The process id. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.child.pid;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until the process is ready. Returns its URL, if it has one. */
  async ready(): Promise<string> {
    return (await this.nextMessage<{ url: string }>()).url;
  }

  /** Waits for the next message from the process. */
  async nextMessage<Facts>(): Promise<Facts> {
    const received = await Promise.race([once(this.child, 'message'), this.ended]);
    if (!Array.isArray(received)) throw new Error(`${this.name} ended without a message:\n${this.log()}`);
    return (received as [Facts])[0];
  }

  /** Sends a message to the process. */
  send(message: object): void {
    this.child.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends the process at once, even while it is suspended. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** The whole log, if it is stored. */
  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }
}
