import { rmSync } from 'node:fs';

export default async function globalTeardown(): Promise<void> {
  // global-setup.ts creates them.
  for (const name of ['TEST_RESPONSE_COVERAGE', 'NODE_COMPILE_CACHE'])
    rmSync(process.env[name] ?? '', { recursive: true, force: true });
  await globalThis.plinthTestPooler?.stop();
  const running = globalThis.plinthTestServer;
  if (running === undefined) return;
  await running.server.stop();
  rmSync(running.folder, { recursive: true, force: true });
}
