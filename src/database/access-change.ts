/** Something after which what was known of somebody's access no longer holds; one of the three is named. */
export interface AccessChange {
  readonly sessionId?: string | null;
  readonly userId?: string | null;
  /** A signing key. */
  readonly kid?: string | null;
}

/** Whoever keeps in memory what these changes are about. */
export interface AccessChangeListener {
  /** A change was committed. Told at least once, perhaps more often. */
  changed(change: AccessChange): void;
  /** Nothing was heard for so long that changes may have been missed: what is known is to be forgotten. */
  missed(): void;
}

/** The change that a notification tells; undefined for what anybody else has sent on the channel. */
export function readAccessChange(payload: string): AccessChange | undefined {
  const told = parsed(payload);
  if (typeof told !== 'object' || told === null || Array.isArray(told)) return undefined;
  const { sessionId, userId, kid }: Readonly<Record<string, unknown>> = { ...told };
  const named = Object.entries({ sessionId, userId, kid }).filter(([, name]) => name !== null && name !== undefined);
  const [change] = named;
  if (change === undefined || named.length > 1 || typeof change[1] !== 'string') return undefined;
  return { [change[0]]: change[1] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
