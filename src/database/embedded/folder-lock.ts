import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartRefused } from '../start-refused.ts';
import { codeOf } from './system-error.ts';
import type { LockHolder } from './lock-holder.ts';
import { formatHolder, isAlive, parseHolder, thisProcess } from './lock-holder.ts';

/** The right to use a data folder. */
export interface FolderLock {
  /** Frees the folder. Safe to call twice. */
  readonly release: () => void;
}

/**
 * Takes the data folder for this process; of several starters exactly one gets it. The lock of a dead process is taken over.
 * @throws StartRefused when a live process holds it
 */
export function lockFolder(dataDir: string): FolderLock {
  const path = join(dataDir, 'plinth.lock');
  const me = thisProcess();
  const claim = `${path}.${me.ticket}`;
  writeFileSync(claim, formatHolder(me), { flag: 'wx' });
  try {
    const holder = take(path, claim, me);
    if (holder.ticket !== me.ticket) throw new StartRefused(inUse(dataDir, holder));
  } finally {
    rmSync(claim, { force: true });
  }
  return {
    release: () => {
      free(path, me);
    },
  };
}

/**
 * Links the claim to the path and returns who holds it then: a link appears with its whole content or not at all.
 *
 * A dead holder's lock may be removed only by the holder of a second lock that bears the dead one's ticket. Without it
 * a slow starter that saw the dead lock would remove the fresh lock of a quicker one. The second lock is taken by the
 * same rule, so a starter killed in here blocks nobody either.
 */
function take(path: string, claim: string, me: LockHolder): LockHolder {
  for (;;) {
    if (linked(claim, path)) return me;
    const holder = holderOf(path);
    if (holder === undefined) continue;
    if (isAlive(holder)) return holder;
    const right = `${path}.heir-of-${holder.ticket}`;
    const heir = take(right, claim, me);
    if (heir.ticket !== me.ticket) return heir;
    if (holderOf(path)?.ticket === holder.ticket) rmSync(path, { force: true });
    const first = linked(claim, path);
    rmSync(right, { force: true });
    if (first) return me;
  }
}

function linked(claim: string, path: string): boolean {
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

function free(path: string, me: LockHolder): void {
  if (holderOf(path)?.ticket === me.ticket) rmSync(path, { force: true });
}

function inUse(dataDir: string, holder: LockHolder): string {
  return `The data folder ${dataDir} is in use by another Plinth (pid ${holder.pid}): stop it or set DATA_DIR to another folder.`;
}
