import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { databaseFailure } from '../src/database/database-errors.ts';
import { afterCommit, outsideTransaction } from '../src/database/after-commit.ts';
import type { TransactionConnection } from '../src/database/transaction-connection.ts';
import { transactionConnection, TransactionEnded } from '../src/database/transaction-connection.ts';
import { Transactions } from '../src/database/transactions.ts';
import { start } from './support/app.ts';

const pid = { name: 'test_pid', text: 'SELECT pg_backend_pid() AS pid' };
const mark = { name: 'test_mark', text: 'INSERT INTO marks VALUES ($1)' };

@Injectable()
class Marker {
  constructor(private readonly host: Transactions) {}

  @Transactional()
  async run<T>(work: (connection: TransactionConnection, host: Transactions) => Promise<T>): Promise<T> {
    return await work(transactionConnection(), this.host);
  }
}

@Module({ providers: [Marker], exports: [Marker] })
class MarkerModule {}

const { app, database } = await start({}, [MarkerModule]);
await database.pool.query('CREATE TABLE marks (mark text)');
const marker = app.get(Marker);

async function marks(): Promise<string[]> {
  return (await database.pool.query<{ mark: string }>('SELECT mark FROM marks ORDER BY mark')).rows.map((r) => r.mark);
}

function note(done: string[], what: string): () => Promise<void> {
  return async () => {
    await Promise.resolve();
    done.push(what);
  };
}

describe('The connection of a transaction', () => {
  it('is the one that Prisma has', async () => {
    const [own, prismas] = await marker.run(async (connection, host) => [
      await connection.query(pid, []),
      await host.tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`,
    ]);
    expect(own).toEqual(prismas);
  });

  it('commits and rolls back with it', async () => {
    await marker.run(async (connection) => await connection.query(mark, ['committed']));
    const failure = new Error('on purpose');
    const failing = marker.run(async (connection) => {
      await connection.query(mark, ['rolled back']);
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await marks()).toEqual(['committed']);
  });

  it('takes no statement once the transaction has ended, however it did', async () => {
    const committed = await marker.run(async (connection) => await Promise.resolve({ connection }));
    await expect(committed.connection.query(mark, ['late'])).rejects.toThrow(TransactionEnded);

    let kept: TransactionConnection | undefined;
    const failing = marker.run(async (connection) => {
      kept = connection;
      return await Promise.reject(new Error('on purpose'));
    });
    await expect(failing).rejects.toThrow('on purpose');
    await expect(kept?.query(mark, ['late'])).rejects.toThrow(TransactionEnded);
    expect(await marks()).toEqual(['committed']);
  });

  it('takes none from work that goes on behind the end', async () => {
    let late: Promise<unknown> | undefined;
    const gate = Promise.withResolvers<undefined>();
    await marker.run(async (connection) => {
      late = gate.promise.then(async () => await connection.query(mark, ['late']));
      await Promise.resolve();
    });
    gate.resolve(undefined);
    await expect(late).rejects.toThrow(TransactionEnded);
    expect(transactionConnection).toThrow(TransactionEnded);
  });
});

describe('The last statement of a transaction', () => {
  it('commits with it', async () => {
    await marker.run(async (connection) => {
      connection.last(mark, ['last']);
      await Promise.resolve();
    });
    expect(await marks()).toEqual(['committed', 'last']);
  });

  it('fails the transaction when it fails, and what waited for its COMMIT is not done', async () => {
    let committed = false;
    const failing = marker.run(async (connection) => {
      await connection.query(mark, ['never']);
      afterCommit(() => (committed = true));
      connection.last({ name: 'test_fails', text: 'SELECT 1 / 0' }, []);
    });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect({ committed, marks: await marks() }).toEqual({ committed: false, marks: ['committed', 'last'] });
  });

  it('has the transaction run again when it lost against another one', async () => {
    let runs = 0;
    const losing = { name: 'test_loses', text: `DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$` };
    await marker.run(async (connection) => {
      runs += 1;
      if (runs < 3) connection.last(losing, []);
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
    ['INSERT INTO kids VALUES (2, 1, NULL, 0)', { kind: 'unstorable' }],
  ])('is understood through Prisma as well as past it: %s', async (text, failure) => {
    await database.pool.query(`
      DROP TABLE IF EXISTS kids, parents;
      CREATE TABLE parents (id int PRIMARY KEY);
      CREATE TABLE kids (id int PRIMARY KEY, parent_id int REFERENCES parents, label text UNIQUE, n int CHECK (n > 0));
      INSERT INTO parents VALUES (1);
      INSERT INTO kids VALUES (1, 1, 'a');`);
    const failures = [
      await marker.run(async (connection) => await connection.query({ name: '', text }, [])).catch(databaseFailure),
      await marker.run(async (_, host) => await host.tx.$executeRawUnsafe(text)).catch(databaseFailure),
    ];

    expect(failures).toMatchObject([failure, failure]);
  });
});

describe('What waits for the end of a transaction', () => {
  it('is done behind its COMMIT, and not at all behind a ROLLBACK where it must not', async () => {
    const done: string[] = [];
    await marker.run(async () => {
      afterCommit(() => done.push('committed'));
      await outsideTransaction(note(done, 'ended'));
      done.push('inside');
    });
    await expect(
      marker.run(async () => {
        afterCommit(() => done.push('never'));
        await outsideTransaction(note(done, 'ended too'));
        throw new Error('on purpose');
      }),
    ).rejects.toThrow('on purpose');

    expect(done).toEqual(['inside', 'committed', 'ended', 'ended too']);
  });
});
