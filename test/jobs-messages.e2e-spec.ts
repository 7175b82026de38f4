import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createApp } from '../src/app.setup.ts';
import { parseConfig } from '../src/config/config.ts';
import { ClaimsRepository } from '../src/queue/claims.repository.ts';
import { Ledger } from '../src/queue/ledger.ts';
import { LedgerRepository } from '../src/queue/ledger.repository.ts';
import { Worker } from '../src/queue/worker.ts';
import { start, testEnvironment } from './support/app.ts';
import { Jobs } from './support/jobs.ts';
import { EffectJob, effectsTable, TestJobsModule } from './support/test-jobs.ts';

const { app, database } = await start({}, [TestJobsModule]);
/** A process that sends messages, and runs no jobs. */
const sender = await start({ WORKER: 'off' }, [TestJobsModule]);
const claims = app.get(ClaimsRepository);
const jobs = new Jobs(database);

/** A job whose message of this number was sent, and which no relay looks at meanwhile. */
async function sent(dispatchNo: number, change = 'attempts = 0'): Promise<string> {
  const id = randomUUID();
  await database.pool.query(
    `INSERT INTO jobs (id, type, queue, payload, state, dispatch, dispatch_no, next_dispatch_at, max_attempts, run_at)
     VALUES ($1, 'test.effect', 'default', '{"key": "x"}', 'queued', 'sent', $2, now() + interval '1 day', 5, now())`,
    [id, dispatchNo],
  );
  await database.pool.query(`UPDATE jobs SET ${change} WHERE id = $1`, [id]);
  return id;
}

const abandoned = `state = 'running', attempts = 1, lease = gen_random_uuid(), lease_until = now() - interval '1 s'`;

describe('A message', () => {
  it('is looked at later while the relay that sent it has not committed', async () => {
    expect(await claims.explain({ jobId: await sent(1), dispatchNo: 2 })).toBe('later');
  });

  it('is done with when the relay never committed and the job has ended meanwhile', async () => {
    const jobId = await sent(1);
    await app.get(LedgerRepository).cancel(jobId);

    expect(await claims.explain({ jobId, dispatchNo: 2 })).toBe('stale');
  });

  it('is done with when its job is no more', async () => {
    expect(await claims.explain({ jobId: randomUUID(), dispatchNo: 1 })).toBe('stale');
  });

  it('is done with when a newer one was sent', async () => {
    expect(await claims.explain({ jobId: await sent(3), dispatchNo: 2 })).toBe('stale');
  });

  it.each([
    [1, undefined],
    [2, 'abandoned'],
    [3, undefined],
  ])('with number %i ends no job but one whose latest message it is', async (dispatchNo, expected) => {
    const jobId = await sent(2, abandoned);

    const lost = await claims.end({ jobId, dispatchNo }, { state: 'dead', error: { name: 'A', message: 'b' } });

    expect(lost === undefined).toBe(expected === undefined);
    expect(await jobs.find(jobId)).toMatchObject({ state: expected === undefined ? 'running' : 'dead' });
  });

  it('that takes a job over says so', async () => {
    const [over, fresh] = [await sent(1, abandoned), await sent(1)];

    expect(await claims.claim({ jobId: over, dispatchNo: 1 }, randomUUID())).toMatchObject({
      attempt: 2,
      takenOver: true,
    });
    expect(await claims.claim({ jobId: fresh, dispatchNo: 1 }, randomUUID())).toMatchObject({
      attempt: 1,
      takenOver: false,
    });
  });
});

describe('A job with a lower priority number', () => {
  it('runs before jobs of its queue whose messages were sent long before', async () => {
    const ledger = sender.app.get(Ledger);
    const others = new Jobs(sender.database);
    await sender.database.pool.query(effectsTable);
    const isSent = async (id: string): Promise<boolean> => (await others.messages(id)) === 1;
    const ask = async (priority: number): Promise<string> => {
      const id = await ledger.enqueue(EffectJob, { key: `${priority}` }, { priority });
      await others.until(async () => await isSent(id));
      return id;
    };
    const waiting = [await ask(0), await ask(0), await ask(100)];
    const urgent = [await ask(-1), await ask(-100)];

    const one = { ...testEnvironment, DATABASE_URL: sender.database.url, WORKER_CONCURRENCY: '1' };
    const worker = await (await createApp(parseConfig(one), [TestJobsModule])).init();
    worker.get(Worker).begin();
    for (const id of [...waiting, ...urgent]) await others.reach(id, 'succeeded');
    await worker.close();

    const { rows } = await sender.database.pool.query<{ key: string }>('SELECT key FROM test_effects ORDER BY at');
    expect(rows.map(({ key }) => key)).toEqual(['-100', '-1', '0', '0', '100']);
  });
});
