import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { closeSync, fstatSync, ftruncateSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerUser } from './server-user.ts';
import { nativeEnvironment } from './server-user.ts';
import { codeOf } from './system.ts';

const inactivityTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;
const filePollIntervalMs = 25;
const maxLogBytes = 5 * 1024 * 1024;
const maxReasonLength = 400;

/** One start of the server's program. */
export interface ServerCommand {
  readonly bin: string;
  readonly args: readonly string[];
  readonly user: ServerUser;
  /** The log file, appended to. */
  readonly log: string;
}

/** The server ended before it was ready. */
export class ServerFailed extends Error {
  /** What it wrote. */
  readonly output: string;

  constructor(output: string) {
    super('PostgreSQL could not start');
    this.output = output;
  }
}

/** The log file of one start. */
interface ServerLog {
  readonly file: string;
  /** Open for appending, for the server; the caller closes it. */
  readonly fd: number;
  /** Everything written since the file was opened. */
  since(): string;
}

/**
 * Starts the server and waits until it accepts connections. It leads its own process group, so that Ctrl-C in the
 * terminal does not reach it, and writes to a file, so that it survives when this process is killed.
 * @throws ServerFailed when it ends first, or writes nothing for 60 s (it reports a long recovery every 10 s)
 */
export async function startServer(command: ServerCommand): Promise<ChildProcess> {
  const log = openServerLog(command.log);
  try {
    const child = spawn(join(command.bin, 'postgres'), command.args, {
      ...command.user,
      cwd: '/',
      env: nativeEnvironment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await ready(child, log);
    child.unref();
    return child;
  } finally {
    closeSync(log.fd);
  }
}

/**
 * Ends the server's connections, then the server; an immediate stop after 10 s. Resolves when the process has ended.
 */
export async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  const timeout = setTimeout(() => child.kill('SIGQUIT'), stopTimeoutMs);
  await exited;
  clearTimeout(timeout);
}

/** Why a server ended in what it wrote: its first FATAL or PANIC line, else all of it, on one line. */
export function startupFailure(output: string): string {
  const reasons = [...output.matchAll(/(?:FATAL|PANIC|ERROR|error):\s+(.*)/g)].map(([, reason = '']) => reason);
  // Sent to clients that connect too early; not a reason.
  const reason = reasons.find((line) => !line.startsWith('the database system is starting up'));
  return oneLine(reason ?? output);
}

/** Whether the server ended because another process took its port. */
export function lostPort(output: string): boolean {
  return /could not bind .*Address already in use/.test(output);
}

/** Text on one line of at most 400 characters and `…`, without a full stop at its end. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  if (line === '') return 'no reason given';
  return line.length > maxReasonLength ? `${line.slice(0, maxReasonLength)}…` : line;
}

async function ready(child: ChildProcess, log: ServerLog): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let finished = false;
    const finish = (failure?: string): void => {
      finished = true;
      clearTimeout(timeout);
      stopWatching();
      child.off('exit', onExit);
      if (failure === undefined) resolve();
      else reject(new ServerFailed(failure));
    };
    const onExit = (): void => {
      finish(log.since());
    };
    const onLogChange = (): void => {
      if (finished) return;
      timeout.refresh();
      if (log.since().includes('database system is ready to accept connections')) finish();
    };
    const timeout = setTimeout(() => {
      child.kill('SIGQUIT');
      finish(`it wrote nothing for ${inactivityTimeoutMs / 1000} s`);
    }, inactivityTimeoutMs);
    const stopWatching = watchFile(log.file, onLogChange);
    child.on('error', (error) => {
      finish(error.message);
    });
    child.once('exit', onExit);
    onLogChange();
  });
}

/** Calls back whenever a file changes, until the returned function is called. */
function watchFile(file: string, onChange: () => void): () => void {
  const poll = (): unknown => fs.watchFile(file, { interval: filePollIntervalMs }, onChange);
  const stopPolling = (): void => {
    fs.unwatchFile(file, onChange);
  };
  try {
    const watcher = fs.watch(file, onChange);
    watcher.on('error', poll);
    return () => {
      watcher.close();
      stopPolling();
    };
  } catch {
    // The system's watches are used up (inotify limits).
    poll();
    return stopPolling;
  }
}

/** Opens the server's log for appending and empties it first when it is larger than 5 MB. */
function openServerLog(file: string): ServerLog {
  const fd = openForAppending(file);
  if (fstatSync(fd).size > maxLogBytes) ftruncateSync(fd);
  const start = fstatSync(fd).size;
  return { file, fd, since: () => readFrom(file, start) };
}

function openForAppending(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    rmSync(file, { force: true }); // Another user started here before.
    return openSync(file, 'a');
  }
}

function readFrom(file: string, start: number): string {
  const fd = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, fstatSync(fd).size - start));
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, start));
  } finally {
    closeSync(fd);
  }
}
