import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testEnvironment } from '../app/environment.ts';
import { throughPooler } from '../database/database.ts';
import { root } from './service-process.ts';

/** How a command ended. */
export interface ExitResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A database, and other variables that differ from the defaults. */
interface CommandEnvironment {
  readonly url: string;
  readonly APP_SECRET?: string;
  readonly DATABASE_DIRECT_URL?: string;
}

/** Runs a compiled command of src/cli on this database, as its npm script does. */
export async function command(
  environment: string | CommandEnvironment,
  name: string,
  ...args: string[]
): Promise<ExitResult> {
  const { url, ...changes } = typeof environment === 'string' ? { url: environment } : environment;
  // From the global setup of Jest.
  const { NODE_COMPILE_CACHE = '' } = process.env;
  const env = throughPooler({ NODE_COMPILE_CACHE, ...testEnvironment, DATABASE_URL: url, ...changes });
  const script = [`dist/cli/${name}.js`, ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, script, { cwd: root, env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as ExitResult;
  }
}

/** The token of the link that a command has printed, or ''. */
export function tokenIn(stdout: string): string {
  return /\?token=([\w-]+)$/m.exec(stdout)?.[1] ?? '';
}
