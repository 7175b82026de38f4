import { randomBytes } from 'node:crypto';
import { StartRefused } from '../start-refused.ts';
import { withConnection, withDatabase } from './connection.ts';
import { hasCode } from './postgres-errors.ts';

const insufficientPrivilege = '42501';

/**
 * Makes an empty database on the server of `url` for as long as the work lasts.
 * @throws StartRefused when the user may not create databases
 */
export async function withShadowDatabase<T>(url: string, work: (shadowUrl: string) => Promise<T>): Promise<T> {
  return await withConnection(url, async (client) => {
    const name = `plinth_shadow_${randomBytes(6).toString('hex')}`;
    try {
      await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    } catch (cause) {
      if (!hasCode(cause, insufficientPrivilege)) throw cause;
      throw new StartRefused('Comparing needs a database user that may create databases (CREATEDB).', { cause });
    }
    try {
      return await work(withDatabase(url, name));
    } finally {
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    }
  });
}
