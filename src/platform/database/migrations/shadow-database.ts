import { randomBytes } from 'node:crypto';
import { readDatabaseUrl } from '../../config/database-url.ts';
import { StartupError } from '../../config/startup-error.ts';
import { withConnection, withDatabase } from './connection.ts';
import { hasCode, insufficientPrivilege } from './postgres-errors.ts';
import { openSchema } from './target-schema.ts';

/**
 * Creates an empty database on the server of `url`, and drops it after the work.
 * @throws StartupError when the role may not create databases
 */
export async function withShadowDatabase<T>(url: string, work: (shadowUrl: string) => Promise<T>): Promise<T> {
  return await withConnection(url, async (client) => {
    const name = `plinth_shadow_${randomBytes(6).toString('hex')}`;
    try {
      await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    } catch (cause) {
      if (!hasCode(cause, insufficientPrivilege)) throw cause;
      throw new StartupError('Comparing needs a database user that may create databases (CREATEDB).', { cause });
    }
    try {
      const shadowUrl = withDatabase(url, name);
      await withConnection(shadowUrl, async (shadow) => {
        await openSchema(shadow, readDatabaseUrl(url).schema);
      });
      return await work(shadowUrl);
    } finally {
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    }
  });
}
