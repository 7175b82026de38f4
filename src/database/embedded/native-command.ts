import { spawn } from 'node:child_process';
import type { ServerUser } from './server-user.ts';

/** The surroundings of every process of the server; messages stay in English because some are read. */
export const nativeEnvironment = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };

/** What a command left behind. `code` is null when it could not be started or was killed. */
export interface Outcome {
  readonly code: number | null;
  /** Standard output, then standard error. */
  readonly output: string;
}

/**
 * Runs one of the server's programs to its end, in its own process group, so that a Ctrl-C in the terminal does not reach
 * it: the start gets to its next step first. A program that can't be started is an outcome too.
 */
export async function runNative(
  file: string,
  args: readonly string[],
  given: { user: ServerUser; input?: string },
): Promise<Outcome> {
  return await new Promise((resolve) => {
    const options = { ...given.user, cwd: '/', env: nativeEnvironment, detached: true, stdio: 'pipe' } as const;
    const child = spawn(file, args, options);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined); // it ended without reading; its exit code says why
    child.stdin.end(given.input ?? '');
    child.on('error', (error) => {
      resolve({ code: null, output: error.message });
    });
    child.on('close', (code) => {
      resolve({ code, output: Buffer.concat([...out, ...err]).toString() });
    });
  });
}
