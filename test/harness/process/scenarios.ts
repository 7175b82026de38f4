import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serverUrl } from '../database/database.ts';
import { redisMode } from '../redis/redis-mode.ts';
import { root, temporaryFolder, ServiceProcess } from './service-process.ts';

/** What a scenario printed. */
export interface ScenarioOutput {
  readonly code: number | null;
  /** By name; whole numbers as numbers. */
  readonly figures: Readonly<Record<string, string | number>>;
}

/** Compiles the scenarios and benchmarks, which are not part of the service's build. */
export function compileScenarios(): void {
  const compiler = join(root, 'node_modules/typescript7/bin/tsc');
  const options = { cwd: root, encoding: 'utf8' } as const;
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.faults.json'], options);
  if (status !== 0) throw new Error(`The scenarios do not compile:\n${stdout}`);
  // The sources find these by their own place.
  link('prisma');
  link('dist/admin');
}

/** Links a folder of the package at the same place in dist/faults. */
function link(folder: string): void {
  const place = join(root, 'dist/faults', folder);
  rmSync(place, { force: true });
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(root, folder), place);
}

/** Runs a benchmark of this size as `npm run bench:<name>` does; returns the figures that it prints after its table. */
export async function runBenchmark(
  name: string,
  size: Readonly<Record<string, number | string>>,
  flags: readonly string[] = [],
): Promise<unknown> {
  const { code, stdout, stderr } = await run(`bench/${name}.js`, flags, size);
  if (code !== 0) throw new Error(`bench:${name} ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout.slice(stdout.indexOf('\n{'))) as unknown;
}

/** Runs one scenario of this size (jobs, rounds, requests) on a database of the tests' server. */
export async function runScenario(name: string, size: Readonly<Record<string, number>>): Promise<ScenarioOutput> {
  const { code, stdout, stderr } = await run('test/faults/main.js', [name], { ...size, seed: 1 }, timingsOf(name));
  if (stdout.includes('did not run to its end')) throw new Error(`${name} did not run to its end:\n${stderr}`);
  const lines = [...stdout.matchAll(/^ {2}(\S.*?) {2,}(.+)$/gm)];
  return { code, figures: Object.fromEntries(lines.map(([, figure = '', value = '']) => [figure, numeric(value)])) };
}

async function run(
  program: string,
  args: readonly string[],
  size: Readonly<Record<string, number | string>>,
  variables: Readonly<Record<string, string>> = {},
): ServiceProcess['ended'] {
  const options = Object.entries(size).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const entry = join(root, 'dist/faults', program);
  return await ServiceProcess.run(process.execPath, [entry, ...args, ...options], {
    folder: temporaryFolder(),
    variables: { TEST_DATABASE_URL: serverUrl(), TEST_REDIS: redisMode, ...variables },
  }).ended;
}

/** Scenarios that wait for expired leases use short timings; `npm run test:faults` never does. */
function timingsOf(name: string): Readonly<Record<string, string>> {
  return ['claim-freeze', 'import-kill', 'poison', 'worker-kill', 'zombie'].includes(name)
    ? { SCENARIO_TIMINGS: 'short' }
    : {};
}

function numeric(value: string): string | number {
  return /^\d+$/.test(value) ? Number(value) : value;
}
