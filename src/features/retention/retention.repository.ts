import { Injectable } from '@nestjs/common';
import { Transactions } from '../../platform/database/transactions.ts';
import type { RetentionChildren, RetentionTable } from '../../platform/feature/feature.ts';

/**
 * Deletes expired rows, at most `limit` in one statement, and returns how many. Rows that another transaction has
 * locked are left for the next cleanup. The SQL comes from the declarations of features, never from input.
 */
@Injectable()
export class RetentionRepository {
  constructor(private readonly db: Transactions) {}

  async deleteRows(rule: RetentionTable, limit: number): Promise<number> {
    const { table, key = ['id'] } = rule;
    const columns = key.join(', ');
    return await this.execute(
      `DELETE FROM ${table} WHERE (${columns}) IN (${expiredRows(rule, columns)} FOR UPDATE SKIP LOCKED)`,
      limit,
    );
  }

  /** Deletes children of the first `limit` expired rows, in the order in which `deleteRows` deletes them. */
  async deleteChildren(rule: RetentionTable, children: RetentionChildren, limit: number): Promise<number> {
    const { table, foreignKey, key = ['id'] } = children;
    const columns = key.map((column) => `c.${column}`).join(', ');
    return await this.execute(
      `DELETE FROM ${table} WHERE (${key.join(', ')}) IN (
        SELECT ${columns} FROM (${expiredRows(rule, 'id')}) p JOIN ${table} c ON c.${foreignKey} = p.id
        LIMIT $1 FOR UPDATE OF c SKIP LOCKED
      )`,
      limit,
    );
  }

  /** Runs a declared statement. */
  async execute(statement: string, limit: number): Promise<number> {
    return await this.db.tx.$executeRawUnsafe(statement, limit);
  }
}

function expiredRows({ table, expired, orderBy }: RetentionTable, columns: string): string {
  const order = orderBy === undefined ? '' : `ORDER BY ${orderBy}`;
  return `SELECT ${columns} FROM ${table} WHERE ${expired} ${order} LIMIT $1`;
}
