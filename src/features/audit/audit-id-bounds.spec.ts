import { describe, expect, it } from '@jest/globals';
import { idBounds } from './audit-id-bounds.ts';

const limit = 2;
const time = '2026-01-31T12:00:00.000Z';
const daysBefore = (days: number, from = Date.parse(time)): Date => new Date(from - days * 24 * 3600 * 1000);
const idOf = (moment: Date): string =>
  moment
    .getTime()
    .toString(16)
    .padStart(12, '0')
    .replace(/(.{8})(.{4})/, '$1-$2-0000-0000-000000000000');

describe('idBounds', () => {
  it('searches the latest events in the last 31 days first', () => {
    const before = Date.now();

    const { lowest, recent } = idBounds({ descending: true }, { limit });

    expect(lowest).toBeUndefined();
    expect(recent !== undefined && recent.lowest >= idOf(daysBefore(31, before))).toBe(true);
    expect(recent !== undefined && recent.lowest <= idOf(daysBefore(31, Date.now()))).toBe(true);
  });

  it.each([
    ['a time', { until: time }, undefined],
    ['a cursor', {}, time],
    ['a cursor and a later time', { until: '2026-02-01T00:00:00.000Z' }, time],
  ])('searches the events before %s in the 31 days before it', (_, filter, key) => {
    const from = { keys: key === undefined ? [] : [key, 'id'], direction: 'next' as const };

    const { recent } = idBounds({ descending: true, ...filter }, { limit, from });

    expect(recent?.lowest).toBe(idOf(daysBefore(31)));
  });

  it.each([
    ['not full', [1, 2], false],
    ['full', [1, 2, 3], true],
    ['full, and ends at the tolerance of a day', [1, 2, 30], true],
    ['full, and ends within the tolerance', [1, 2, 30.1], false],
  ])('takes a page for complete or not: %s', (_, days, complete) => {
    const { recent } = idBounds({ descending: true, until: time }, { limit });

    expect(recent?.isComplete(days.map((each) => ({ at: daysBefore(each) })))).toBe(complete);
  });

  it.each([
    ['a period that is not longer than the recent one', { since: daysBefore(31).toISOString(), until: time }, true, 31],
    ['the oldest events since a time', { since: time }, false, 0],
  ])('excludes ids below those of %s, with a tolerance of a day', (_, filter, descending, days) => {
    expect(idBounds({ ...filter, descending }, { limit })).toEqual({
      lowest: idOf(daysBefore(days + 1)),
      recent: undefined,
    });
  });

  it.each([
    [false, 'next'],
    [true, 'prev'],
  ] as const)('excludes ids below the cursor when it reads upwards', (descending, direction) => {
    const request = { limit, from: { keys: [time, 'id'], direction } };

    expect(idBounds({ descending }, request)).toEqual({ lowest: idOf(daysBefore(1)), recent: undefined });
  });

  it('excludes no ids for the oldest events', () => {
    expect(idBounds({ descending: false }, { limit })).toEqual({ lowest: undefined, recent: undefined });
  });
});
