import type { KeysetRequest } from '../../platform/database/keyset.ts';
import { readsDescending } from '../../platform/database/keyset.ts';
import type { AuditFilter } from './audit-event.ts';

/** How much later than the time of its id an event may be (constraint audit_events_id_check). */
const toleranceMs = 24 * 3600 * 1000;
/** The period in which a page of the latest events is searched first: at most three partitions. */
const recentMs = 31 * 24 * 3600 * 1000;

/** The ids that a page of events is searched in, so that PostgreSQL plans and reads few partitions. */
export interface IdBounds {
  /** No event of the page has a lower id. */
  readonly lowest: string | undefined;
  /** The lowest id of recent events. Undefined when `lowest` suffices, or the page begins with the oldest events. */
  readonly recent:
    { readonly lowest: string; readonly isComplete: (rows: readonly { readonly at: Date }[]) => boolean } | undefined;
}

/**
 * A page of the latest events is usually found among recent ones. It is complete if it is full, and its last event is
 * too late to be preceded by one with a lower id.
 */
export function idBounds({ since, until, descending }: AuditFilter, request: KeysetRequest): IdBounds {
  const readsBackwards = readsDescending(descending, request);
  const cursor = timeOf(request.from?.keys[0]);
  const earliest = latestOf([timeOf(since), readsBackwards ? undefined : cursor]);
  const lowest = earliest === undefined ? undefined : leastIdOf(earliest - toleranceMs);
  if (!readsBackwards) return { lowest, recent: undefined };
  const start = Math.min(Date.now(), cursor ?? Infinity, timeOf(until) ?? Infinity) - recentMs;
  if (earliest !== undefined && start <= earliest) return { lowest, recent: undefined };
  const isComplete = (rows: readonly { readonly at: Date }[]): boolean =>
    rows.length > request.limit && (rows.at(-1)?.at.getTime() ?? 0) >= start + toleranceMs;
  return { lowest, recent: { lowest: leastIdOf(start), isComplete } };
}

/** The least UUID of version 7 of a time in milliseconds (RFC 9562 §5.7), with zeros after it. */
export function leastIdOf(time: number): string {
  const digits = Math.max(0, time).toString(16).padStart(12, '0').padEnd(32, '0');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function timeOf(text: string | null | undefined): number | undefined {
  return typeof text === 'string' ? Date.parse(text) : undefined;
}

function latestOf(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
