import { describe, expect, it } from '@jest/globals';
import { around, ticks } from '../../test/support/cron-ticks.ts';
import { cronMistakes, ticksAround } from './cron.ts';

const lordHowe = 'Australia/Lord_Howe';

describe('Where the clocks move by half an hour', () => {
  it('every hour ticks whenever the clock shows it, and nobody gets lost on the way back', () => {
    // From 02:00 back to 01:30.
    expect(ticks('15 * * * *', lordHowe, '2026-04-04T14:00:00Z', 3)).toEqual([
      '2026-04-04T14:15Z',
      '2026-04-04T15:45Z',
      '2026-04-04T16:45Z',
    ]);
    expect(ticks('45 * * * *', lordHowe, '2026-04-04T14:00:00Z', 3)).toEqual([
      '2026-04-04T14:45Z',
      '2026-04-04T15:15Z',
      '2026-04-04T16:15Z',
    ]);
    expect(around('15 * * * *', lordHowe, '2026-04-04T14:15:00Z').latest).toBe('2026-04-04T14:15:00.000Z');
  });

  it.each(['2026-04-01T00:00:00Z', '2026-04-02T12:00:00Z', '2026-04-04T15:39:59Z'])(
    'a time shortly behind the repeated ones is found from %s on',
    (moment) => {
      expect(around('10 2 * * SUN', lordHowe, moment)).toEqual({
        latest: '2026-03-28T15:10:00.000Z',
        next: '2026-04-04T15:40:00.000Z',
      });
      expect(cronMistakes({ cron: '10 2 * * SUN', timezone: lordHowe })).toEqual([]);
    },
  );

  it('a skipped time ticks half an hour later by the wall, and is no tick of the future', () => {
    expect(around('10 2 * * SUN', lordHowe, '2026-10-03T15:39:59Z').next).toBe('2026-10-03T15:40:00.000Z');
    expect(around('10 2 * * SUN', lordHowe, '2026-10-03T16:30:00Z')).toEqual({
      latest: '2026-10-03T15:40:00.000Z',
      next: '2026-10-10T15:10:00.000Z',
    });
  });

  it('a skipped time that ticks together with another ticks once', () => {
    expect(ticks('10,40 2 * * *', lordHowe, '2026-10-03T12:00:00Z', 3)).toEqual([
      '2026-10-03T15:40Z',
      '2026-10-04T15:10Z',
      '2026-10-04T15:40Z',
    ]);
  });
});

describe('Every tick of an hour given by *', () => {
  /** Reads the clock of a zone minute by minute. */
  function shown(cron: string, timeZone: string, from: string, minutes: number): number[] {
    const [minute = ''] = cron.split(' ');
    const step = minute.startsWith('*/') ? Number(minute.slice(2)) : undefined;
    const clock = new Intl.DateTimeFormat('en', { timeZone, minute: 'numeric' });
    return Array.from({ length: minutes }, (_, at) => Date.parse(from) + at * 60_000).filter((moment) => {
      const reads = Number(clock.format(moment));
      return step === undefined ? reads === Number(minute) : reads % step === 0;
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
  ])('is what the clock of %s shows around %s', (timezone, from) => {
    for (const cron of ['0 * * * *', '15 * * * *', '45 * * * *', '*/20 * * * *']) {
      const all = shown(cron, timezone, from, 12 * 60);
      for (let moment = (all[0] ?? 0) + 1000; moment < (all.at(-1) ?? 0); moment += 7 * 60_000) {
        const { latest, next } = ticksAround({ cron, timezone }, new Date(moment));
        expect([cron, latest.getTime(), next.getTime()]).toEqual([
          cron,
          all.findLast((tick) => tick <= moment),
          all.find((tick) => tick > moment),
        ]);
      }
    }
  });
});
