import { describe, expect, it } from '@jest/globals';
import { TransactionHost } from '@nestjs-cls/transactional';
import { Ledger } from '../src/queue/ledger.ts';
import { LedgerRepository } from '../src/queue/ledger.repository.ts';
import { queueSchema } from '../src/queue/migrate-queue.ts';
import { PayloadInvalid, UnknownJobType } from '../src/queue/queue-errors.ts';
import { start } from './support/app.ts';
import { Jobs } from './support/jobs.ts';
import { effectsTable, EffectJob, HangJob, TestJobsModule } from './support/test-jobs.ts';

const { app, database } = await start({}, [TestJobsModule]);
await database.pool.query(effectsTable);
const ledger = app.get(Ledger);
const transactions = app.get(TransactionHost);
const jobs = new Jobs(database);

describe('J1: a job', () => {
  it('exists when its transaction commits, and runs then', async () => {
    let seenInside: unknown;
    const id = await transactions.withTransaction(async () => {
      const made = await ledger.enqueue(EffectJob, { key: 'committed' });
      seenInside = await jobs.find(made);
      return made;
    });

    expect(seenInside).toBeUndefined();
    await jobs.reach(id, 'succeeded');
    expect(await jobs.effects(id)).toBe(1);
  });

  it('does not exist when its transaction rolls back', async () => {
    let id = '';
    const rolledBack = transactions.withTransaction(async () => {
      id = await ledger.enqueue(EffectJob, { key: 'rolled back' });
      throw new Error('changed my mind');
    });

    await expect(rolledBack).rejects.toThrow('changed my mind');
    expect(await jobs.find(id)).toBeUndefined();
    expect(await jobs.messages(id)).toBe(0);
  });

  it('leaves no message behind when it has ended', async () => {
    const id = await ledger.enqueue(EffectJob, { key: 'tidy' });
    await jobs.reach(id, 'succeeded');

    await jobs.until(async () => (await jobs.messages(id)) === 0);
  });
});

describe('J2: an effect', () => {
  it('happens once although attempts before it failed', async () => {
    const id = await ledger.enqueue(EffectJob, { key: 'third time', failures: 2 });
    await jobs.hurry(id, 'succeeded');

    expect(await jobs.find(id)).toMatchObject({ attempts: 3, result: { attempt: 3 }, error: null });
    expect(await jobs.effects(id)).toBe(1);
  });

  it('does not happen for a worker that has lost its lease', async () => {
    const id = await ledger.enqueue(EffectJob, { key: 'robbed', takesMs: 400 });
    await jobs.reach(id, 'running');
    await database.pool.query(
      `UPDATE jobs SET lease = gen_random_uuid(), lease_until = now() + interval '1 s' WHERE id = $1`,
      [id],
    );

    await jobs.until(async () => (await jobs.find(id))?.['attempts'] === 2);
    await jobs.reach(id, 'succeeded');
    expect(await jobs.effects(id)).toBe(1);
  });
});

describe('J5: a worker that slept past its lease', () => {
  it('does not bring back what was cancelled meanwhile', async () => {
    const id = await ledger.enqueue(EffectJob, { key: 'slept', takesMs: 2500 });
    await jobs.reach(id, 'running');
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
    await database.pool.query(
      `UPDATE jobs SET lease_until = now() - interval '1 s', next_dispatch_at = now() WHERE id = $1`,
      [id],
    );
    await jobs.reach(id, 'queued');
    await app.get(LedgerRepository).cancel(id);
    await database.pool.query(`DELETE FROM paused_queues`);
    // Behind it in the queue: when this is done, the sleeper has long ended.
    const next = await ledger.enqueue(EffectJob, { key: 'after the sleeper', takesMs: 4000 });
    await jobs.reach(next, 'succeeded');

    expect(await jobs.find(id)).toMatchObject({ state: 'cancelled', result: null, lease: null });
    expect(await jobs.effects(id)).toBe(0);
    const { rows } = await database.pool.query(
      `SELECT data ->> 'state' AS state FROM job_events WHERE job_id = $1 AND kind <> 'progress' ORDER BY seq`,
      [id],
    );
    expect(rows.map(({ state }: { state: string }) => state)).toEqual(['queued', 'running', 'queued', 'cancelled']);
  });
});

describe('J3: the relay', () => {
  it('sends within a second what nobody was nudged for', async () => {
    const id = await jobs.insertUnnoticed('test.effect', { key: 'unnoticed' });

    await jobs.reach(id, 'succeeded', 5000);
  });

  it('sends a new message when the queue has forgotten everything', async () => {
    const before = await ledger.enqueue(EffectJob, { key: 'first' });
    await jobs.reach(before, 'succeeded');
    const ids = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => await ledger.enqueue(EffectJob, { key: `f${at}`, takesMs: 50 })),
    );
    await database.pool.query(`TRUNCATE ${queueSchema(database.ownUrl)}.job CASCADE`);

    for (const id of ids) await jobs.reach(id, 'succeeded', 30_000);
    for (const id of ids) expect(await jobs.effects(id)).toBe(1);
  });

  it('keeps at most 1,000 messages outstanding', async () => {
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
    for (let at = 0; at < 1500; at += 1) await jobs.insertUnnoticed('test.effect', { key: `many${at}` });
    await database.pool.query(`DELETE FROM paused_queues`);
    let most = 0;

    await jobs.until(async () => {
      const { rows } = await database.pool.query<{ sent: number; left: number }>(
        `SELECT count(*) FILTER (WHERE dispatch = 'sent')::int AS sent, count(*) FILTER (WHERE finished_at IS NULL)::int AS left FROM jobs`,
      );
      most = Math.max(most, rows[0]?.sent ?? 0);
      return rows[0]?.left === 0;
    });

    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(1000);
  }, 90_000);
});

