import { rmSync } from 'node:fs';

/** Stops what global-setup.ts started, and removes the folder of the run. */
export default async function globalTeardown(): Promise<void> {
  const run = globalThis.plinthTestRun;
  if (run === undefined) return;
  await run.redis?.stop();
  await run.pooler?.stop();
  await run.server?.stop();
  rmSync(run.folder, { recursive: true, force: true });
}
