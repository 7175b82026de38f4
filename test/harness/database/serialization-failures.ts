import type { TestDatabase } from './database.ts';

/** Makes every write of this database fail with a serialization error until it is switched off. */
export class SerializationFailures {
  private constructor(private readonly database: TestDatabase) {}

  static async prepare(database: TestDatabase): Promise<SerializationFailures> {
    await database.pool.query(`
      CREATE TABLE lost_races (id int);
      CREATE FUNCTION lose_race() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM lost_races) THEN
          RAISE EXCEPTION 'could not serialize access due to concurrent update' USING ERRCODE = '40001';
        END IF;
        RETURN NULL;
      END $$`);
    // Statements name a partitioned table; the service may drop its partitions in the meantime.
    const { rows } = await database.pool.query<{ table: string }>(`
      SELECT oid::regclass::text AS table FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname NOT IN ('lost_races', '_prisma_migrations')`);
    // Each in a transaction of its own, which locks one table: the service runs, and locks tables in other orders.
    for (const { table } of rows)
      await database.pool.query(`
        CREATE TRIGGER a_lost_race BEFORE INSERT OR UPDATE OR DELETE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION lose_race()`);
    return new SerializationFailures(database);
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    await this.database.pool.query('INSERT INTO lost_races VALUES (1)');
    try {
      return await work();
    } finally {
      await this.database.pool.query('DELETE FROM lost_races');
    }
  }
}
