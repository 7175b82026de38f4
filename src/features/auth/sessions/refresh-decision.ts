/** The state of a presented refresh token, by the clock of the database and under the lock of the session. */
export interface PresentedToken {
  /** The session is revoked or past its absolute timeout, or its user is disabled or deleted. */
  readonly sessionOver: boolean;
  readonly expired: boolean;
  readonly used: boolean;
  /** Used within the reuse interval. */
  readonly usedWithinReuseInterval: boolean;
  /** The token of the next generation exists, is the newest and is unused. */
  readonly successorUnused: boolean;
}

/**
 * rotate: a new successor. repeat: the same successor again, for a client that did not receive the response. refuse:
 * 401. reuse: a used token was presented again, so it was copied; the session is revoked (RFC 9700 §4.14.2).
 */
export type RefreshDecision = 'rotate' | 'repeat' | 'reuse' | 'refuse';

/** An ended session is refused even within the reuse interval. */
export function decideRefresh(token: PresentedToken): RefreshDecision {
  if (token.sessionOver) return 'refuse';
  if (token.used) return token.usedWithinReuseInterval && token.successorUnused ? 'repeat' : 'reuse';
  return token.expired ? 'refuse' : 'rotate';
}
