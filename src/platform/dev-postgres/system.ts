import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A failure that the operating system reported. */
export interface SystemError {
  readonly code: string;
  readonly syscall: string;
  readonly message: string;
}

/** Whether an error comes from the operating system (a full disk, a missing permission). */
export function isSystemError(error: unknown): error is SystemError {
  // No instanceof: under a test runner Node's errors come from another realm.
  if (typeof error !== 'object' || error === null) return false;
  if (!('code' in error && 'syscall' in error && 'message' in error)) return false;
  return [error.code, error.syscall, error.message].every((part) => typeof part === 'string');
}

/** The system's name of a failure (`ENOENT`), or `unknown error`. */
export function codeOf(error: unknown): string {
  return isSystemError(error) ? error.code : 'unknown error';
}

/**
 * Distinguishes a process from a later one with the same pid: its start time, on Linux in ticks of this boot.
 * Returns undefined when no such process runs; a zombie does not run.
 */
export function identityOf(pid: number): string | undefined {
  return process.platform === 'linux' ? identityFromProc(pid) : identityFromPs(pid);
}

/** The start time in `/proc/<pid>/stat` (field 22, proc_pid_stat(5)), undefined for a zombie. */
export function startTimeInStat(stat: string): string | undefined {
  // Field 2 is the program's name in parentheses, which may contain spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

/** The start time in a line of `ps -o stat= -o lstart=`, undefined for a zombie. */
export function startTimeInPs(line: string): string | undefined {
  const [state = '', ...started] = line.trim().split(/\s+/);
  return state.startsWith('Z') || started.length === 0 ? undefined : started.join(' ');
}

/** The command line of a process with single spaces between its words, undefined when it cannot be read. */
export function commandLineOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') return ps(pid, 'command=').trim();
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return undefined;
  }
}

function identityFromProc(pid: number): string | undefined {
  try {
    const started = startTimeInStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return started && `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${started}`;
  } catch {
    return undefined;
  }
}

function identityFromPs(pid: number): string | undefined {
  try {
    return startTimeInPs(ps(pid, 'stat=', 'lstart='));
  } catch {
    return undefined;
  }
}

function ps(pid: number, ...columns: string[]): string {
  return execFileSync('ps', [...columns.flatMap((column) => ['-o', column]), '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
