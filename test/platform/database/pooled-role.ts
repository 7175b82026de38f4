import { beforeAll, describe } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { readDatabaseUrl } from '../../../src/platform/config/database-url.ts';
import { createDatabase, onServer } from '../../harness/database/database.ts';
import { hasPgBouncer, startPgBouncer, throughPort } from '../../harness/database/pgbouncer.ts';
import { onTeardown, root } from '../../harness/process/service-process.ts';

/** A block of tests; skipped, with a message, without the program pgbouncer, which no package of npm has. */
export const describeWithPgBouncer = hasPgBouncer ? describe : describe.skip;
if (!hasPgBouncer) console.warn('pgbouncer is not installed: skipping its tests.');

export const timeoutMs = 180_000;
export const database = await createDatabase();
export const { schema } = readDatabaseUrl(database.ownUrl);
/** The role of the service behind the pooler. */
export const role = `pooled_${randomBytes(6).toString('hex')}`;
const page = fs.readFileSync(join(root, 'docs/operations/pgbouncer.md'), 'utf8');
const names: Readonly<Record<string, string>> = {
  plinth_app: role,
  plinth: new URL(database.url).pathname.slice(1),
  app: schema,
};
/** The statements of the page, for this role and database. */
export const settings = (/^```sql\n(.*?)^```$/ms.exec(page)?.[1] ?? '').replaceAll(
  /\b(?:plinth_app|plinth|app)\b/g,
  (name) => names[name] ?? name,
);
export const directUrl = Object.assign(new URL(database.url), { username: role, password: 'pooled' }).href;
let pooledUrl = '';

/** The URL through the pooler, which is started before the first test. */
export const urlOfPooler = (): string => pooledUrl;

beforeAll(async () => {
  await onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'pooled'`);
  await onServer(`GRANT ${new URL(database.url).username} TO ${role}`);
  // Defaults of new sessions, which the role or the service overrides.
  for (const hostile of [`timezone = 'Asia/Kolkata'`, `datestyle = 'SQL, DMY'`])
    await onServer(`ALTER DATABASE ${names['plinth'] ?? ''} SET ${hostile}`);
  onTeardown(async () => {
    await database.drop();
    await onServer(`DROP ROLE ${role}`);
  });
  if (!hasPgBouncer) return;
  const bouncer = await startPgBouncer(directUrl);
  onTeardown(async () => {
    await bouncer.stop();
  });
  pooledUrl = throughPort(directUrl, bouncer.port);
});
