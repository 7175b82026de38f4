import { closeSync, constants, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartRefused } from '../start-refused.ts';
import { codeOf } from './system-error.ts';
import { parsePostmasterPid, withPid } from './postmaster-pid.ts';
import { commandLineOf, identityOf } from './process-identity.ts';

const patienceMs = 10_000;
const lookEveryMs = 10;

/**
 * Stops the server that a killed predecessor left running on this folder.
 * A `postmaster.pid` whose pid belongs to some other process by now is made harmless.
 * @throws StartRefused when the server can't be stopped
 */
export async function stopOrphan(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const text = readIfThere(file);
  const pid = text === undefined ? undefined : parsePostmasterPid(text)?.pid;
  if (text === undefined || pid === undefined) return;
  const identity = identityOf(pid);
  if (identity === undefined) return; // dead: the next server finds that out and also looks for surviving backends
  if (!servesFolder(pid, folder)) {
    disown(file, text);
    return;
  }
  if (await stopped(pid, identity, 'SIGINT')) return;
  if (await stopped(pid, identity, 'SIGQUIT')) return;
  throw new StartRefused(
    `A PostgreSQL that was left running on ${folder} does not stop: end process ${pid} and start again.`,
  );
}

/** Whether a process is a server on this folder: by its command line as written here, or by where it works. */
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
 * A server takes a file that names its own parent for stale, but a live stranger of the same user for a server.
 * The file is not removed: its shared memory key keeps a new server from running beside backends of the old one.
 */
function disown(file: string, text: string): void {
  // the folder belongs to another user: never write through a link
  const fd = openSync(file, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    writeSync(fd, withPid(text, process.pid));
  } finally {
    closeSync(fd);
  }
}

/** The orphan is no child of ours, so the system announces its end to nobody here: look until it is gone. */
async function stopped(pid: number, identity: string, signal: NodeJS.Signals): Promise<boolean> {
  const giveUpAt = performance.now() + patienceMs;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return true;
    throw new StartRefused(
      `PostgreSQL of another user (pid ${pid}) runs on the data folder: stop it and start again.`,
      {
        cause: error,
      },
    );
  }
  while (identityOf(pid) === identity) {
    if (performance.now() > giveUpAt) return false;
    await delay(lookEveryMs);
  }
  return true;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
