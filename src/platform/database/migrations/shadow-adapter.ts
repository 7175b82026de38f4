import { PrismaPg } from '@prisma/adapter-pg';
import type {
  ConnectionInfo,
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  SqlQuery,
  SqlResultSet,
  Transaction,
} from '@prisma/driver-adapter-utils';
import { ColumnTypeEnum, DriverAdapterError } from '@prisma/driver-adapter-utils';
import type { FieldDef } from 'pg';
import { DatabaseError } from 'pg';
import { readDatabaseUrl } from '../../config/database-url.ts';
import { PostgresPool } from '../postgres-pool.ts';
import { connectionOptions } from './connection.ts';
import { runScript } from './run-script.ts';

/** The type "char" of PostgreSQL's catalog. */
const charOid = 18;
const textOid = 25;

/**
 * Connects Prisma's schema engine to a shadow database through @prisma/adapter-pg, whose own support is insufficient:
 * it splits scripts at every semicolon, also inside functions, it cannot read "char" columns, which the catalog has,
 * and given a URL it uses the real database as the shadow database.
 */
export class ShadowAdapter implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  private readonly connections: ShadowConnection[] = [];

  constructor(private readonly url: string) {}

  async connect(): Promise<SqlDriverAdapter> {
    const pool = new CatalogPool({ ...connectionOptions(this.url), max: 1 });
    const adapter = await new PrismaPg(pool, { schema: readDatabaseUrl(this.url).schema }).connect();
    const connection = new ShadowConnection(adapter, pool);
    this.connections.push(connection);
    return connection;
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    return await this.connect();
  }

  /** PostgreSQL's error for the script that failed. */
  get failure(): DatabaseError | undefined {
    return this.connections.find(({ failure }) => failure !== undefined)?.failure;
  }

  async close(): Promise<void> {
    for (const connection of this.connections) await connection.close();
  }
}

/** The driver adapter of one connection, with scripts run whole and "char" columns read as text. */
class ShadowConnection implements SqlDriverAdapter {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  failure: DatabaseError | undefined;

  constructor(
    private readonly adapter: SqlDriverAdapter,
    private readonly pool: CatalogPool,
  ) {}

  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    const result = await this.adapter.queryRaw(query);
    for (const column of this.pool.charColumnsOf(result.rows)) result.columnTypes[column] = ColumnTypeEnum.Character;
    return result;
  }

  async executeScript(script: string): Promise<void> {
    const client = await this.pool.connect();
    try {
      await runScript(client, script);
      client.release();
    } catch (error) {
      client.release(true);
      if (!(error instanceof DatabaseError)) throw error;
      this.failure = error;
      throw new DriverAdapterError(mapped(error));
    }
  }

  async executeRaw(query: SqlQuery): Promise<number> {
    return await this.adapter.executeRaw(query);
  }

  async startTransaction(...options: Parameters<SqlDriverAdapter['startTransaction']>): Promise<Transaction> {
    return await this.adapter.startTransaction(...options);
  }

  getConnectionInfo(): ConnectionInfo {
    return this.adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true };
  }

  async dispose(): Promise<void> {
    await this.adapter.dispose();
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** Reports "char" columns as text to the driver adapter, and stores them by the rows of the result. */
class CatalogPool extends PostgresPool {
  private readonly charColumns = new WeakMap<object, readonly number[]>();

  charColumnsOf(rows: object): readonly number[] {
    return this.charColumns.get(rows) ?? [];
  }

  /** Takes and returns what pg's overloads do; `never` is assignable to the result of each. */
  override query(...args: readonly unknown[]): never {
    const query = super.query.bind(this) as (...all: readonly unknown[]) => Promise<unknown>;
    return this.withTextFields(query(...args)) as never;
  }

  private async withTextFields(pending: Promise<unknown>): Promise<unknown> {
    const result = await pending;
    if (!isResult(result)) return result;
    const fields = result.fields.filter((field) => field.dataTypeID === charOid);
    this.charColumns.set(
      result.rows,
      fields.map((field) => result.fields.indexOf(field)),
    );
    for (const field of fields) field.dataTypeID = textOid;
    return result;
  }
}

function isResult(value: unknown): value is { fields: FieldDef[]; rows: object } {
  return typeof value === 'object' && value !== null && 'fields' in value && 'rows' in value;
}

function mapped(error: DatabaseError): ConstructorParameters<typeof DriverAdapterError>[0] {
  const { code = 'XX000', severity = 'ERROR', message, detail, column, hint } = error;
  return { kind: 'postgres', code, severity, message, detail, column, hint };
}
