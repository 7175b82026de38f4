import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StartRefused } from '../start-refused.ts';
import type { Binaries } from './binaries.ts';
import type { ClusterPlace } from './cluster-place.ts';
import { runNative } from './native-command.ts';
import { startupFailure } from './server-log.ts';
import type { ServerUser } from './server-user.ts';

/** What a new cluster is made of. */
export interface NewCluster {
  readonly place: ClusterPlace;
  readonly binaries: Binaries;
  readonly password: string;
  /** Whether to wait until it is safely on disk. */
  readonly sync: boolean;
}

/**
 * Makes a cluster with the user and the database `plinth`. It is made beside its place and moved there when complete, so a
 * start that is killed half-way leaves nothing that counts as a cluster.
 * @throws StartRefused with the reason of PostgreSQL
 */
export async function createCluster(cluster: NewCluster): Promise<void> {
  const { folder, link, user } = cluster.place;
  removeUnfinished(folder);
  const scratch = mkdtempSync(`${folder}.new-`);
  try {
    handOver(scratch, user);
    const made = join(scratch, 'cluster');
    await initialise(cluster, made, scratch);
    await createDatabase(cluster, made);
    const unlinked = link !== undefined && !existsSync(link);
    if (unlinked) setAside(folder);
    renameSync(made, folder);
    if (unlinked) symlinkSync(folder, link);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function initialise(cluster: NewCluster, made: string, scratch: string): Promise<void> {
  const { place, binaries, password, sync } = cluster;
  const passwordFile = join(scratch, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  handOver(passwordFile, place.user);
  const args = ['-D', made, '-U', 'plinth', `--pwfile=${passwordFile}`, '-A', 'scram-sha-256'];
  args.push('--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions', ...(sync ? [] : ['--no-sync']));
  const { code, output } = await runNative(join(binaries.bin, 'initdb'), args, { user: place.user });
  if (code !== 0) throw new StartRefused(notCreated(place, output));
}

/** A single-user server needs no port and no password, and the cluster has its database before anybody sees it. */
async function createDatabase({ place, binaries, sync }: NewCluster, made: string): Promise<void> {
  const args = ['--single', '-D', made, '-c', 'exit_on_error=on', '-c', `fsync=${sync ? 'on' : 'off'}`, 'postgres'];
  const input = 'CREATE DATABASE plinth\n';
  const { code, output } = await runNative(join(binaries.bin, 'postgres'), args, { user: place.user, input });
  if (code !== 0) throw new StartRefused(notCreated(place, output));
}

/** What a killed start left; its initdb may still be writing there, then the next start removes the rest. */
function removeUnfinished(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(`${basename(folder)}.new-`))) {
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      continue;
    }
  }
}

/** A cluster outside the data folder whose link is gone: never used again, kept once in case the link went by mistake. */
function setAside(folder: string): void {
  if (!existsSync(folder)) return;
  const previous = `${folder}.previous`;
  rmSync(previous, { recursive: true, force: true });
  renameSync(folder, previous);
}

function handOver(path: string, { uid, gid }: ServerUser): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

function notCreated(place: ClusterPlace, output: string): string {
  return `PostgreSQL could not make its cluster ${place.folder} (${startupFailure(output)}): mend that, or set DATABASE_URL to a PostgreSQL of your own.`;
}
