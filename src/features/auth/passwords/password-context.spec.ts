import { describe, expect, it } from '@jest/globals';
import { isDerivedFromContext } from './password-context.ts';

const ada = { email: 'ada.lovelace@example.com', displayName: 'Ada Łovelaçe' };

describe('isDerivedFromContext', () => {
  it.each([
    'plinthplinthplinth',
    'Plinth! Plinth! 2026',
    'ada.lovelace1234567890',
    'Lovelace, Ada (1815)',
    'LOVELACE LOVELACE',
    'my plinth login',
    'łovelace-łovelace',
    'adaadaadaadaada',
    'ada.lovelace@example.com',
    'Ada.Lovelace@Example.com!',
  ])('is true for %s', (password) => {
    expect(isDerivedFromContext(password, ada)).toBe(true);
  });

  it.each([
    'correct horse battery staple',
    'the canada geese are early this year',
    'ada sails along the river',
    'plinth, marble and seven doves',
  ])('is false for %s', (password) => {
    expect(isDerivedFromContext(password, ada)).toBe(false);
  });

  it('knows the name of the service without an email address or a display name', () => {
    expect(isDerivedFromContext('plinthplinthplinth', {})).toBe(true);
    expect(isDerivedFromContext('Acme Desk acme-desk 1', { appName: 'Acme Desk' })).toBe(true);
    expect(isDerivedFromContext('correct horse battery', { email: '', displayName: null })).toBe(false);
  });
});
