import { Injectable } from '@nestjs/common';
import { Encryptor } from '../crypto/encryptor.ts';
import type { EncryptedColumn } from '../feature/feature.ts';
import { FeatureRegistry } from '../feature/feature-registry.ts';
import { Database } from './database.ts';

const batchSize = 500;

/** The encrypted values of a column, by what decrypts them. */
export interface EncryptionState {
  readonly table: string;
  /** Encrypted with APP_SECRET. */
  current: number;
  /** Encrypted with one of APP_SECRET_PREVIOUS. */
  previous: number;
  /** Encrypted with another secret, or damaged. */
  unreadable: number;
}

interface EncryptedRow {
  readonly id: string;
  readonly encrypted: Uint8Array<ArrayBuffer>;
}

/** What the database stores encrypted under APP_SECRET, as features declare it: counted, and encrypted again. */
@Injectable()
export class EncryptedColumns {
  constructor(
    private readonly database: Database,
    private readonly encryptor: Encryptor,
    private readonly features: FeatureRegistry,
  ) {}

  /** Counts the values of each column. */
  async count(): Promise<EncryptionState[]> {
    return await this.each();
  }

  /**
   * Encrypts what a previous secret decrypts with the current one, in batches of one statement per row, beside the
   * running service: a value that changes meanwhile keeps the change. Returns what it found before. A repetition
   * continues after an interruption.
   * @param progress is called after each batch with the table and the number of its rows so far
   */
  async reencrypt(progress: (table: string, rows: number) => void): Promise<EncryptionState[]> {
    return await this.each(async ({ table, column, key, keyType }, { id, encrypted }) => {
      const next = this.encryptor.encrypt(this.encryptor.decrypt(encrypted, id), id);
      await this.database.$executeRawUnsafe(
        `UPDATE ${table} SET ${column} = $1 WHERE ${key} = $2::${keyType} AND ${column} = $3`,
        ...[next, id, encrypted],
      );
    }, progress);
  }

  private async each(
    onPrevious?: (column: EncryptedColumn, row: EncryptedRow) => Promise<void>,
    progress?: (table: string, rows: number) => void,
  ): Promise<EncryptionState[]> {
    const states: EncryptionState[] = [];
    for (const column of this.features.encryptedColumns) {
      const state = { table: column.table, current: 0, previous: 0, unreadable: 0 };
      states.push(state);
      let rows = 0;
      for await (const batch of this.batchesOf(column)) {
        for (const row of batch) {
          const found = this.stateOf(row);
          state[found] += 1;
          if (found === 'previous') await onPrevious?.(column, row);
        }
        progress?.(column.table, (rows += batch.length));
      }
    }
    return states;
  }

  private stateOf({ id, encrypted }: EncryptedRow): 'current' | 'previous' | 'unreadable' {
    if (this.encryptor.isCurrent(encrypted, id)) return 'current';
    try {
      this.encryptor.decrypt(encrypted, id);
      return 'previous';
    } catch {
      return 'unreadable';
    }
  }

  /** A retired signing key has an empty value. */
  private async *batchesOf({ table, column, key, keyType }: EncryptedColumn): AsyncGenerator<EncryptedRow[]> {
    let after: string | undefined;
    for (;;) {
      const rows = await this.database.$queryRawUnsafe<EncryptedRow[]>(
        `SELECT ${key}::text AS id, ${column} AS encrypted FROM ${table}
         WHERE ${column} <> ''${after === undefined ? '' : ` AND ${key} > $1::${keyType}`}
         ORDER BY ${key} LIMIT ${batchSize}`,
        ...(after === undefined ? [] : [after]),
      );
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < batchSize) return;
      after = last.id;
    }
  }
}
