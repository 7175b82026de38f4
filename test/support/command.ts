import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testEnvironment } from './app.ts';
import { throughPooler } from './database.ts';
import { root } from './process.ts';

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Which database, when it is not all that differs from the usual surroundings. */
interface Place {
  readonly url: string;
  readonly APP_SECRET?: string;
  readonly DATABASE_DIRECT_URL?: string;
}

/** Runs a compiled command of src/cli on this database, as its npm script does. */
export async function command(place: string | Place, name: string, ...given: string[]): Promise<Ended> {
  const { url, ...changes } = typeof place === 'string' ? { url: place } : place;
  const env = throughPooler({ ...testEnvironment, DATABASE_URL: url, ...changes });
  const script = [`dist/cli/${name}.js`, ...given];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, script, { cwd: root, env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ended;
  }
}
