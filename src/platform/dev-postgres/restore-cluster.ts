import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import { removeIncomplete } from './cluster-creation.ts';
import { locateCluster, openDataFolder } from './cluster-location.ts';
import { lockFolder } from './folder-lock.ts';
import type { ServerUser } from './server-user.ts';

/**
 * Makes a base backup the embedded cluster of a data folder that has none. The next start recovers it.
 * @param backup a folder with `cluster` and `postgres-password`
 * @returns the folder of the cluster
 * @throws StartupError when the backup is incomplete, or the data folder has a cluster or is in use
 */
export function restoreCluster(backup: string, dataDir: string): string {
  for (const part of ['cluster/backup_label', 'cluster/PG_VERSION', 'postgres-password'])
    if (!existsSync(join(backup, part))) throw new StartupError(`${backup} has no ${part}: it is no complete backup`);
  const own = openDataFolder(dataDir);
  const lock = lockFolder(own);
  try {
    return restoreLocked(backup, own);
  } finally {
    lock.release();
  }
}

/** Moves a complete copy into place: a command that is killed leaves nothing that counts as a cluster. */
function restoreLocked(backup: string, own: string): string {
  const { folder, major, link, user } = locateCluster(own);
  if (major !== undefined) throw new StartupError(`${own} has a cluster already: set DATA_DIR to another folder`);
  if (link !== undefined)
    throw new StartupError(`The server's user cannot enter ${own}: set DATA_DIR to a folder that it can enter`);
  removeIncomplete(folder);
  const scratch = mkdtempSync(`${folder}.new-`);
  try {
    const copy = join(scratch, 'cluster');
    cpSync(join(backup, 'cluster'), copy, { recursive: true });
    changeOwner(copy, user);
    cpSync(join(backup, 'postgres-password'), join(own, 'postgres-password'));
    renameSync(copy, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

/** PostgreSQL refuses folders of another user, and those that others may enter. */
function changeOwner(folder: string, { uid, gid }: ServerUser): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
    chmodSync(path, entry.isDirectory() ? 0o700 : 0o600);
  }
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  chmodSync(folder, 0o700);
}
