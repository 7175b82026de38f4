import { join } from 'node:path';
import { serverUrl } from './database.ts';
import { root, scratchFolder, ServiceProcess } from './process.ts';

/** What a proof printed. */
export interface Proof {
  readonly code: number | null;
  /** By name; whole numbers as numbers. */
  readonly figures: Readonly<Record<string, string | number>>;
}

/** Runs a benchmark of this size as `npm run bench:<name>` does; the figures that it prints behind its table. */
export async function bench(name: string, size: Readonly<Record<string, number>>): Promise<unknown> {
  const { code, stdout, stderr } = await run(`bench/${name}.js`, [], size);
  if (code !== 0) throw new Error(`bench:${name} ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout.slice(stdout.indexOf('\n{'))) as unknown;
}

/** Runs one scenario of this size (jobs, rounds, requests) as `npm run prove` does, on a database of the tests' server. */
export async function prove(name: string, size: Readonly<Record<string, number>>): Promise<Proof> {
  const { code, stdout, stderr } = await run('prove/main.js', [name], { ...size, seed: 1 });
  if (stdout.includes('could not be run')) throw new Error(`${name} could not be run:\n${stderr}`);
  const lines = [...stdout.matchAll(/^ {2}(\S.*?) {2,}(.+)$/gm)];
  return { code, figures: Object.fromEntries(lines.map(([, figure = '', value = '']) => [figure, numeric(value)])) };
}

async function run(
  program: string,
  args: readonly string[],
  size: Readonly<Record<string, number>>,
): ServiceProcess['ended'] {
  const options = Object.entries(size).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const entry = join(root, 'dist/prove', program);
  return await ServiceProcess.run(process.execPath, [entry, ...args, ...options], {
    folder: scratchFolder(),
    variables: { TEST_DATABASE_URL: serverUrl() },
  }).ended;
}

function numeric(value: string): string | number {
  return /^\d+$/.test(value) ? Number(value) : value;
}
