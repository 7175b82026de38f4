import { describe, expect, it } from '@jest/globals';
import { readAccessChange } from './access-change.ts';

describe('readAccessChange', () => {
  it.each(['sessionId', 'userId', 'kid'])('reads what the triggers tell of a %s', (name) => {
    const told = { sessionId: null, userId: null, kid: null, [name]: 'a' };

    expect(readAccessChange(JSON.stringify(told))).toEqual({ [name]: 'a' });
  });

  it.each([
    '',
    'oops',
    'null',
    '1',
    '"a"',
    '[]',
    '{}',
    '{"kid":1}',
    '{"kid":null}',
    '{"kid":{}}',
    '{"kid":"a","userId":"b"}',
  ])('takes %j for no change', (payload) => {
    expect(readAccessChange(payload)).toBeUndefined();
  });
});
