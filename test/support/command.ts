import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testEnvironment } from './app.ts';
import { root } from './process.ts';

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a compiled command of src/cli on this database, as its npm script does. */
export async function command(databaseUrl: string, name: string, ...given: string[]): Promise<Ended> {
  const env = { ...testEnvironment, DATABASE_URL: databaseUrl };
  const script = [`dist/cli/${name}.js`, ...given];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, script, { cwd: root, env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ended;
  }
}
