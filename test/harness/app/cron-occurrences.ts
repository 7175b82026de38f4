import { occurrencesAround as around } from '../../../src/platform/queue/scheduling/cron.ts';

/** Returns the first occurrences after a moment, each computed from the previous one, as the scheduler does. */
export function occurrences(cron: string, timezone: string, after: string, count: number): string[] {
  const found: string[] = [];
  for (let moment = new Date(after); found.length < count; moment = new Date(found.at(-1) ?? after)) {
    found.push(around({ cron, timezone }, moment).next.toISOString());
  }
  return found.map((occurrence) => occurrence.replace(':00.000Z', 'Z'));
}

/** Returns the occurrences before and after a moment, as text. */
export function occurrenceTextsAround(cron: string, timezone: string, moment: string): Record<string, string> {
  const { latest, next } = around({ cron, timezone }, new Date(moment));
  return { latest: latest.toISOString(), next: next.toISOString() };
}
