import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartRefused } from '../start-refused.ts';
import { ensureOwnedFolder } from './owned-folder.ts';
import type { ServerUser } from './server-user.ts';
import { canEnter, isRoot, newServerUser } from './server-user.ts';

/** Where the cluster is or will be, and who runs it. */
export interface ClusterPlace {
  /** Real path of the cluster. */
  readonly folder: string;
  /** `<dataDir>/postgres` when the cluster lies outside the data folder and that is a link to it. */
  readonly link: string | undefined;
  readonly user: ServerUser;
  /** The cluster's major version; undefined when there is no cluster yet. */
  readonly major: string | undefined;
}

const outside = '/var/lib/plinth';

/**
 * Finds the cluster of a data folder. It is `<dataDir>/postgres`; when this process is root and the server's user can't
 * pass into the data folder, that is a link to a folder in /var/lib/plinth.
 * @throws StartRefused when something else is there
 */
export function findCluster(dataDir: string): ClusterPlace {
  const own = join(dataDir, 'postgres');
  const entry = lstatSync(own, { throwIfNoEntry: false });
  if (entry === undefined) return newPlace(dataDir, own);
  const where = entry.isSymbolicLink()
    ? { folder: linkedFolder(dataDir, own), link: own }
    : { folder: own, link: undefined };
  const found = statSync(where.folder, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new StartRefused(`${own} links to ${where.folder}, which is gone: remove the link to start afresh.`);
  }
  if (!found.isDirectory()) throw new StartRefused(`${where.folder} is not a folder: move it away to start afresh.`);
  const user = ownerOf(where.folder, found);
  if (readdirSync(where.folder).length === 0) return { ...where, user: newServerUser(), major: undefined };
  requireReachable(where.folder, user);
  return { ...where, user, major: majorIn(where) };
}

/** What a person does to get rid of a cluster without losing it. */
export function startAfresh({ folder, link }: Pick<ClusterPlace, 'folder' | 'link'>): string {
  return `move ${folder} away${link === undefined ? '' : ` and remove the link ${link}`} to start afresh`;
}

/** @throws StartRefused when the cluster was made by another major version than this one */
export function refuseOtherMajor(place: ClusterPlace, version: string): void {
  if (place.major === undefined || place.major === version.split('.')[0]) return;
  throw new StartRefused(
    `${place.folder} was made by PostgreSQL ${place.major} and this is PostgreSQL ${version}: ${startAfresh(place)}.`,
  );
}

function newPlace(dataDir: string, own: string): ClusterPlace {
  const user = newServerUser();
  if (!isRoot() || canEnter(dataDir, user)) return { folder: own, link: undefined, user, major: undefined };
  ensureOwnedFolder(outside);
  return { folder: outsideFolder(dataDir), link: own, user, major: undefined };
}

function linkedFolder(dataDir: string, own: string): string {
  const target = readlinkSync(own);
  if (target === outsideFolder(dataDir)) return target;
  // a copied data folder must not get hold of the original's cluster
  throw new StartRefused(
    `${own} links to ${target}, which was not made for this data folder: move the data folder back, or remove the link to start afresh.`,
  );
}

function outsideFolder(dataDir: string): string {
  return join(outside, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
}

function ownerOf(folder: string, found: Stats): ServerUser {
  if (isRoot()) return found.uid === 0 ? newServerUser() : { uid: found.uid, gid: found.gid };
  if (found.uid === process.getuid?.()) return {};
  throw new StartRefused(
    `${folder} belongs to user ${found.uid}: start as root or as that user, or set DATA_DIR to another folder.`,
  );
}

function requireReachable(folder: string, user: ServerUser): void {
  if (!isRoot() || canEnter(dirname(folder), user)) return;
  throw new StartRefused(
    `${folder} can't be reached by the user it belongs to (${user.uid ?? '?'}): chmod o+x its parent folders, or move it away to start afresh.`,
  );
}

function majorIn(where: Pick<ClusterPlace, 'folder' | 'link'>): string {
  const file = join(where.folder, 'PG_VERSION');
  const major = statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8').trim() : '';
  if (/^\d+$/.test(major)) return major;
  throw new StartRefused(`${where.folder} is not empty and no PostgreSQL cluster (PG_VERSION): ${startAfresh(where)}.`);
}
