import { describe, expect, it } from '@jest/globals';
import { runAtErrors } from './job-validator.ts';

const now = Date.parse('2026-05-01T12:00:00Z');

describe('runAtErrors', () => {
  it.each([undefined, '2026-05-01T11:59:00Z', '2026-05-01T14:00:00+02:00', '2027-05-02T12:00:00Z'])(
    'accepts %s',
    (runAt) => {
      expect(runAtErrors(runAt, now)).toEqual([]);
    },
  );

  it.each([
    ['2026-05-01T11:58:59Z', 'is_past'],
    ['2026-05-01T13:58:59+02:00', 'is_past'],
    ['2027-05-02T12:00:01Z', 'too_far'],
    ['2026-06-30T23:59:60Z', 'is_rfc3339'],
  ])('rejects %s', (runAt, code) => {
    expect(runAtErrors(runAt, now)).toEqual([{ path: ['runAt'], code, detail: expect.any(String) }]);
  });
});
