import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import type { ServerUser } from './server-user.ts';
import { canEnter, isRoot, newServerUser } from './server-user.ts';
import { codeOf } from './system.ts';

/** Where the cluster is or will be, and the user that runs it. */
export interface ClusterLocation {
  /** Real path of the cluster. */
  readonly folder: string;
  /** `<dataDir>/postgres` when the cluster is outside the data folder and that is a link to it. */
  readonly link: string | undefined;
  readonly user: ServerUser;
  /** The cluster's major version; undefined when there is no cluster yet. */
  readonly major: string | undefined;
}

const externalRoot = '/var/lib/plinth';

/**
 * Creates the data folder if it is missing and returns its real, absolute path.
 * Its parents get the default mode: the server's user must be able to enter them.
 * @throws StartupError when it is no folder or cannot be written
 */
export function openDataFolder(dataDir: string): string {
  const folder = resolve(dataDir);
  try {
    mkdirSync(folder, { recursive: true });
    if (!statSync(folder).isDirectory()) throw new StartupError(notAFolder(folder));
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(folder);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const code = codeOf(error);
    if (code === 'EEXIST' || code === 'ENOTDIR') throw new StartupError(notAFolder(folder), { cause: error });
    throw new StartupError(
      `The data folder ${folder} cannot be written (${code}): fix its permissions or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

function notAFolder(folder: string): string {
  return `The data folder ${folder} is a file or lies below one: move the file away or set DATA_DIR to another folder.`;
}

/**
 * Creates a folder that root owns and every user may enter, or checks the existing one.
 * @throws StartupError when another user owns it or may write to it
 */
export function ensureOwnedFolder(folder: string): void {
  const created = mkdirSync(folder, { recursive: true });
  if (created !== undefined) chmodSync(folder, 0o755);
  assertOwnedByRoot(folder);
}

/** @throws StartupError unless the path is a folder that only root can change */
export function assertOwnedByRoot(folder: string): void {
  const found = lstatSync(folder);
  if (found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return;
  throw new StartupError(`${folder} is not a folder that only root can change: remove it and start again.`);
}

/**
 * Finds the cluster of a data folder. It is `<dataDir>/postgres`; when this process is root and the server's user
 * cannot enter the data folder, that is a link to a folder in /var/lib/plinth.
 * @throws StartupError when there is something else
 */
export function locateCluster(dataDir: string): ClusterLocation {
  const own = join(dataDir, 'postgres');
  const entry = lstatSync(own, { throwIfNoEntry: false });
  if (entry === undefined) return newLocation(dataDir, own);
  const where = entry.isSymbolicLink()
    ? { folder: linkedFolder(dataDir, own), link: own }
    : { folder: own, link: undefined };
  const found = statSync(where.folder, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new StartupError(
      `${own} links to ${where.folder}, which does not exist: remove the link to start with an empty database.`,
    );
  }
  if (!found.isDirectory())
    throw new StartupError(`${where.folder} is not a folder: move it away to start with an empty database.`);
  const user = ownerOf(where.folder, found);
  if (readdirSync(where.folder).length === 0) return { ...where, user: newServerUser(), major: undefined };
  assertReachable(where.folder, user);
  return { ...where, user, major: majorIn(where) };
}

/** How to start with an empty cluster without deleting the existing one. */
export function recreateHint({ folder, link }: Pick<ClusterLocation, 'folder' | 'link'>): string {
  const removeLink = link === undefined ? '' : ` and remove the link ${link}`;
  return `move ${folder} away${removeLink} to start with an empty database`;
}

/** @throws StartupError when the cluster was made by another major version than this one */
export function assertSameMajor(location: ClusterLocation, version: string): void {
  const { folder, major } = location;
  if (major === undefined || major === version.split('.')[0]) return;
  throw new StartupError(
    `${folder} was made by PostgreSQL ${major} and this is PostgreSQL ${version}: ${recreateHint(location)}.`,
  );
}

function newLocation(dataDir: string, own: string): ClusterLocation {
  const user = newServerUser();
  if (!isRoot() || canEnter(dataDir, user)) return { folder: own, link: undefined, user, major: undefined };
  ensureOwnedFolder(externalRoot);
  return { folder: externalFolder(dataDir), link: own, user, major: undefined };
}

function linkedFolder(dataDir: string, own: string): string {
  const target = readlinkSync(own);
  if (target === externalFolder(dataDir)) return target;
  // A copied data folder must not use the cluster of the original.
  throw new StartupError(
    `${own} links to ${target}, which was not made for this data folder: ` +
      'move the data folder back, or remove the link to start with an empty database.',
  );
}

function externalFolder(dataDir: string): string {
  return join(externalRoot, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
}

function ownerOf(folder: string, found: Stats): ServerUser {
  if (isRoot()) return found.uid === 0 ? newServerUser() : { uid: found.uid, gid: found.gid };
  if (found.uid === process.getuid?.()) return {};
  throw new StartupError(
    `${folder} belongs to user ${found.uid}: start as root or as that user, or set DATA_DIR to another folder.`,
  );
}

function assertReachable(folder: string, user: ServerUser): void {
  if (!isRoot() || canEnter(dirname(folder), user)) return;
  throw new StartupError(
    `${folder} cannot be entered by its owner (user ${user.uid ?? '?'}): ` +
      'chmod o+x its parent folders, or move it away to start with an empty database.',
  );
}

function majorIn(where: Pick<ClusterLocation, 'folder' | 'link'>): string {
  const file = join(where.folder, 'PG_VERSION');
  const major = statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8').trim() : '';
  if (/^\d+$/.test(major)) return major;
  throw new StartupError(
    `${where.folder} is not empty and no PostgreSQL cluster (PG_VERSION): ${recreateHint(where)}.`,
  );
}
