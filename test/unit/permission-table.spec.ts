import { describe, expect, it } from '@jest/globals';
import { accessPolicy } from '../../src/platform/http/auth/permissions.ts';
import { permissionTable, describePermissions } from '../../src/platform/http/openapi/permission-table.ts';
import { operations } from '../harness/openapi/api-document.ts';

describe('permissionTable', () => {
  it('has a row for each permission with the roles that grant it', () => {
    const permissions = new Map([
      ['notes:read', ['user', 'admin']],
      ['notes:write', ['admin']],
    ]);
    const [head, , ...lines] = permissionTable(accessPolicy({ permissions })).split('\n');

    expect(head).toBe('| Permission | `user` | `admin` |');
    expect(lines).toEqual(['| `notes:read` | yes | yes |', '| `notes:write` | no | yes |']);
  });
});

describe('An operation that requires a permission', () => {
  it('names it at the end of its description, or as its description', () => {
    const described = { description: 'Users.', 'x-permissions': ['users:read', 'audit:read'] };
    const bare: Record<string, unknown> = { 'x-permissions': ['users:read'] };
    const open = { description: 'All users.' };
    for (const operation of [described, bare, open]) describePermissions(operation);

    expect(described.description).toBe('Users. Requires `users:read` and `audit:read`.');
    expect(bare['description']).toBe('Requires `users:read`.');
    expect(open.description).toBe('All users.');
  });

  it.each(operations.filter((operation) => operation['x-permissions'] !== undefined))(
    'does so in the document: $operationId',
    ({ description, 'x-permissions': needed = [] }) => {
      expect(needed).toHaveLength(1);
      expect(description).toMatch(new RegExp(`Requires \`${needed[0] ?? ''}\`\\.$`));
    },
  );
});
