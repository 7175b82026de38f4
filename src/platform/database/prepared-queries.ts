import { Injectable } from '@nestjs/common';
import { Database } from './database.ts';
import type { Prisma } from './generated/client.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import { StatementNames } from './prepared-statement.ts';
import { currentTransactionClient } from './transaction-client.ts';
import { Transactions } from './transactions.ts';

/**
 * Frequent queries without Prisma, whose client costs more time than PostgreSQL takes to respond. They join the current
 * transaction, or else run on the main pool. Rows are as node-postgres parses them: dates as Date, bigint as text.
 */
@Injectable()
export class PreparedQueries {
  private readonly names = new StatementNames('r');

  constructor(
    private readonly db: Transactions,
    private readonly database: Database,
  ) {}

  /** @throws errors of node-postgres; database-errors.ts classifies them */
  async query<Row>(statement: PreparedStatement, values: readonly unknown[]): Promise<Row[]> {
    if (this.db.isTransactionActive()) return (await currentTransactionClient().query(statement, values)) as Row[];
    return (await this.database.read(statement, values)) as Row[];
  }

  /**
   * Runs a statement that is composed of parts, named by its text. With `each time` it has no name, and PostgreSQL
   * plans it for the values of each execution: for statements whose best index depends on the values.
   */
  async queryDynamic<Row>({ text, values }: Prisma.Sql, planned: 'once' | 'each time' = 'once'): Promise<Row[]> {
    return await this.query({ name: planned === 'once' ? this.names.of(text) : '', text }, values);
  }
}
