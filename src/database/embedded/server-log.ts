import { closeSync, fstatSync, ftruncateSync, openSync, readSync, rmSync } from 'node:fs';
import { codeOf } from './system-error.ts';

const mostBytes = 5 * 1024 * 1024;
const longestReason = 400;

/** The log file of one start: what the server writes from now on. */
export interface ServerLog {
  readonly file: string;
  /** Open for appending, for the server; the caller closes it. */
  readonly fd: number;
  /** Everything written since the file was opened. */
  since(): string;
}

/** Opens the server's log for appending and empties it first when it has grown past 5 MB. */
export function openServerLog(file: string): ServerLog {
  const fd = openForAppending(file);
  if (fstatSync(fd).size > mostBytes) ftruncateSync(fd);
  const start = fstatSync(fd).size;
  return { file, fd, since: () => readFrom(file, start) };
}

/** The reason in what a server wrote before it gave up: its first FATAL or PANIC line, else all of it, on one line. */
export function startupFailure(output: string): string {
  const reasons = [...output.matchAll(/(?:FATAL|PANIC|ERROR|error):\s+(.*)/g)].map(([, reason = '']) => reason);
  // said to clients that come too early, not a reason
  const reason = reasons.find((line) => !line.startsWith('the database system is starting up'));
  return oneLine(reason ?? output);
}

/** Whether the server gave up because somebody else took its port. */
export function lostPort(output: string): boolean {
  return /could not bind .*Address already in use/.test(output);
}

/** Text on one line of bearable length, without a full stop at its end. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  if (line === '') return 'no reason given';
  return line.length > longestReason ? `${line.slice(0, longestReason)}…` : line;
}

function openForAppending(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    rmSync(file, { force: true }); // left by another user who started here before
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
