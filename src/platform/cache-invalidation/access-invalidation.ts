/** An event that invalidates cached data; exactly one of the four is set. */
export interface AccessInvalidation {
  readonly sessionId?: string | null;
  readonly userId?: string | null;
  /** The id of a signing key. */
  readonly kid?: string | null;
  /** A key or a tag of the cache (cache-entry-invalidations.repository.ts). */
  readonly cacheEntry?: string | null;
}

/** A cache of data that transactions invalidate. */
export interface AccessInvalidationListener {
  /** Called at least once for each committed change. */
  onInvalidation(change: AccessInvalidation): void;
  /** Called when changes may have been missed: the whole cache must be cleared. */
  invalidateAll(): void;
}

/** Parses the payload of a notification; undefined when it is not a change. */
export function parseAccessInvalidation(payload: string): AccessInvalidation | undefined {
  const parsed = parseJson(payload);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const { sessionId, userId, kid, cacheEntry }: Readonly<Record<string, unknown>> = { ...parsed };
  const named = Object.entries({ sessionId, userId, kid, cacheEntry }).filter(
    ([, name]) => name !== null && name !== undefined,
  );
  const [change] = named;
  if (change === undefined || named.length > 1 || typeof change[1] !== 'string') return undefined;
  return { [change[0]]: change[1] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
