import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The user the server's processes run as; empty: the user of this process. Spreads into spawn options. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

const fallback = 65_534;

/** Whether this process runs as root, as which PostgreSQL refuses to run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The user for a new cluster: `nobody` when this process is root. */
export function newServerUser(): ServerUser {
  return isRoot() ? nobodyIn(readFileSync('/etc/passwd', 'utf8')) : {};
}

/** Finds `nobody` in the text of /etc/passwd. */
export function nobodyIn(passwd: string): Required<ServerUser> {
  const entry = passwd.split('\n').find((line) => line.startsWith('nobody:'));
  const [, , uid, gid] = entry?.split(':') ?? [];
  return { uid: positive(uid), gid: positive(gid) };
}

/** Whether the server's user can pass through all parents of a folder and into it. */
export function canEnter(folder: string, user: ServerUser): boolean {
  // spawn's own `cwd` is entered before the user changes, so a shell must try
  const tried = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/', env: {}, stdio: 'ignore' });
  return tried.status === 0;
}

function positive(id: string | undefined): number {
  return Number(id) > 0 ? Number(id) : fallback;
}
