import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory, SqlQuery } from '@prisma/driver-adapter-utils';
import { ColumnTypeEnum, DriverAdapterError } from '@prisma/driver-adapter-utils';
import type { FieldDef } from 'pg';
import { DatabaseError } from 'pg';
import { readDatabaseUrl } from '../../config/database-url.ts';
import { PostgresPool } from '../postgres-pool.ts';
import { connectionOptions } from './connection.ts';
import { runScript } from './run-script.ts';

/** The "char" type of PostgreSQL's catalogue. */
const charOid = 18;
const textOid = 25;

/**
 * The driver adapter of @prisma/adapter-pg, mended for migrations where it would fail: it splits scripts at every
 * semicolon (also inside functions), it can't read "char" columns (so that no schema could be described), and its shadow
 * database is the real one when the connection is given as a URL.
 */
export class MigrationAdapter implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  private failure: DatabaseError | undefined;
  private readonly pools: PostgresPool[] = [];
  private readonly url: string;
  private readonly shadowUrl: string | undefined;

  constructor(url: string, shadowUrl?: string) {
    this.url = url;
    this.shadowUrl = shadowUrl;
  }

  async connect(): Promise<SqlDriverAdapter> {
    return await this.open(this.url, true);
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    if (this.shadowUrl === undefined) throw new Error('This command has no shadow database');
    return await this.open(this.shadowUrl, false);
  }

  /** What PostgreSQL said about the script that failed since the last call. */
  takeFailure(): DatabaseError | undefined {
    const failure = this.failure;
    this.failure = undefined;
    return failure;
  }

  /** Closes every connection, and with them ends the engine's own advisory lock. */
  async close(): Promise<void> {
    for (const pool of this.pools) await pool.end();
  }

  private async open(url: string, remembered: boolean): Promise<SqlDriverAdapter> {
    // One connection: the engine takes session locks.
    const pool = new PostgresPool({ ...connectionOptions(url), max: 1 });
    this.pools.push(pool);
    const charColumns = readCharAsText(pool);
    const adapter = await new PrismaPg(pool, { schema: readDatabaseUrl(url).schema }).connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      executeScript: async (script: string) => {
        await this.run(pool, script, remembered);
      },
      queryRaw: async (query: SqlQuery) => {
        const result = await queryRaw(query);
        for (const column of charColumns.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character;
        return result;
      },
    });
  }

  private async run(pool: PostgresPool, sql: string, remembered: boolean): Promise<void> {
    const client = await pool.connect();
    try {
      await runScript(client, sql, remembered);
      client.release();
    } catch (error) {
      // Whatever the script left in the session goes with it.
      client.release(true);
      if (!(error instanceof DatabaseError)) throw error;
      this.failure = error;
      throw new DriverAdapterError(mapped(error));
    }
  }
}

/** Reports "char" columns as text to the adapter, and remembers which they were by the rows of the result. */
function readCharAsText(pool: PostgresPool): WeakMap<object, readonly number[]> {
  const charColumns = new WeakMap<object, readonly number[]>();
  const query: (...args: never[]) => unknown = pool.query.bind(pool);
  const patched = async (...args: never[]): Promise<unknown> => {
    const result = await query(...args);
    if (!isResult(result)) return result;
    const fields = result.fields.filter((field) => field.dataTypeID === charOid);
    charColumns.set(
      result.rows,
      fields.map((field) => result.fields.indexOf(field)),
    );
    for (const field of fields) field.dataTypeID = textOid;
    return result;
  };
  Object.assign(pool, { query: patched });
  return charColumns;
}

function isResult(value: unknown): value is { fields: FieldDef[]; rows: object } {
  return typeof value === 'object' && value !== null && 'fields' in value && 'rows' in value;
}

function mapped(error: DatabaseError): ConstructorParameters<typeof DriverAdapterError>[0] {
  const { code = 'XX000', severity = 'ERROR', message, detail, column, hint } = error;
  return { kind: 'postgres', code, severity, message, detail, column, hint };
}
