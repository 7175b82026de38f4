import { describe, expect, it } from '@jest/globals';
import { around, ticks } from '../../test/support/cron-ticks.ts';
import { cronMistakes } from './cron.ts';

const berlin = 'Europe/Berlin';

describe('When the clocks are put forward', () => {
  it('a skipped hour ticks an hour later, once', () => {
    expect(ticks('30 2 * * *', berlin, '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:30Z',
      '2026-03-30T00:30Z',
    ]);
  });

  it('every hour ticks every hour', () => {
    expect(ticks('0 * * * *', berlin, '2026-03-28T23:30:00Z', 3)).toEqual([
      '2026-03-29T00:00Z',
      '2026-03-29T01:00Z',
      '2026-03-29T02:00Z',
    ]);
  });

  it('a midnight that does not exist ticks at the first moment of its day', () => {
    expect(ticks('0 0 * * *', 'Africa/Cairo', '2026-04-22T12:00:00Z', 3)).toEqual([
      '2026-04-22T22:00Z',
      '2026-04-23T22:00Z',
      '2026-04-24T21:00Z',
    ]);
  });

  it('the tick of the skipped hour is the latest one for the rest of the day', () => {
    expect(around('30 2 * * *', berlin, '2026-03-29T12:00:00Z')).toEqual({
      latest: '2026-03-29T01:30:00.000Z',
      next: '2026-03-30T00:30:00.000Z',
    });
  });
});

describe('When the clocks are put back', () => {
  it('a repeated hour ticks the first time only', () => {
    expect(ticks('30 2 * * *', berlin, '2026-10-23T12:00:00Z', 3)).toEqual([
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
  ])('whoever asks at %s hears of no second tick', (moment) => {
    expect(around('30 2 * * *', berlin, moment)).toEqual({
      latest: '2026-10-25T00:30:00.000Z',
      next: '2026-10-26T01:30:00.000Z',
    });
  });

  it('every half hour ticks through both', () => {
    expect(ticks('*/30 * * * *', berlin, '2026-10-25T00:00:00Z', 4)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T01:00Z',
      '2026-10-25T01:30Z',
      '2026-10-25T02:00Z',
    ]);
  });
});

describe('At the ends of months', () => {
  it('the 31st is passed over where there is none', () => {
    expect(ticks('0 0 31 * *', 'UTC', '2026-01-31T00:00:00Z', 3)).toEqual([
      '2026-03-31T00:00Z',
      '2026-05-31T00:00Z',
      '2026-07-31T00:00Z',
    ]);
  });

  it('L is the last day', () => {
    expect(ticks('0 0 L * *', 'UTC', '2027-12-31T00:00:00Z', 2)).toEqual(['2028-01-31T00:00Z', '2028-02-29T00:00Z']);
  });

  it('29 February ticks in leap years', () => {
    expect(ticks('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual(['2028-02-29T00:00Z', '2032-02-29T00:00Z']);
  });
});

describe('After a downtime', () => {
  it('the latest tick that was missed stands for all', () => {
    expect(around('*/5 * * * *', 'UTC', '2026-06-01T10:07:30Z')).toEqual({
      latest: '2026-06-01T10:05:00.000Z',
      next: '2026-06-01T10:10:00.000Z',
    });
  });

  it('a tick of this very moment counts as missed', () => {
    expect(around('0 * * * *', 'UTC', '2026-06-01T10:00:00.000Z')).toEqual({
      latest: '2026-06-01T10:00:00.000Z',
      next: '2026-06-01T11:00:00.000Z',
    });
    expect(around('0 * * * *', 'UTC', '2026-06-01T09:59:59.999Z').next).toBe('2026-06-01T10:00:00.000Z');
  });
});

describe('cronMistakes', () => {
  it.each([
    '* * * * *',
    '0 9 * * MON-FRI',
    '*/15 8-18 * * *',
    '0 0 1,15 * *',
    '0 0 * * 1#2',
    '0 0 29 2 *',
    ' 5 4 * * 7 ',
  ])('takes %s', (cron) => {
    expect(cronMistakes({ cron, timezone: berlin })).toEqual([]);
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
  ])('refuses %j', (cron) => {
    expect(cronMistakes({ cron, timezone: berlin })).toMatchObject([{ member: 'cron', code: 'is_cron' }]);
  });

  it.each(['*/10 * * * * *', '0 * * * * *', '@secondly'])('refuses seconds: %s', (cron) => {
    expect(cronMistakes({ cron, timezone: berlin })).toMatchObject([{ member: 'cron', code: 'too_often' }]);
  });

  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3'])('knows %s', (timezone) => {
    expect(cronMistakes({ cron: '* * * * *', timezone })).toEqual([]);
  });

  it.each(['', 'Mars/Olympus', '+02:00', 'local', 'system', 'utc+3', '../etc/passwd'])(
    'does not know %j',
    (timezone) => {
      expect(cronMistakes({ cron: '* * * * *', timezone })).toMatchObject([
        { member: 'timezone', code: 'is_time_zone' },
      ]);
    },
  );

  it('tells of both', () => {
    expect(cronMistakes({ cron: 'x', timezone: 'y' }).map(({ member }) => member)).toEqual(['cron', 'timezone']);
  });
});
