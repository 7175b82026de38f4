import { describe, expect, it } from '@jest/globals';
import { occurrenceTextsAround, occurrences } from '../../../../test/harness/app/cron-occurrences.ts';
import { cronErrors, occurrencesAround } from './cron.ts';

const lordHowe = 'Australia/Lord_Howe';

describe('In a zone whose offset changes by half an hour', () => {
  it('`*` occurs whenever local time has the minute, in both directions', () => {
    // From 02:00 back to 01:30.
    expect(occurrences('15 * * * *', lordHowe, '2026-04-04T14:00:00Z', 3)).toEqual([
      '2026-04-04T14:15Z',
      '2026-04-04T15:45Z',
      '2026-04-04T16:45Z',
    ]);
    expect(occurrences('45 * * * *', lordHowe, '2026-04-04T14:00:00Z', 3)).toEqual([
      '2026-04-04T14:45Z',
      '2026-04-04T15:15Z',
      '2026-04-04T16:15Z',
    ]);
    expect(occurrenceTextsAround('15 * * * *', lordHowe, '2026-04-04T14:15:00Z').latest).toBe(
      '2026-04-04T14:15:00.000Z',
    );
  });

  it.each(['2026-04-01T00:00:00Z', '2026-04-02T12:00:00Z', '2026-04-04T15:39:59Z'])(
    'a time shortly after the repeated ones is found from %s on',
    (moment) => {
      expect(occurrenceTextsAround('10 2 * * SUN', lordHowe, moment)).toEqual({
        latest: '2026-03-28T15:10:00.000Z',
        next: '2026-04-04T15:40:00.000Z',
      });
      expect(cronErrors({ cron: '10 2 * * SUN', timezone: lordHowe })).toEqual([]);
    },
  );

  it('a skipped time occurs half an hour later in local time', () => {
    expect(occurrenceTextsAround('10 2 * * SUN', lordHowe, '2026-10-03T15:39:59Z').next).toBe(
      '2026-10-03T15:40:00.000Z',
    );
    expect(occurrenceTextsAround('10 2 * * SUN', lordHowe, '2026-10-03T16:30:00Z')).toEqual({
      latest: '2026-10-03T15:40:00.000Z',
      next: '2026-10-10T15:10:00.000Z',
    });
  });

  it('a skipped time that coincides with another occurs once', () => {
    expect(occurrences('10,40 2 * * *', lordHowe, '2026-10-03T12:00:00Z', 3)).toEqual([
      '2026-10-03T15:40Z',
      '2026-10-04T15:10Z',
      '2026-10-04T15:40Z',
    ]);
  });
});

describe('Every occurrence of an hour given by *', () => {
  /** Evaluates the local time of a zone minute by minute. */
  function expectedMoments(cron: string, timeZone: string, from: string, minutes: number): number[] {
    const [minute = ''] = cron.split(' ');
    const step = minute.startsWith('*/') ? Number(minute.slice(2)) : undefined;
    const clock = new Intl.DateTimeFormat('en', { timeZone, minute: 'numeric' });
    return Array.from({ length: minutes }, (_, at) => Date.parse(from) + at * 60_000).filter((moment) => {
      const localMinute = Number(clock.format(moment));
      return step === undefined ? localMinute === Number(minute) : localMinute % step === 0;
    });
  }

  it.each([
    ['Europe/Berlin', '2026-03-28T20:00:00Z'],
    ['Europe/Berlin', '2026-10-24T20:00:00Z'],
    [lordHowe, '2026-04-04T10:00:00Z'],
    [lordHowe, '2026-10-03T10:00:00Z'],
    ['Antarctica/Troll', '2026-03-28T20:00:00Z'],
    ['Antarctica/Troll', '2026-10-24T20:00:00Z'],
    ['America/St_Johns', '2026-11-01T00:00:00Z'],
    ['Africa/Casablanca', '2026-02-14T20:00:00Z'],
    ['Pacific/Kiritimati', '2026-10-24T20:00:00Z'],
  ])('matches the local time of %s around %s', (timezone, from) => {
    for (const cron of ['0 * * * *', '15 * * * *', '45 * * * *', '*/20 * * * *']) {
      const all = expectedMoments(cron, timezone, from, 12 * 60);
      for (let moment = (all[0] ?? 0) + 1000; moment < (all.at(-1) ?? 0); moment += 7 * 60_000) {
        const { latest, next } = occurrencesAround({ cron, timezone }, new Date(moment));
        expect([cron, latest.getTime(), next.getTime()]).toEqual([
          cron,
          all.findLast((occurrence) => occurrence <= moment),
          all.find((occurrence) => occurrence > moment),
        ]);
      }
    }
  });
});
