import { rmSync } from 'node:fs';

/** Stops what global-setup.ts started, removes the folder of the run, and restores the environment. */
export default async function globalTeardown(): Promise<void> {
  const run = globalThis.plinthTestRun;
  if (run === undefined) return;
  await run.redis?.stop();
  await run.pooler?.stop();
  await run.server?.stop();
  rmSync(run.folder, { recursive: true, force: true });
  // The next run of `--watch` starts like the first.
  run.restoreEnvironment();
}
