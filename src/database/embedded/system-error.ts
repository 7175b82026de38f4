/** A failure that the operating system reported. */
export interface SystemError {
  readonly code: string;
  readonly syscall: string;
  readonly message: string;
}

/** Whether the operating system refused something (a full disk, a missing right). */
export function isSystemError(error: unknown): error is SystemError {
  // no instanceof: under a test runner Node's errors come from another realm
  if (typeof error !== 'object' || error === null) return false;
  if (!('code' in error && 'syscall' in error && 'message' in error)) return false;
  return [error.code, error.syscall, error.message].every((part) => typeof part === 'string');
}

/** The system's name of a failure (`ENOENT`), or `unknown error`. */
export function codeOf(error: unknown): string {
  return isSystemError(error) ? error.code : 'unknown error';
}