describe('J7: a message of a type that this build does not know', () => {
  it('is left to a newer build without spending an attempt', async () => {
    const id = await jobs.insertUnnoticed('test.from-the-future', {});
    await jobs.until(async () => (await jobs.find(id))?.['dispatch'] === 'parked');

    expect(await jobs.find(id)).toMatchObject({ state: 'queued', attempts: 0 });
    const { rows } = await database.pool.query<{ rest: number }>(
      `SELECT extract(epoch FROM next_dispatch_at - now())::float8 AS rest FROM jobs WHERE id = $1`,
      [id],
    );
    expect(rows[0]?.rest).toBeGreaterThan(3);
    await jobs.until(async () => (await jobs.messages(id)) === 0);
  });

  it("stands in nobody else's way, however many there are", async () => {
    await database.pool.query(
      `INSERT INTO jobs (id, type, queue, payload, state, dispatch, next_dispatch_at, max_attempts, run_at)
       SELECT gen_random_uuid(), 'test.from-the-future', 'default', '{}', 'queued', 'ready', now(), 5, now()
       FROM generate_series(1, 2500)`,
    );
    const id = await ledger.enqueue(EffectJob, { key: 'behind the future' });

    await jobs.reach(id, 'succeeded', 30_000);
    await database.pool.query(`DELETE FROM jobs WHERE type = 'test.from-the-future'`);
  });

  it('is cancelled like any other', async () => {
    const id = await jobs.insertUnnoticed('test.from-the-future', {});
    await app.get(LedgerRepository).cancel(id);

    expect(await jobs.find(id)).toMatchObject({ state: 'cancelled' });
    await jobs.until(async () => (await jobs.messages(id)) === 0);
  });
});

describe('J11: a payload', () => {
  it('is refused when it is not what its type describes', async () => {
    await expect(ledger.enqueueByType('test.effect', { key: 7, extra: 1 })).rejects.toThrow(PayloadInvalid);
    await expect(ledger.enqueueByType('test.nothing', {})).rejects.toThrow(UnknownJobType);
  });

  it('is checked again when it is run, and is not tried twice', async () => {
    const id = await jobs.insertUnnoticed('test.effect', { key: 'x', takesMs: 'long' });
    await jobs.reach(id, 'dead');

    expect(await jobs.find(id)).toMatchObject({ attempts: 1, error: { message: expect.stringContaining('takesMs') } });
  });
});

describe('a handler', () => {
  it('that throws a value that is no error fails its attempt with words', async () => {
    const id = await ledger.enqueue(EffectJob, { key: 'text', fault: 'throw-text' });
    await jobs.hurry(id, 'dead');

    expect(await jobs.find(id)).toMatchObject({
      attempts: 5,
      error: { name: 'Error', message: 'The handler threw just text.' },
    });
    expect(await jobs.effects(id)).toBe(0);
  });

  it('that the database refuses is told of in words that name nothing of it', async () => {
    const id = await ledger.enqueue(EffectJob, { key: 'sql', fault: 'sql' });
    await jobs.hurry(id, 'dead');

    const error = { name: 'DatabaseError', message: 'The database refused a statement of the job. The log says why.' };
    expect(await jobs.find(id)).toMatchObject({ error });
    const { rows } = await database.pool.query(`SELECT data FROM job_events WHERE job_id = $1 AND kind = 'done'`, [id]);
    expect(rows).toMatchObject([{ data: { state: 'dead', error } }]);
  });

  it('that never ends is given up in time, and says so', async () => {
    const id = await ledger.enqueue(HangJob, { key: 'hang' });
    await jobs.hurry(id, 'dead');

    expect(await jobs.find(id)).toMatchObject({
      attempts: 2,
      error: { name: 'TimedOut', message: 'The attempt took more than the 1 s it may take.' },
    });
  });

  it('that is cancelled stops, and has no effect', async () => {
    const id = await ledger.enqueue(EffectJob, { key: 'cancel me', takesMs: 30_000 });
    await jobs.reach(id, 'running');
    await database.pool.query('UPDATE jobs SET cancel_asked_at = now() WHERE id = $1', [id]);
    await jobs.reach(id, 'cancelled', 15_000);

    expect(await jobs.effects(id)).toBe(0);
  });
});

describe('the events of a job', () => {
  it('tell its life in order, without a gap', async () => {
    const id = await ledger.enqueue(EffectJob, { key: 'events', takesMs: 700, failures: 1 });
    await jobs.hurry(id, 'succeeded');

    const { rows } = await database.pool.query<{ seq: number; kind: string; state: string | null }>(
      `SELECT seq, kind, data ->> 'state' AS state FROM job_events WHERE job_id = $1 ORDER BY seq`,
      [id],
    );
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, at) => at + 1));
    expect(rows.filter(({ kind }) => kind !== 'progress').map(({ state }) => state)).toEqual([
      'queued',
      'running',
      'queued',
      'running',
      'succeeded',
    ]);
    expect(rows.at(-1)?.kind).toBe('done');
    expect(rows.some(({ kind }) => kind === 'progress')).toBe(true);
  });
});
