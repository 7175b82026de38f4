import type { RaRecord } from 'react-admin';
import { call } from './call.ts';
import type { IdempotencyKeys } from './idempotency-keys.ts';
import { ApiError } from './problem.ts';
import type { FieldConflict } from './prompts.ts';
import { resolveConflicts } from './prompts.ts';
import { etagField, etagOf, isSame, toRecord } from './records.ts';

interface ConditionalWrite {
  readonly path: string;
  /** The record that was shown. */
  readonly before: RaRecord;
  readonly keys: IdempotencyKeys;
}

/** Fields that every write changes, which are no conflict. */
const derivedFields: readonly string[] = [etagField, 'updatedAt'];

/**
 * Changes a resource if it is still what was shown. Otherwise (412) the user sees both versions and decides for each field;
 * returns the resource as it is afterwards.
 * @throws ApiError
 */
export async function patch({
  path,
  before,
  changes,
  keys,
}: ConditionalWrite & { changes: Changes }): Promise<RaRecord> {
  let [shown, mine] = [before, changes];
  for (;;) {
    try {
      const headers = ifMatch(shown);
      const { data, etag } = await call({ method: 'PATCH', path, body: mine, headers, keys });
      return toRecord(data, etag);
    } catch (error) {
      if (!isStale(error)) throw error;
      const theirs = await current(path);
      const conflicts = conflictsOf({ before: shown, theirs, mine });
      const kept = conflicts.length === 0 ? Object.keys(mine) : await resolveConflicts(conflicts);
      if (kept === undefined) throw error;
      mine = Object.fromEntries(Object.entries(mine).filter(([name]) => kept.includes(name)));
      shown = theirs;
      if (Object.keys(mine).length === 0) return theirs;
    }
  }
}

/**
 * Deletes a resource if it is still what was shown. Otherwise (412) the user sees what changed and decides.
 * @throws ApiError
 */
export async function remove({ path, before, keys }: ConditionalWrite): Promise<void> {
  let shown = before;
  for (;;) {
    try {
      await call({ method: 'DELETE', path, headers: ifMatch(shown), keys });
      return;
    } catch (error) {
      if (!isStale(error)) throw error;
      const theirs = await current(path);
      const conflicts = conflictsOf({ before: shown, theirs, mine: {} });
      if (conflicts.length > 0 && (await resolveConflicts(conflicts)) === undefined) throw error;
      shown = theirs;
    }
  }
}

type Changes = Readonly<Record<string, unknown>>;

function ifMatch(record: RaRecord): Record<string, string> {
  return { 'If-Match': etagOf(record) ?? '*' };
}

function isStale(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}

async function current(path: string): Promise<RaRecord> {
  const { data, etag } = await call({ path });
  return toRecord(data, etag);
}

/** The fields that either user has changed; `mine` of a field that only the other user changed is what was shown. */
function conflictsOf({ before, theirs, mine }: { before: RaRecord; theirs: RaRecord; mine: Changes }): FieldConflict[] {
  const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
  return names
    .filter((name) => !derivedFields.includes(name))
    .filter((name) => name in mine || !isSame(before[name], theirs[name]))
    .map((field) => ({
      field,
      before: before[field] as unknown,
      theirs: theirs[field] as unknown,
      mine: field in mine ? mine[field] : (before[field] as unknown),
      isMine: field in mine,
    }))
    .filter(({ theirs: their, mine: own }) => !isSame(their, own));
}
