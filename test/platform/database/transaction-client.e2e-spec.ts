import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { classifyDatabaseError } from '../../../src/platform/database/database-errors.ts';
import { afterCommit, runAfterTransaction } from '../../../src/platform/database/after-commit.ts';
import type { TransactionClient } from '../../../src/platform/database/transaction-client.ts';
import { currentTransactionClient, TransactionEnded } from '../../../src/platform/database/transaction-client.ts';
import { Transactions } from '../../../src/platform/database/transactions.ts';
import { startApp } from '../../harness/app/app.ts';

const pid = { name: 'test_pid', text: 'SELECT pg_backend_pid() AS pid' };
const mark = { name: 'test_mark', text: 'INSERT INTO marks VALUES ($1)' };

@Injectable()
class Marker {
  constructor(private readonly db: Transactions) {}

  @Transactional()
  async run<T>(work: (client: TransactionClient, db: Transactions) => Promise<T>): Promise<T> {
    return await work(currentTransactionClient(), this.db);
  }
}

@Module({ providers: [Marker], exports: [Marker] })
class MarkerModule {}

const { app, database } = await startApp({}, [MarkerModule]);
await database.pool.query('CREATE TABLE marks (mark text)');
const marker = app.get(Marker);

async function marks(): Promise<string[]> {
  return (await database.pool.query<{ mark: string }>('SELECT mark FROM marks ORDER BY mark')).rows.map((r) => r.mark);
}

function record(done: string[], what: string): () => Promise<void> {
  return async () => {
    await Promise.resolve();
    done.push(what);
  };
}

describe('The client of a transaction', () => {
  it('uses the connection of Prisma', async () => {
    const [own, prismas] = await marker.run(async (client, db) => [
      await client.query(pid, []),
      await db.tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`,
    ]);
    expect(own).toEqual(prismas);
  });

  it('commits and rolls back with Prisma', async () => {
    await marker.run(async (client) => await client.query(mark, ['committed']));
    const failure = new Error('on purpose');
    const failing = marker.run(async (client) => {
      await client.query(mark, ['rolled back']);
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await marks()).toEqual(['committed']);
  });

  it('refuses statements after a COMMIT and after a ROLLBACK', async () => {
    const committed = await marker.run(async (client) => await Promise.resolve({ client }));
    await expect(committed.client.query(mark, ['late'])).rejects.toThrow(TransactionEnded);

    let failed: TransactionClient | undefined;
    const failing = marker.run(async (client) => {
      failed = client;
      return await Promise.reject(new Error('on purpose'));
    });
    await expect(failing).rejects.toThrow('on purpose');
    await expect(failed?.query(mark, ['late'])).rejects.toThrow(TransactionEnded);
    expect(await marks()).toEqual(['committed']);
  });

  it('refuses statements of work that continues after the transaction', async () => {
    let late: Promise<unknown> | undefined;
    const gate = Promise.withResolvers<undefined>();
    await marker.run(async (client) => {
      late = gate.promise.then(async () => await client.query(mark, ['late']));
      await Promise.resolve();
    });
    gate.resolve(undefined);
    await expect(late).rejects.toThrow(TransactionEnded);
    expect(currentTransactionClient).toThrow(TransactionEnded);
  });
});

describe('The statement before the COMMIT', () => {
  it('commits with the transaction', async () => {
    await marker.run(async (client) => {
      client.executeBeforeCommit(mark, ['last']);
      await Promise.resolve();
    });
    expect(await marks()).toEqual(['committed', 'last']);
  });

  it('rolls back the transaction when it fails, without calling the hooks for a commit', async () => {
    let committed = false;
    const failing = marker.run(async (client) => {
      await client.query(mark, ['never']);
      afterCommit(() => (committed = true));
      client.executeBeforeCommit({ name: 'test_fails', text: 'SELECT 1 / 0' }, []);
    });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect({ committed, marks: await marks() }).toEqual({ committed: false, marks: ['committed', 'last'] });
  });

  it('has the transaction retried after a serialization failure', async () => {
    let runs = 0;
    const losing = { name: 'test_loses', text: `DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$` };
    await marker.run(async (client) => {
      runs += 1;
      if (runs < 3) client.executeBeforeCommit(losing, []);
      await Promise.resolve();
    });
    expect(runs).toBe(3);
  });
});

describe('A statement that violates a constraint', () => {
  it.each([
    ['INSERT INTO kids VALUES (2, 9)', { kind: 'reference', stillReferenced: false, columns: ['parent_id'] }],
    ['DELETE FROM parents', { kind: 'reference', stillReferenced: true }],
    [`INSERT INTO kids VALUES (2, 1, 'a')`, { kind: 'unique', columns: ['label'] }],
    ['INSERT INTO kids VALUES (2, 1, NULL, 0)', { kind: 'invalid-value' }],
  ])('is classified alike with and without Prisma: %s', async (text, failure) => {
    await database.pool.query(`
      DROP TABLE IF EXISTS kids, parents;
      CREATE TABLE parents (id int PRIMARY KEY);
      CREATE TABLE kids (id int PRIMARY KEY, parent_id int REFERENCES parents, label text UNIQUE, n int CHECK (n > 0));
      INSERT INTO parents VALUES (1);
      INSERT INTO kids VALUES (1, 1, 'a');`);
    const failures = [
      await marker.run(async (client) => await client.query({ name: '', text }, [])).catch(classifyDatabaseError),
      await marker.run(async (_, db) => await db.tx.$executeRawUnsafe(text)).catch(classifyDatabaseError),
    ];

    expect(failures).toMatchObject([failure, failure]);
  });
});

describe('Hooks of a transaction', () => {
  it('run after a COMMIT, and after a ROLLBACK only those for either end', async () => {
    const done: string[] = [];
    await marker.run(async () => {
      afterCommit(() => done.push('committed'));
      await runAfterTransaction(record(done, 'ended'));
      done.push('inside');
    });
    await expect(
      marker.run(async () => {
        afterCommit(() => done.push('never'));
        await runAfterTransaction(record(done, 'ended too'));
        throw new Error('on purpose');
      }),
    ).rejects.toThrow('on purpose');

    expect(done).toEqual(['inside', 'committed', 'ended', 'ended too']);
  });
});
