import { closeSync, constants, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../config/startup-error.ts';
import { codeOf, commandLineOf, identityOf } from './system.ts';

/** The content of a server's `postmaster.pid`. */
export interface PostmasterPid {
  readonly pid: number;
  /** Undefined while the server is still starting. */
  readonly port: number | undefined;
}

const timeoutMs = 10_000;
const pollIntervalMs = 10;

/**
 * Stops the server that a killed process left running on this folder.
 * A `postmaster.pid` whose pid belongs to another process by now is marked stale.
 * @throws StartupError when the server cannot be stopped
 */
export async function stopStaleServer(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const text = readIfExists(file);
  const pid = text === undefined ? undefined : parsePostmasterPid(text)?.pid;
  if (text === undefined || pid === undefined) return;
  const identity = identityOf(pid);
  if (identity === undefined) return; // Not running: the next server detects that and also checks for backends.
  if (!servesFolder(pid, folder)) {
    markStale(file, text);
    return;
  }
  if (await waitUntilStopped(pid, identity, 'SIGINT')) return;
  if (await waitUntilStopped(pid, identity, 'SIGQUIT')) return;
  throw new StartupError(
    `A PostgreSQL that was left running on ${folder} does not stop: end process ${pid} and start again.`,
  );
}

/** Reads `postmaster.pid` (miscadmin.h: pid on line 1, port on line 4); undefined when it contains no pid. */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const [pid = '', , , port = ''] = text.split('\n');
  // A single-user server writes its pid with a minus sign.
  const found = /^-?([1-9]\d{0,9})$/.exec(pid.trim());
  if (found === null) return undefined;
  return { pid: Number(found[1]), port: /^\d{1,5}$/.test(port) ? Number(port) : undefined };
}

/** The text of `postmaster.pid` with another pid on its first line. */
export function withPid(text: string, pid: number): string {
  return [String(pid), ...text.split('\n').slice(1)].join('\n');
}

/** Whether a command line, as server.ts writes it, is that of a server on this folder. */
export function isServerOf(folder: string, commandLine: string): boolean {
  return commandLine.includes(`/postgres -D ${folder} `);
}

function servesFolder(pid: number, folder: string): boolean {
  if (isServerOf(folder, commandLineOf(pid) ?? '')) return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder && readlinkSync(`/proc/${pid}/exe`).endsWith('/postgres');
  } catch {
    return false;
  }
}

/**
 * PostgreSQL treats a file that names its own parent as stale, and any other running process of the same user as a
 * server. The file is not removed: its shared memory key keeps a new server from running beside backends of the old
 * one.
 */
function markStale(file: string, text: string): void {
  // The folder belongs to another user: never write through a link.
  const fd = openSync(file, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    writeSync(fd, withPid(text, process.pid));
  } finally {
    closeSync(fd);
  }
}

/** Polls: the system reports the end of a process only to its parent. */
async function waitUntilStopped(pid: number, identity: string, signal: NodeJS.Signals): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return true;
    throw new StartupError(
      `PostgreSQL of another user (pid ${pid}) runs on the data folder: stop it and start again.`,
      { cause: error },
    );
  }
  while (identityOf(pid) === identity) {
    if (performance.now() > deadline) return false;
    await delay(pollIntervalMs);
  }
  return true;
}

function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
