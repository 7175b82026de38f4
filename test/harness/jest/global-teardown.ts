import { rmSync } from 'node:fs';

export default async function globalTeardown(): Promise<void> {
  // global-setup.ts creates it.
  rmSync(process.env['TEST_RESPONSE_COVERAGE'] ?? '', { recursive: true, force: true });
  await globalThis.plinthTestPooler?.stop();
  const running = globalThis.plinthTestServer;
  if (running === undefined) return;
  await running.server.stop();
  rmSync(running.folder, { recursive: true, force: true });
}
