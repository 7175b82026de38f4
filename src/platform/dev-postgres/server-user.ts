import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The user that the server's processes run as; empty: the user of this process. Spreads into spawn options. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

const fallbackId = 65_534;

/** The environment of every process of the server. Messages stay in English because some are parsed. */
export const nativeEnvironment = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };

/** Whether this process runs as root, as which PostgreSQL refuses to run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The user for a new cluster: the unprivileged system user when this process is root, otherwise its own. */
export function newServerUser(): ServerUser {
  return isRoot() ? unprivilegedUserIn(readFileSync('/etc/passwd', 'utf8')) : {};
}

/** Finds the system user `nobody` in the text of /etc/passwd. */
export function unprivilegedUserIn(passwd: string): Required<ServerUser> {
  const entry = passwd.split('\n').find((line) => line.startsWith('nobody:'));
  const [, , uid, gid] = entry?.split(':') ?? [];
  return { uid: idOrFallback(uid), gid: idOrFallback(gid) };
}

/** Whether the server's user can enter a folder and all of its parents. */
export function canEnter(folder: string, user: ServerUser): boolean {
  // The `cwd` option of spawn is entered before the user changes: a shell has to try.
  const tried = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/', env: {}, stdio: 'ignore' });
  return tried.status === 0;
}

/** The result of a command. `code` is null when it could not be started or was killed. */
export interface CommandResult {
  readonly code: number | null;
  /** Standard output, then standard error. */
  readonly output: string;
}

/**
 * Runs one of the server's programs to its end. It has a process group of its own, so that Ctrl-C in the terminal does
 * not reach it: the start completes its current step first. A program that cannot be started is a result too.
 */
export async function runNative(
  file: string,
  args: readonly string[],
  { user, input = '' }: { user: ServerUser; input?: string },
): Promise<CommandResult> {
  return await new Promise((resolve) => {
    const options = { ...user, cwd: '/', env: nativeEnvironment, detached: true, stdio: 'pipe' } as const;
    const child = spawn(file, args, options);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined); // It ended without reading its input; the exit code says why.
    child.stdin.end(input);
    child.on('error', (error) => {
      resolve({ code: null, output: error.message });
    });
    child.on('close', (code) => {
      resolve({ code, output: Buffer.concat([...out, ...err]).toString() });
    });
  });
}

function idOrFallback(id: string | undefined): number {
  return Number(id) > 0 ? Number(id) : fallbackId;
}
