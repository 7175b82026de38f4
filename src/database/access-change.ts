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
