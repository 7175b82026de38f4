import { nextOccurrences, occurrencesAround as around } from '../../../src/platform/queue/scheduling/cron.ts';

/** Returns the first occurrences after a moment. */
export function occurrences(cron: string, timezone: string, after: string, count: number): string[] {
  const found = nextOccurrences({ cron, timezone }, new Date(after), count);
  return found.map((occurrence) => occurrence.toISOString().replace(':00.000Z', 'Z'));
}

/** Returns the occurrences before and after a moment, as text. */
export function occurrenceTextsAround(cron: string, timezone: string, moment: string): Record<string, string> {
  const { latest, next } = around({ cron, timezone }, new Date(moment));
  return { latest: latest.toISOString(), next: next.toISOString() };
}
