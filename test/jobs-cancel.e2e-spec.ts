import { afterEach, describe, expect, it } from '@jest/globals';
import { Attempts } from '../src/queue/attempts.ts';
import { Ledger } from '../src/queue/ledger.ts';
import { LedgerRepository } from '../src/queue/ledger.repository.ts';
import { start } from './support/app.ts';
import { Jobs } from './support/jobs.ts';
import { EffectJob, effectsTable, TestJobsModule } from './support/test-jobs.ts';

const { app, database } = await start({}, [TestJobsModule]);
await database.pool.query(effectsTable);
const ledger = app.get(Ledger);
const jobs = new Jobs(database);

/** A job that runs and has been asked to stop; its worker hears of that with the next heartbeat, up to 3 s later. */
async function askedToStop(payload: object): Promise<string> {
  const id = await ledger.enqueue(EffectJob, { key: 'cancel me', ...payload });
  await jobs.reach(id, 'running');
  expect(await app.get(LedgerRepository).cancel(id)).toBe('running');
  return id;
}

async function history(id: string): Promise<unknown[]> {
  const { rows } = await database.pool.query<{ kind: string; state: string }>(
    `SELECT kind, data ->> 'state' AS state FROM job_events WHERE job_id = $1 AND kind <> 'progress' ORDER BY seq`,
    [id],
  );
  return rows.map(({ kind, state }) => `${kind} ${state}`);
}

const cancelled = { state: 'cancelled', dispatch: 'done', lease: null, next_dispatch_at: null, result: null };

afterEach(async () => {
  await database.pool.query('DELETE FROM paused_queues');
});

describe('A cancellation that was accepted holds', () => {
  it('when the attempt fails before its worker hears of it', async () => {
    const id = await askedToStop({ takesMs: 600, failures: 5 });

    await jobs.reach(id, 'cancelled');

    expect(await jobs.find(id)).toMatchObject({
      ...cancelled,
      attempts: 1,
      error: null,
      finished_at: expect.any(Date),
    });
    expect(await history(id)).toEqual(['state queued', 'state running', 'done cancelled']);
  });

  it('when the attempt is given back because its process ends', async () => {
    const id = await askedToStop({ takesMs: 15_000 });
    app.get(Attempts).stopAll();

    await jobs.reach(id, 'cancelled', 2500);

    expect(await jobs.find(id)).toMatchObject({ ...cancelled, attempts: 1, finished_at: expect.any(Date) });
    expect(await history(id)).toEqual(['state queued', 'state running', 'done cancelled']);
  });

  it('when the worker has died and the relay gives the job to another', async () => {
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
    const id = await jobs.insertUnnoticed('test.effect', { key: 'orphan' });
    await database.pool.query(
      `UPDATE jobs SET state = 'running', dispatch = 'sent', dispatch_no = 1, attempts = 1, lease = gen_random_uuid(),
         lease_until = now() - interval '1 s', cancel_asked_at = now() WHERE id = $1`,
      [id],
    );

    await jobs.reach(id, 'cancelled');

    expect(await jobs.find(id)).toMatchObject({ ...cancelled, attempts: 1, finished_at: expect.any(Date) });
    expect(await history(id)).toEqual(['done cancelled']);
    expect(await jobs.effects(id)).toBe(0);
  });

  it('no longer than until somebody wants the job again', async () => {
    const id = await askedToStop({ takesMs: 600, failures: 1 });
    await jobs.reach(id, 'cancelled');

    expect(await app.get(LedgerRepository).retry(id)).toBe(true);
    await jobs.hurry(id, 'succeeded');

    expect(await jobs.effects(id)).toBe(1);
  });
});
