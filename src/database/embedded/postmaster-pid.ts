/** What a server writes down about itself in its folder. */
export interface PostmasterPid {
  readonly pid: number;
  /** Undefined while the server is still coming up. */
  readonly port: number | undefined;
}

/** Reads `postmaster.pid` (miscadmin.h: pid on line 1, port on line 4), undefined when there is no pid in it. */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const [pid = '', , , port = ''] = text.split('\n');
  // a single-user server writes its pid with a minus sign
  const found = /^-?([1-9]\d{0,9})$/.exec(pid.trim());
  if (found === null) return undefined;
  return { pid: Number(found[1]), port: /^\d{1,5}$/.test(port) ? Number(port) : undefined };
}

/** The same text with another pid on its first line. */
export function withPid(text: string, pid: number): string {
  return [String(pid), ...text.split('\n').slice(1)].join('\n');
}
