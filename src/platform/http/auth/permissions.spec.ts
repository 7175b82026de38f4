import { afterAll, describe, expect, it } from '@jest/globals';
import { StartupError } from '../../config/startup-error.ts';
import { accessPolicy, applyAccessPolicy, permissionsOf, roles } from './permissions.ts';

const features = {
  permissions: new Map([
    ['notes:read', ['user', 'admin']],
    ['notes:write', ['admin']],
  ]),
};

describe('accessPolicy', () => {
  it('grants the built-in roles what features declare', () => {
    const { granted, permissions } = accessPolicy(features);

    expect(permissions).toEqual(['notes:read', 'notes:write']);
    expect(Object.fromEntries(granted)).toEqual({ user: ['notes:read'], admin: ['notes:read', 'notes:write'] });
  });

  it('grants a configured role exactly its configured permissions', () => {
    const { granted } = accessPolicy(features, { user: [], editor: ['notes:write'] });

    expect(Object.fromEntries(granted)).toEqual({
      user: [],
      admin: ['notes:read', 'notes:write'],
      editor: ['notes:write'],
    });
  });

  it('throws errors of AUTH_ROLES that a start reports with one line', () => {
    const unknown = { permissions: new Map([['notes:read', ['editor']]]) };

    expect(() => accessPolicy(features, { user: ['notes:burn'] })).toThrow(StartupError);
    expect(() => accessPolicy(unknown)).toThrow(StartupError);
  });

  it('rejects a configured permission that no feature declares', () => {
    expect(() => accessPolicy(features, { user: ['notes:burn'] })).toThrow(
      'AUTH_ROLES: user lists notes:burn, which no feature declares',
    );
  });

  it('rejects a declaration for a role that does not exist', () => {
    const unknown = { permissions: new Map([['notes:read', ['editor']]]) };

    expect(() => accessPolicy(unknown)).toThrow('notes:read is granted to editor, which is not a role');
    expect(accessPolicy(unknown, { editor: [] }).granted.get('editor')).toEqual([]);
  });
});

describe('permissionsOf', () => {
  afterAll(() => {
    applyAccessPolicy(accessPolicy({ permissions: new Map() }));
  });

  it('returns the permissions of all roles, sorted and without duplicates', () => {
    applyAccessPolicy(accessPolicy(features, { editor: ['notes:write'] }));

    expect(permissionsOf(['editor', 'user', 'admin'])).toEqual(['notes:read', 'notes:write']);
    expect(roles()).toEqual(['user', 'admin', 'editor']);
  });

  it('returns none for unknown roles', () => {
    expect(permissionsOf(['root', '__proto__', 'constructor'])).toEqual([]);
  });
});
