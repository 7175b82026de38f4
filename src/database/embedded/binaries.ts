import { join } from 'node:path';
import { StartRefused } from '../start-refused.ts';
import { cachedCopy } from './binary-cache.ts';
import type { Outcome } from './native-command.ts';
import { runNative } from './native-command.ts';
import type { NativePackage } from './native-package.ts';
import { oneLine } from './server-log.ts';
import type { ServerUser } from './server-user.ts';
import { isRoot } from './server-user.ts';

/** PostgreSQL's programs where the server's user can run them. */
export interface Binaries {
  /** Folder with `postgres` and `initdb`. */
  readonly bin: string;
  /** The server's version, e.g. `18.4`. */
  readonly version: string;
}

/**
 * Finds a place from which the server's user can run the programs: the package itself, or a copy of it when this process
 * is root and the package lies where the user can't pass (a clone under /root).
 * @throws StartRefused when they don't run on this machine
 */
export async function runnableBinaries(native: NativePackage, user: ServerUser): Promise<Binaries> {
  const bin = join(native.folder, 'bin');
  const tried = await askVersion(bin, user);
  const version = versionIn(tried);
  if (version !== undefined) return { bin, version };
  if (!isRoot()) throw new StartRefused(doesNotRun(bin, tried));
  const copy = join(cachedCopy(native), 'bin');
  const retried = await askVersion(copy, user);
  const copyVersion = versionIn(retried);
  if (copyVersion === undefined) throw new StartRefused(doesNotRun(copy, retried));
  return { bin: copy, version: copyVersion };
}

async function askVersion(bin: string, user: ServerUser): Promise<Outcome> {
  return await runNative(join(bin, 'postgres'), ['--version'], { user });
}

function versionIn({ code, output }: Outcome): string | undefined {
  return code === 0 ? /\(PostgreSQL\) (\d+\.\d+)/.exec(output)?.[1] : undefined;
}

function doesNotRun(bin: string, { output }: Outcome): string {
  return `The embedded PostgreSQL in ${bin} does not run on this machine (${oneLine(output)}): set DATABASE_URL to a PostgreSQL of your own.`;
}
