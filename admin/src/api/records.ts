import type { RaRecord } from 'react-admin';

/** A record with the ETag of the response that it was read from: what a later write is conditional on. */
export const etagField = '@etag';

/** React-admin requires `id`; resources that have another key are converted by their screens. */
export function toRecord(data: unknown, etag: string | undefined): RaRecord {
  return { ...(data as RaRecord), ...(etag === undefined ? {} : { [etagField]: etag }) };
}

export function etagOf(record: unknown): string | undefined {
  const value: unknown = typeof record === 'object' && record !== null ? Reflect.get(record, etagField) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The fields of a form whose value differs from the record that it was opened with. */
export function changedFields(data: object, before: object | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).filter(
      ([name, value]) =>
        name !== etagField && !isSame(value, before === undefined ? undefined : Reflect.get(before, name)),
    ),
  );
}

/** Fields are JSON. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
