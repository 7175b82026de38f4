/** The kinds of statement failures. */
export type FailureKind = 'unavailable' | 'conflict' | 'unique' | 'reference' | 'invalid-value';

/**
 * SQLSTATEs (PostgreSQL manual, appendix A) and their kinds; the first match counts. A state without a match is a bug
 * in the service.
 */
const meanings: readonly (readonly [RegExp, FailureKind])[] = [
  // Connection, authentication, resources, operator intervention or timeout, disk failure, missing database.
  [/^(08|28|53|57|58)...$|^3D000$/, 'unavailable'],
  // A standby; a transaction that the server ended after a timeout.
  [/^(25006|25P0[34])$/, 'unavailable'],
  // A lock timeout: no other transaction has changed anything, and a retry would wait again.
  [/^(55006|55P03)$/, 'unavailable'],
  // It is unknown whether the transaction committed.
  [/^40003$/, 'unavailable'],
  [/^40...$/, 'conflict'],
  [/^(23505|23P01)$/, 'unique'],
  [/^(23001|23503)$/, 'reference'],
  // 54000: a value that exceeds the size limit of its index.
  [/^(22|23)...$|^(44000|54000)$/, 'invalid-value'],
];

/** The kind of a SQLSTATE, or undefined when it indicates a bug in the service. */
export function meaningOfState(state: string): FailureKind | undefined {
  return meanings.find(([pattern]) => pattern.test(state))?.[1];
}

/** Five digits and capital letters, and not a code of Prisma. */
export function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) && !/^P[1-9]/.test(code);
}
