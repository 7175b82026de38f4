import { describe, expect, it } from '@jest/globals';
import { isMadeOfContext } from './password-context.ts';

const ada = { email: 'ada.lovelace@example.com', displayName: 'Ada Łovelaçe' };

describe('isMadeOfContext', () => {
  it.each([
    'plinthplinthplinth',
    'Plinth! Plinth! 2026',
    'ada.lovelace1234567890',
    'Lovelace, Ada (1815)',
    'LOVELACE LOVELACE',
    'my plinth login',
    'łovelace-łovelace',
    'adaadaadaadaada',
  ])('takes %s for what anybody would try', (password) => {
    expect(isMadeOfContext(password, ada)).toBe(true);
  });

  it.each([
    'correct horse battery staple',
    'the canada geese are early this year',
    'ada walks along the river',
    'plinth, marble and seven doves',
  ])('lets %s be', (password) => {
    expect(isMadeOfContext(password, ada)).toBe(false);
  });

  it('knows the service even of somebody who has said nothing', () => {
    expect(isMadeOfContext('plinthplinthplinth', {})).toBe(true);
    expect(isMadeOfContext('correct horse battery', { email: '', displayName: null })).toBe(false);
  });
});
