import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { StartupError } from '../config/startup-error.ts';
import { withConnection } from './migrations/connection.ts';

/** A finished copy. */
export interface BaseBackup {
  readonly files: number;
  /** The end of its WAL: the copy has every transaction that was committed before it. */
  readonly endLsn: string;
}

/** What PostgreSQL's documentation excludes from a copy ("Backing Up the Data Directory"); the folders stay, empty. */
const emptyFolders = new Set([
  ...['pg_dynshmem', 'pg_notify', 'pg_replslot', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans', 'pg_wal'],
]);
const excluded = /^(postmaster\.(pid|opts)|pg_internal\.init|pgsql_tmp.*|backup_label.*|tablespace_map.*)$/;
const walSegment = /^[0-9A-F]{24}$/;

/**
 * Copies the cluster of a running server on this machine, with the WAL that makes the copy consistent (PostgreSQL 18
 * §25.3.4, low-level API). The role must be a superuser, and this process must be able to read the cluster's files.
 * @param folder is created, and must not exist
 * @throws StartupError when the files cannot be read, or the cluster has tablespaces
 */
export async function baseBackup(url: string, folder: string): Promise<BaseBackup> {
  return await withConnection(url, async (client) => {
    const source = await clusterFolder(client);
    await mkdir(folder, { recursive: false, mode: 0o700 });
    // Retains the WAL of the copy until this session ends.
    await client.query('SELECT pg_create_physical_replication_slot($1, true, true)', [`base_backup_${process.pid}`]);
    await client.query("SELECT pg_backup_start('plinth', fast => true)");
    const files = await copyFolder(source, folder);
    const { rows } = await client.query<{ lsn: string; label: string; segment: string }>(
      'SELECT lsn, labelfile AS label, pg_walfile_name(lsn) AS segment FROM pg_backup_stop(wait_for_archive => false)',
    );
    const [stopped] = rows;
    if (stopped === undefined) throw new Error('pg_backup_stop returned no row');
    // A start without this file would begin at the wrong checkpoint, and the copy would be damaged.
    await writeFile(join(folder, 'backup_label'), stopped.label);
    const segments = (await readdir(join(source, 'pg_wal'))).filter(
      (name) => walSegment.test(name) && name <= stopped.segment,
    );
    for (const name of segments) await copyFile(join(source, 'pg_wal', name), join(folder, 'pg_wal', name));
    return { files: files + segments.length, endLsn: stopped.lsn };
  });
}

async function clusterFolder(client: Client): Promise<string> {
  const { rows } = await client.query<{ folder: string; tablespaces: number }>(
    `SELECT current_setting('data_directory') AS folder,
       (SELECT count(*)::int FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')) AS tablespaces`,
  );
  const [{ folder, tablespaces } = { folder: '', tablespaces: 0 }] = rows;
  if (tablespaces > 0) throw new StartupError('The cluster has tablespaces: use pg_basebackup');
  await readdir(folder).catch((cause: unknown) => {
    throw new StartupError(`The files of the cluster, ${folder}, cannot be read here: use pg_basebackup`, { cause });
  });
  return folder;
}

/** Files may change meanwhile, which the WAL repairs, and disappear, because their tables were dropped. */
async function copyFolder(from: string, to: string): Promise<number> {
  let files = 0;
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (excluded.test(entry.name)) continue;
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 });
      if (!emptyFolders.has(entry.name)) files += await copyFolder(source, target);
    } else if (await copyIfExists(source, target)) files += 1;
  }
  return files;
}

async function copyIfExists(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
