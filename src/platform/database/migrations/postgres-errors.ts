/** SQLSTATEs (PostgreSQL manual, appendix A). */
export const insufficientPrivilege = '42501';
export const lockNotAvailable = '55P03';

/** Whether an error of node-postgres carries this SQLSTATE or system error code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** The first line of an error's message, without a full stop at its end. */
export function firstLine(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  const [line = ''] = typeof message === 'string' ? message.trim().split('\n') : [];
  return line.replace(/\.$/, '');
}
