import { accessSync, constants, mkdirSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { StartRefused } from '../start-refused.ts';
import { codeOf } from './system-error.ts';

/**
 * Makes the data folder when it is missing and returns its real, absolute path.
 * Its parents get the default mode: the server's user must be able to pass through them.
 * @throws StartRefused when it is no folder or can't be written
 */
export function openDataFolder(dataDir: string): string {
  const folder = resolve(dataDir);
  try {
    mkdirSync(folder, { recursive: true });
    if (!statSync(folder).isDirectory()) throw new StartRefused(noFolder(folder));
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(folder);
  } catch (error) {
    if (error instanceof StartRefused) throw error;
    const code = codeOf(error);
    if (code === 'EEXIST' || code === 'ENOTDIR') throw new StartRefused(noFolder(folder), { cause: error });
    throw new StartRefused(
      `The data folder ${folder} can't be written (${code}): mend its permissions or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

function noFolder(folder: string): string {
  return `The data folder ${folder} is a file or lies below one: move the file away or set DATA_DIR to another folder.`;
}
