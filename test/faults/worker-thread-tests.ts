import { beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { waitUntil } from '../harness/process/wait-until.ts';
import { enqueue } from './jobs.ts';
import { newFile, ThreadProcesses, waitMs } from './thread-processes.ts';

const timeoutMs = 180_000;

/** Tests of jobs in worker threads of processes with these variables. */
export function describeWorkerThreads(
  dispatcher: string,
  variablesOf: () => Promise<Readonly<Record<string, string>>>,
): void {
  describe(`A job in a worker thread, started by ${dispatcher},`, () => {
    let processes: ThreadProcesses;

    beforeAll(async () => {
      processes = await ThreadProcesses.open(await variablesOf());
      await processes.start();
    }, timeoutMs);

    it('computes without a pause while other jobs of its process end and requests are served', async () => {
      const untilFile = newFile();
      const ids = [await processes.enqueue({ untilFile }), await processes.enqueue({ untilFile })];
      for (const id of ids) await processes.untilStarted(id);

      for (let n = 0; n < 5; n += 1)
        await processes.reach(await enqueue(processes.url, { key: `other ${n}` }), 'succeeded');
      expect((await fetch(`${processes.url}/livez`)).status).toBe(200);
      for (const id of ids) expect(await processes.find(id)).toMatchObject({ state: 'running', attempts: 1 });
      const threads = await Promise.all(ids.map(async (id) => await processes.threads(id)));
      expect(new Set(threads.flat()).size).toBe(2);
      expect(threads.flat()).not.toContain('0');

      writeFileSync(untilFile, '');
      for (const id of ids) {
        await processes.reach(id, 'succeeded');
        expect(await processes.find(id)).toMatchObject({ attempts: 1, result: { attempt: 1 }, lease: null });
        expect(await processes.effects(id)).toBe(1);
      }
    });

    it('is cancelled although it ignores its signal, and the next job gets another thread', async () => {
      const id = await processes.enqueue({ untilFile: newFile(), isInTransaction: true });
      await waitUntil('it has written its effect', async () => (await processes.openTransactions()) === 1, waitMs);
      await processes.requestCancellation(id);

      await processes.reach(id, 'cancelled');

      await waitUntil('its transaction has ended', async () => (await processes.openTransactions()) === 0);
      expect(await processes.effects(id)).toBe(0);
      const next = await processes.run({});
      expect(await processes.threads(next)).not.toEqual(await processes.threads(id));
    });

    it('continues when its process receives SIGTERM, which then exits with 0', async () => {
      const untilFile = newFile();
      const id = await processes.enqueue({ untilFile });
      await processes.untilStarted(id);

      processes.program.signal('SIGTERM');
      await waitUntil('it drains', async () => (await fetch(`${processes.url}/readyz`)).status === 503);
      writeFileSync(untilFile, '');

      expect(await processes.program.ended).toBe(0);
      expect(await processes.find(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
      expect(await processes.effects(id)).toBe(1);
    });

    it('is released without losing an attempt when the timeout of the shutdown is over', async () => {
      await processes.start({ WORKER_SHUTDOWN_TIMEOUT_MS: '0' });
      const untilFile = newFile();
      const id = await processes.enqueue({ untilFile });
      await processes.untilStarted(id);

      processes.program.signal('SIGTERM');
      expect(await processes.program.ended).toBe(0);

      expect(await processes.find(id)).toMatchObject({ state: 'queued', attempts: 0, lease: null });
      expect(await processes.effects(id)).toBe(0);
      writeFileSync(untilFile, '');
      await processes.start();
      await processes.reach(id, 'succeeded');
      expect(await processes.find(id)).toMatchObject({ attempts: 1 });
      expect(await processes.effects(id)).toBe(1);
    });
  });
}
