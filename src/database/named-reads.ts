import { Injectable } from '@nestjs/common';
import { Database } from './database.ts';
import type { Prisma } from './generated/client.ts';
import { StatementNames } from './statement-names.ts';
import type { NamedStatement } from './transaction-connection.ts';
import { transactionConnection } from './transaction-connection.ts';
import { Transactions } from './transactions.ts';

/**
 * The few reads that every other request waits for, past Prisma: its client costs more than PostgreSQL's answer. They
 * take part in the transaction that is open here, or else run on the pool. Rows come as node-postgres reads them: dates
 * as Date, bigint as text.
 */
@Injectable()
export class NamedReads {
  private readonly names = new StatementNames('r');

  constructor(
    private readonly host: Transactions,
    private readonly database: Database,
  ) {}

  /** @throws whatever node-postgres does; database-errors.ts knows what it means */
  async query<Row>(statement: NamedStatement, values: readonly unknown[]): Promise<Row[]> {
    if (this.host.isTransactionActive()) return (await transactionConnection().query(statement, values)) as Row[];
    return (await this.database.read(statement, values)) as Row[];
  }

  /**
   * The same for a statement that is put together from parts; it is named for its text, unless which index it needs
   * depends on the values: one without a name is planned for those each time.
   */
  async queryComposed<Row>({ text, values }: Prisma.Sql, planned: 'once' | 'each time' = 'once'): Promise<Row[]> {
    return await this.query({ name: planned === 'once' ? this.names.of(text) : '', text }, values);
  }
}
