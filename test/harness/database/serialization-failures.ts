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
      END $$;
      DO $$
      DECLARE name text;
      BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT IN ('lost_races', '_prisma_migrations')
        LOOP
          EXECUTE format('CREATE TRIGGER a_lost_race BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION lose_race()', name);
        END LOOP;
      END $$;`);
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
