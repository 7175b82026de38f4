import { describe, expect, it } from '@jest/globals';
import { migrationSlug, nextStamp } from './create-migration.ts';

describe('migrationSlug', () => {
  it('is lower case with underscores', () => {
    expect(migrationSlug('Add users-phone number')).toBe('add_users_phone_number');
  });

  it.each(['', ' ', '../x', 'a/b', 'a\\b', '.', 'a.b', '-x', 'ä', 'a\nb', 'x'.repeat(101)])(
    'is refused: %j',
    (name) => {
      expect(() => migrationSlug(name)).toThrow(/^Usage: npm run db:diff -- <name>/);
    },
  );

  it('begins with the time in UTC', () => {
    expect(nextStamp(new Date('2026-03-04T05:06:07.890Z'), '20260101000000_a')).toBe('20260304050607');
    expect(nextStamp(new Date('2026-03-04T05:06:07.890Z'), undefined)).toBe('20260304050607');
  });

  it('sorts after the last migration whatever the clock says', () => {
    expect(nextStamp(new Date('2026-03-04T05:06:07Z'), '20270101000000_a')).toBe('20270101000001');
  });
});
