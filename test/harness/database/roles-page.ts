import fs from 'node:fs';
import { join } from 'node:path';

/** The SQL of docs/operations/database-roles.md, with the names replaced. */
export interface RolesPage {
  /** Once for a server: roles and the database. */
  readonly roles: string;
  /** Once for a database: its schemas and default privileges. */
  readonly schemas: string;
  /** Once, after the first migration. */
  readonly exceptions: string;
}

/** The names of the database and the roles on the page, and their names in a test. */
export type Renamed = Readonly<Partial<Record<'plinth' | 'plinth_migrate' | 'plinth_app', string>>>;

const file = join(import.meta.dirname, '../../../docs/operations/database-roles.md');

export function rolesPage(renamed: Renamed): RolesPage {
  const page = fs.readFileSync(file, 'utf8');
  const blocks = [...page.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, sql = '']) =>
    sql.replaceAll(/\bplinth(_migrate|_app)?\b/g, (name) => renamed[name as keyof Renamed] ?? name),
  );
  const [roles, schemas, exceptions] = blocks;
  if (blocks.length !== 3 || roles === undefined || schemas === undefined || exceptions === undefined)
    throw new Error(`${file} has other SQL than was expected`);
  return { roles, schemas, exceptions };
}

/** The passwords on the page, and the schema. */
export const pageRoles = {
  plinth_migrate: 'choose-a-long-one',
  plinth_app: 'choose-another-long-one',
  schema: 'app',
} as const;
