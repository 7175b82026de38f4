import type { TransactionalAdapter } from '@nestjs-cls/transactional';
import { TransactionHost } from '@nestjs-cls/transactional';
import type { Prisma } from './generated/client.ts';
import { withAfterCommitHooks } from './after-commit.ts';
import { Database } from './database.ts';
import { classifyDatabaseError } from './database-errors.ts';
import { withTransactionClient } from './transaction-client.ts';

/** How often a transaction is run when it conflicts with others, the first run included. */
const maxAttempts = 3;

type TransactionOptions = Parameters<Database['$transaction']>[1];

/** Propagates Prisma's interactive transactions through AsyncLocalStorage, for nestjs-cls. */
export class PrismaTransactionAdapter implements TransactionalAdapter<
  Database,
  Prisma.TransactionClient,
  TransactionOptions
> {
  readonly connectionToken = Database;

  readonly optionsFactory = (database: Database): ReturnType<PrismaTransactionAdapter['build']> => this.build(database);

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
        const runOnce = async (): Promise<unknown> =>
          await withTransactionClient(
            async () =>
              await database.$transaction(async (transaction) => {
                enter(transaction);
                return await work();
              }, options),
          );
        return await retryOnConflict(async () => await withAfterCommitHooks(runOnce));
      },
      getFallbackInstance: () => database,
    };
  }
}

/** Injected into repositories as `db`: `db.tx` is the current transaction, or else the pool. */
export class Transactions extends TransactionHost<PrismaTransactionAdapter> {}

async function retryOnConflict<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === maxAttempts || classifyDatabaseError(error)?.kind !== 'conflict') throw error;
    }
  }
}
