import { describe, expect, it } from '@jest/globals';
import { occurrenceTextsAround, occurrences } from '../../../../test/harness/app/cron-occurrences.ts';
import { cronErrors } from './cron.ts';

const berlin = 'Europe/Berlin';

describe('At the start of daylight saving time', () => {
  it('a skipped hour occurs once, an hour later', () => {
    expect(occurrences('30 2 * * *', berlin, '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:30Z',
      '2026-03-30T00:30Z',
    ]);
  });

  it('`*` occurs every hour', () => {
    expect(occurrences('0 * * * *', berlin, '2026-03-28T23:30:00Z', 3)).toEqual([
      '2026-03-29T00:00Z',
      '2026-03-29T01:00Z',
      '2026-03-29T02:00Z',
    ]);
  });

  it('a skipped midnight occurs at the first moment of its day', () => {
    expect(occurrences('0 0 * * *', 'Africa/Cairo', '2026-04-22T12:00:00Z', 3)).toEqual([
      '2026-04-22T22:00Z',
      '2026-04-23T22:00Z',
      '2026-04-24T21:00Z',
    ]);
  });

  it('the occurrence of the skipped hour is the latest one for the rest of the day', () => {
    expect(occurrenceTextsAround('30 2 * * *', berlin, '2026-03-29T12:00:00Z')).toEqual({
      latest: '2026-03-29T01:30:00.000Z',
      next: '2026-03-30T00:30:00.000Z',
    });
  });
});

describe('At the end of daylight saving time', () => {
  it('a repeated hour occurs the first time only', () => {
    expect(occurrences('30 2 * * *', berlin, '2026-10-23T12:00:00Z', 3)).toEqual([
      '2026-10-24T00:30Z',
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  it.each([
    '2026-10-25T00:30:00Z',
    '2026-10-25T00:59:59Z',
    '2026-10-25T01:10:00Z',
    '2026-10-25T01:30:00Z',
    '2026-10-25T12:00:00Z',
  ])('there is no second occurrence as of %s', (moment) => {
    expect(occurrenceTextsAround('30 2 * * *', berlin, moment)).toEqual({
      latest: '2026-10-25T00:30:00.000Z',
      next: '2026-10-26T01:30:00.000Z',
    });
  });

  it('every half hour occurs in both', () => {
    expect(occurrences('*/30 * * * *', berlin, '2026-10-25T00:00:00Z', 4)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T01:00Z',
      '2026-10-25T01:30Z',
      '2026-10-25T02:00Z',
    ]);
  });
});

describe('At the ends of months', () => {
  it('the 31st is skipped in shorter months', () => {
    expect(occurrences('0 0 31 * *', 'UTC', '2026-01-31T00:00:00Z', 3)).toEqual([
      '2026-03-31T00:00Z',
      '2026-05-31T00:00Z',
      '2026-07-31T00:00Z',
    ]);
  });

  it('L is the last day', () => {
    expect(occurrences('0 0 L * *', 'UTC', '2027-12-31T00:00:00Z', 2)).toEqual([
      '2028-01-31T00:00Z',
      '2028-02-29T00:00Z',
    ]);
  });

  it('29 February occurs in leap years', () => {
    expect(occurrences('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2028-02-29T00:00Z',
      '2032-02-29T00:00Z',
    ]);
  });
});

describe('After a downtime', () => {
  it('the latest missed occurrence replaces all', () => {
    expect(occurrenceTextsAround('*/5 * * * *', 'UTC', '2026-06-01T10:07:30Z')).toEqual({
      latest: '2026-06-01T10:05:00.000Z',
      next: '2026-06-01T10:10:00.000Z',
    });
  });

  it('an occurrence at the moment itself is the latest', () => {
    expect(occurrenceTextsAround('0 * * * *', 'UTC', '2026-06-01T10:00:00.000Z')).toEqual({
      latest: '2026-06-01T10:00:00.000Z',
      next: '2026-06-01T11:00:00.000Z',
    });
    expect(occurrenceTextsAround('0 * * * *', 'UTC', '2026-06-01T09:59:59.999Z').next).toBe('2026-06-01T10:00:00.000Z');
  });
});

describe('cronErrors', () => {
  it.each([
    '* * * * *',
    '0 9 * * MON-FRI',
    '*/15 8-18 * * *',
    '0 0 1,15 * *',
    '0 0 * * 1#2',
    '0 0 29 2 *',
    ' 5 4 * * 7 ',
  ])('accepts %s', (cron) => {
    expect(cronErrors({ cron, timezone: berlin })).toEqual([]);
  });

  it.each([
    '',
    '* * * *',
    'every day',
    '60 * * * *',
    '* 24 * * *',
    '0 0 30 2 *',
    '5-1 * * * *',
    '*/0 * * * *',
    'H * * * *',
    'H(0-5)/2 * * * *',
    '@reboot',
    '* * * * * * *',
    'a b c d e',
  ])('rejects %j', (cron) => {
    expect(cronErrors({ cron, timezone: berlin })).toMatchObject([{ member: 'cron', code: 'is_cron' }]);
  });

  it.each(['*/10 * * * * *', '0 * * * * *', '@secondly'])('rejects a field of seconds: %s', (cron) => {
    expect(cronErrors({ cron, timezone: berlin })).toMatchObject([{ member: 'cron', code: 'too_often' }]);
  });

  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3'])(
    'accepts the time zone %s',
    (timezone) => {
      expect(cronErrors({ cron: '* * * * *', timezone })).toEqual([]);
    },
  );

  it.each(['', 'Mars/Olympus', '+02:00', 'local', 'system', 'utc+3', '../etc/passwd'])(
    'rejects the time zone %j',
    (timezone) => {
      expect(cronErrors({ cron: '* * * * *', timezone })).toMatchObject([{ member: 'timezone', code: 'is_time_zone' }]);
    },
  );

  it('returns the errors of both', () => {
    expect(cronErrors({ cron: 'x', timezone: 'y' }).map(({ member }) => member)).toEqual(['cron', 'timezone']);
  });
});
