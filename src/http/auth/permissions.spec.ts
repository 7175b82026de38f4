import { describe, expect, it } from '@jest/globals';
import { permissions, permissionsOf } from './permissions.ts';

describe('permissionsOf', () => {
  it('gives an administrator everything and a user nothing more than themselves', () => {
    expect(permissionsOf(['user', 'admin'])).toEqual([...permissions].sort());
    expect(permissionsOf(['user'])).toEqual([]);
  });

  it('gives nothing for a role that it does not know', () => {
    expect(permissionsOf(['root', '__proto__', 'constructor'])).toEqual([]);
  });
});
