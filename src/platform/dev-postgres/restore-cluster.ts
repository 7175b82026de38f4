import { chmodSync, chownSync, cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import { locateCluster, openDataFolder } from './cluster-location.ts';
import type { ServerUser } from './server-user.ts';

/**
 * Makes a base backup the embedded cluster of a data folder that has none. The next start recovers it.
 * @param backup a folder with `cluster` and `postgres-password`
 * @returns the folder of the cluster
 * @throws StartupError when the backup is incomplete, or the data folder has a cluster
 */
export function restoreCluster(backup: string, dataDir: string): string {
  for (const part of ['cluster/backup_label', 'cluster/PG_VERSION', 'postgres-password'])
    if (!existsSync(join(backup, part))) throw new StartupError(`${backup} has no ${part}: it is no complete backup`);
  const own = openDataFolder(dataDir);
  const { folder, major, link, user } = locateCluster(own);
  if (major !== undefined) throw new StartupError(`${own} has a cluster already: set DATA_DIR to another folder`);
  if (link !== undefined)
    throw new StartupError(`The server's user cannot enter ${own}: set DATA_DIR to a folder that it can enter`);
  cpSync(join(backup, 'cluster'), folder, { recursive: true });
  changeOwner(folder, user);
  cpSync(join(backup, 'postgres-password'), join(own, 'postgres-password'));
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
