import type { TransactionalAdapter } from '@nestjs-cls/transactional';
import { TransactionHost } from '@nestjs-cls/transactional';
import type { Prisma } from './generated/client.ts';
import { collectAfterCommit } from './after-commit.ts';
import { Database } from './database.ts';
import { databaseFailure } from './database-errors.ts';
import { withTransactionConnection } from './transaction-connection.ts';

/** A transaction that lost against others is run again this many times in all. */
const attempts = 3;

type TransactionOptions = Parameters<Database['$transaction']>[1];

/** What nestjs-cls needs to carry Prisma's interactive transactions by AsyncLocalStorage. */
export class TransactionCarrier implements TransactionalAdapter<
  Database,
  Prisma.TransactionClient,
  TransactionOptions
> {
  readonly connectionToken = Database;

  readonly optionsFactory = (database: Database): ReturnType<TransactionCarrier['build']> => this.build(database);

  private build(database: Database): {
    wrapWithTransaction: (
      options: TransactionOptions,
      work: () => Promise<unknown>,
      enter: (transaction?: Prisma.TransactionClient) => void,
    ) => Promise<unknown>;
    getFallbackInstance: () => Prisma.TransactionClient;
  } {
    return {
      wrapWithTransaction: async (options, work, enter) => {
        const once = async (): Promise<unknown> =>
          await withTransactionConnection(
            async () =>
              await database.$transaction(async (transaction) => {
                enter(transaction);
                return await work();
              }, options),
          );
        return await repeatOnConflict(async () => await collectAfterCommit(once));
      },
      getFallbackInstance: () => database,
    };
  }
}

/** The way repositories reach the database: `host.tx` is the transaction that is open here, or else the pool. */
export class Transactions extends TransactionHost<TransactionCarrier> {}

async function repeatOnConflict<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === attempts || databaseFailure(error)?.kind !== 'conflict') throw error;
    }
  }
}
