import { join } from 'node:path';
import { serverUrl } from './database.ts';
import { root, scratchFolder, ServiceProcess } from './process.ts';

/** What a proof printed. */
export interface Proof {
  readonly code: number | null;
  /** By name; whole numbers as numbers. */
  readonly figures: Readonly<Record<string, string | number>>;
}

/** Runs one scenario of this size (jobs, rounds, requests) as `npm run prove` does, on a database of the tests' server. */
export async function prove(name: string, size: Readonly<Record<string, number>>): Promise<Proof> {
  const main = join(root, 'dist/prove/prove/main.js');
  const options = Object.entries({ ...size, seed: 1 }).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const { code, stdout, stderr } = await ServiceProcess.run(process.execPath, [main, name, ...options], {
    folder: scratchFolder(),
    variables: { TEST_DATABASE_URL: serverUrl() },
  }).ended;
  if (stdout.includes('could not be run')) throw new Error(`${name} could not be run:\n${stderr}`);
  const lines = [...stdout.matchAll(/^ {2}(\S.*?) {2,}(.+)$/gm)];
  return { code, figures: Object.fromEntries(lines.map(([, figure = '', value = '']) => [figure, numeric(value)])) };
}

function numeric(value: string): string | number {
  return /^\d+$/.test(value) ? Number(value) : value;
}
