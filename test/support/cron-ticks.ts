import { ticksAround } from '../../src/queue/cron.ts';

/** The first ticks behind a moment, each found from the one before, as the scheduler finds them. */
export function ticks(cron: string, timezone: string, after: string, count: number): string[] {
  const found: string[] = [];
  for (let moment = new Date(after); found.length < count; moment = new Date(found.at(-1) ?? after)) {
    found.push(ticksAround({ cron, timezone }, moment).next.toISOString());
  }
  return found.map((tick) => tick.replace(':00.000Z', 'Z'));
}

/** The ticks on both sides of a moment, as text. */
export function around(cron: string, timezone: string, moment: string): Record<string, string> {
  const { latest, next } = ticksAround({ cron, timezone }, new Date(moment));
  return { latest: latest.toISOString(), next: next.toISOString() };
}
