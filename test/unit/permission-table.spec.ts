import { describe, expect, it } from '@jest/globals';
import { permissions } from '../../src/http/auth/permissions.ts';
import { permissionTable, sayPermissions } from '../../src/http/openapi/permission-table.ts';
import { operations } from '../support/api-document.ts';

describe('The table of permissions', () => {
  it('has a line for each permission and says who holds it', () => {
    const [head, , ...lines] = permissionTable().split('\n');

    expect(head).toBe('| Permission | `user` | `admin` |');
    expect(lines).toEqual(permissions.map((permission) => `| \`${permission}\` | no | yes |`));
  });
});

describe('An operation that needs a permission', () => {
  it('says so at the end of its description, with or without one of its own', () => {
    const described = { description: 'Users.', 'x-permissions': ['users:read', 'audit:read'] };
    const bare: Record<string, unknown> = { 'x-permissions': ['users:read'] };
    const open = { description: 'Anybody.' };
    for (const operation of [described, bare, open]) sayPermissions(operation);

    expect(described.description).toBe('Users. Needs `users:read` and `audit:read`.');
    expect(bare['description']).toBe('Needs `users:read`.');
    expect(open.description).toBe('Anybody.');
  });

  it.each(operations.filter((operation) => operation['x-permissions'] !== undefined))(
    'does so in the document: $operationId',
    ({ description, 'x-permissions': needed = [] }) => {
      expect(needed).toHaveLength(1);
      expect(description).toMatch(new RegExp(`Needs \`${needed[0] ?? ''}\`\\.$`));
    },
  );
});
