/** The kinds of failures of a statement. */
export type FailureKind = 'unavailable' | 'conflict' | 'unique' | 'reference' | 'unstorable';

/**
 * What PostgreSQL's error codes mean here (its manual, appendix A), the first match of a code. Those that no line names
 * are faults of the service.
 */
const meanings: readonly (readonly [RegExp, FailureKind])[] = [
  // Connections, authentication, resources, an operator or a time-out, a failing disk, a database that is gone.
  [/^(08|28|53|57|58)...$|^3D000$/, 'unavailable'],
  // A standby that was promoted or not yet; a transaction that the server has ended.
  [/^(25006|25P0[34])$/, 'unavailable'],
  // A lock that was waited for too long: no other transaction has changed anything yet, and more waiting is no help.
  [/^(55006|55P03)$/, 'unavailable'],
  // Whether it has committed is not known.
  [/^40003$/, 'unavailable'],
  [/^40...$/, 'conflict'],
  [/^(23505|23P01)$/, 'unique'],
  [/^(23001|23503)$/, 'reference'],
  // 54000: a value that is too long for its index.
  [/^(22|23)...$|^(44000|54000)$/, 'unstorable'],
];

/** What this SQLSTATE means to the request, or undefined when it is a fault of the service. */
export function meaningOfState(state: string): FailureKind | undefined {
  return meanings.find(([pattern]) => pattern.test(state))?.[1];
}

/** Five digits and capitals, and no code of Prisma's. */
export function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) && !/^P[1-9]/.test(code);
}
