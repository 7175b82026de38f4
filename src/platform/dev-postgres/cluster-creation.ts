import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import type { Binaries } from './binaries.ts';
import type { ClusterLocation } from './cluster-location.ts';
import { recreateHint } from './cluster-location.ts';
import { startupFailure } from './server-process.ts';
import type { ServerUser } from './server-user.ts';
import { runNative } from './server-user.ts';

/** What a new cluster is made of. */
export interface NewCluster {
  readonly location: ClusterLocation;
  readonly binaries: Binaries;
  readonly password: string;
  /** Whether to wait until it is safely on disk. */
  readonly sync: boolean;
}

/**
 * Creates a cluster with the user and the database `plinth`. It is made beside its location and moved there when it is
 * complete: a start that is killed half-way leaves nothing that counts as a cluster.
 * @throws StartupError with the reason that PostgreSQL gave
 */
export async function createCluster(cluster: NewCluster): Promise<void> {
  const { folder, link, user } = cluster.location;
  removeIncomplete(folder);
  const scratch = mkdtempSync(`${folder}.new-`);
  try {
    changeOwner(scratch, user);
    const incomplete = join(scratch, 'cluster');
    await initialise(cluster, incomplete, scratch);
    await createDatabase(cluster, incomplete);
    const linkMissing = link !== undefined && !existsSync(link);
    if (linkMissing) moveAside(folder);
    renameSync(incomplete, folder);
    if (linkMissing) symlinkSync(folder, link);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The password of the server's user `plinth`: generated before the first cluster, read from the data folder afterwards.
 * @throws StartupError when there is a cluster but its password is missing
 */
export function clusterPassword(dataDir: string, location: ClusterLocation): string {
  const stored = storedPassword(dataDir);
  if (stored !== undefined) return stored;
  const file = passwordFile(dataDir);
  if (location.major !== undefined) {
    throw new StartupError(
      `${file}, the password of ${location.folder}, is missing: restore it, or ${recreateHint(location)}.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/** The password in the data folder, undefined when there is none. */
export function storedPassword(dataDir: string): string | undefined {
  const file = passwordFile(dataDir);
  const stored = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return /^[\w-]{16,}$/.test(stored) ? stored : undefined;
}

function passwordFile(dataDir: string): string {
  return join(dataDir, 'postgres-password');
}

async function initialise(cluster: NewCluster, folder: string, scratch: string): Promise<void> {
  const { location, binaries, password, sync } = cluster;
  const pwfile = join(scratch, 'password');
  writeFileSync(pwfile, `${password}\n`, { mode: 0o600 });
  changeOwner(pwfile, location.user);
  const args = ['-D', folder, '-U', 'plinth', `--pwfile=${pwfile}`, '-A', 'scram-sha-256'];
  args.push('--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions', ...(sync ? [] : ['--no-sync']));
  const { code, output } = await runNative(join(binaries.bin, 'initdb'), args, { user: location.user });
  if (code !== 0) throw creationFailed(location, output);
}

/** A single-user server needs no port and no password, and no client can connect before the database exists. */
async function createDatabase({ location, binaries, sync }: NewCluster, folder: string): Promise<void> {
  const args = ['--single', '-D', folder, '-c', 'exit_on_error=on', '-c', `fsync=${sync ? 'on' : 'off'}`, 'postgres'];
  const input = 'CREATE DATABASE plinth\n';
  const { code, output } = await runNative(join(binaries.bin, 'postgres'), args, { user: location.user, input });
  if (code !== 0) throw creationFailed(location, output);
}

/**
 * Removes the remains of a killed start or restore. An initdb may still be writing there; then the next start removes
 * the rest.
 */
export function removeIncomplete(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(`${basename(folder)}.new-`))) {
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      continue;
    }
  }
}

/** Keeps one copy of a cluster outside the data folder whose link is missing, in case it was removed by accident. */
function moveAside(folder: string): void {
  if (!existsSync(folder)) return;
  const previous = `${folder}.previous`;
  rmSync(previous, { recursive: true, force: true });
  renameSync(folder, previous);
}

function changeOwner(path: string, { uid, gid }: ServerUser): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

function creationFailed({ folder }: ClusterLocation, output: string): StartupError {
  return new StartupError(
    `PostgreSQL could not create its cluster ${folder} (${startupFailure(output)}): ` +
      'fix that, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}
