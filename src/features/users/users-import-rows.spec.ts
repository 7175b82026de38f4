import { describe, expect, it } from '@jest/globals';
import { permissionsOf } from '../../platform/http/auth/permissions.ts';
import { ImportedUserDto } from './users-import.dto.ts';
import { UsersImportRows } from './users-import-rows.ts';

const rows = new UsersImportRows({ row: ImportedUserDto, permissionsOf });
const data = Buffer.from('ada@example.com,admin\nbob@example.com,\nno address,admin\n');

describe('A row with roles', () => {
  it('requires a permission, which rows without roles do not', async () => {
    const { users, report, failed } = await rows.read({ data, firstLine: 2, rows: 3 }, ['email', 'roles'], []);

    expect(users).toMatchObject([{ line: 3, email: 'bob@example.com', roles: ['user'], reason: 'imported' }]);
    expect(report).toEqual([
      { line: 2, email: 'ada@example.com', code: 'forbidden', detail: 'roles requires the permission users:write' },
      { line: 4, email: 'no address', code: 'is_email', detail: 'email must be an email address' },
    ]);
    expect(failed).toBe(2);
  });

  it('is a user with these roles if it is granted', async () => {
    const chunk = { data, firstLine: 2, rows: 3 };

    const { users } = await rows.read(chunk, ['email', 'roles'], ['users:write']);

    expect(users[0]).toMatchObject({ line: 2, roles: ['admin'], reason: 'imported as admin' });
  });
});
