/** What the database says of a presented refresh token, by its own clock and under the session's lock. */
export interface PresentedToken {
  /** Killed, past its absolute end, or its user disabled or deleted. */
  readonly sessionOver: boolean;
  readonly expired: boolean;
  readonly used: boolean;
  /** Used no longer ago than the grace. */
  readonly usedWithinGrace: boolean;
  /** The token of the next generation exists, is the newest and has never been used. */
  readonly childUnused: boolean;
}

/**
 * rotate: a new child. repeat: the same child again, for a client whose reply was lost. refuse: a plain 401.
 * reuse: a used token came back, so somebody has a copy; the session ends (RFC 9700 §4.14.2).
 */
export type RefreshDecision = 'rotate' | 'repeat' | 'reuse' | 'refuse';

/** A session that is over stays over: that is asked before any grace. */
export function decideRefresh(token: PresentedToken): RefreshDecision {
  if (token.sessionOver) return 'refuse';
  if (token.used) return token.usedWithinGrace && token.childUnused ? 'repeat' : 'reuse';
  return token.expired ? 'refuse' : 'rotate';
}
