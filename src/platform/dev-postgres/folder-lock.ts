import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import { codeOf, identityOf } from './system.ts';

/** The exclusive use of a data folder. */
export interface FolderLock {
  /** Differs for every acquisition of a lock. */
  readonly ticket: string;
  /** Releases the folder. Safe to call twice. */
  readonly release: () => void;
}

/** The process that wrote a lock: its start time distinguishes it from later processes with the same pid. */
export interface LockHolder {
  readonly pid: number;
  readonly identity: string;
  /** Differs for every acquisition of a lock. */
  readonly ticket: string;
}

/** A running process holds the data folder. */
export class DataFolderInUse extends StartupError {
  readonly holder: LockHolder;

  constructor(dataDir: string, holder: LockHolder) {
    super(
      `The data folder ${dataDir} is in use by another Plinth (pid ${holder.pid}): ` +
        'stop it or set DATA_DIR to another folder.',
    );
    this.holder = holder;
  }
}

/**
 * Acquires the data folder for this process; exactly one of several concurrent starts succeeds. The lock of a process
 * that no longer runs is taken over.
 * @throws DataFolderInUse
 */
export function lockFolder(dataDir: string): FolderLock {
  const path = join(dataDir, 'plinth.lock');
  const own: LockHolder = { pid: process.pid, identity: identityOf(process.pid) ?? '', ticket: randomUUID() };
  const claim = `${path}.${own.ticket}`;
  writeFileSync(claim, formatHolder(own), { flag: 'wx' });
  try {
    const holder = acquire(path, claim, own);
    if (holder.ticket !== own.ticket) throw new DataFolderInUse(dataDir, holder);
  } finally {
    rmSync(claim, { force: true });
  }
  return {
    ticket: own.ticket,
    release: () => {
      if (holderOf(path)?.ticket === own.ticket) rmSync(path, { force: true });
    },
  };
}

/** A lock file's text: pid, identity and ticket, one per line. */
export function formatHolder(holder: LockHolder): string {
  return `${holder.pid}\n${holder.identity}\n${holder.ticket}\n`;
}

/** Reads a lock file's text. Any other text (an empty file after a power cut) belongs to pid 0, which never runs. */
export function parseHolder(text: string): LockHolder {
  const [pid = '', identity = '', ticket = ''] = text.split('\n');
  if (!/^[1-9]\d{0,9}$/.test(pid) || !/^[\w-]+$/.test(ticket)) return { pid: 0, identity: '', ticket: 'unreadable' };
  return { pid: Number(pid), identity, ticket };
}

/** Whether the process that wrote the lock still runs. */
export function isRunning(holder: LockHolder): boolean {
  return holder.pid !== 0 && identityOf(holder.pid) === holder.identity;
}

/**
 * Links the claim to the path and returns the holder after that: a link appears with its whole content or not at all.
 *
 * Only the holder of a second lock, named after the ticket of the stale one, may remove the stale lock. Otherwise a
 * slow start that has read the stale lock would remove the new lock of a faster one. The second lock is acquired by the
 * same rule, so a start that is killed in here blocks no other.
 */
function acquire(path: string, claim: string, own: LockHolder): LockHolder {
  for (;;) {
    if (tryLink(claim, path)) return own;
    const holder = holderOf(path);
    if (holder === undefined) continue;
    if (isRunning(holder)) return holder;
    const takeoverLock = `${path}.takeover-of-${holder.ticket}`;
    const takeoverHolder = acquire(takeoverLock, claim, own);
    if (takeoverHolder.ticket !== own.ticket) return takeoverHolder;
    if (holderOf(path)?.ticket === holder.ticket) rmSync(path, { force: true });
    const acquired = tryLink(claim, path);
    rmSync(takeoverLock, { force: true });
    if (acquired) return own;
  }
}

function tryLink(claim: string, path: string): boolean {
  try {
    linkSync(claim, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(path: string): LockHolder | undefined {
  try {
    return parseHolder(readFileSync(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
