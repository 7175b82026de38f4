import { randomUUID } from 'node:crypto';
import { identityOf } from './process-identity.ts';

/** Who wrote a lock: a process, told from later ones with its pid by its start time, and one taking of the lock. */
export interface LockHolder {
  readonly pid: number;
  readonly identity: string;
  readonly ticket: string;
}

/** This process, with a ticket that no other taking of a lock has. */
export function thisProcess(): LockHolder {
  return { pid: process.pid, identity: identityOf(process.pid) ?? '', ticket: randomUUID() };
}

/** A lock file's text: pid, identity and ticket, one per line. */
export function formatHolder(holder: LockHolder): string {
  return `${holder.pid}\n${holder.identity}\n${holder.ticket}\n`;
}

/** Reads a lock file's text. Anything else (an empty file after a power cut) is held by pid 0, which never runs. */
export function parseHolder(text: string): LockHolder {
  const [pid = '', identity = '', ticket = ''] = text.split('\n');
  if (!/^[1-9]\d{0,9}$/.test(pid) || !/^[\w-]+$/.test(ticket)) return { pid: 0, identity: '', ticket: 'unreadable' };
  return { pid: Number(pid), identity, ticket };
}

/** Whether the process that wrote the lock still runs. */
export function isAlive(holder: LockHolder): boolean {
  return holder.pid !== 0 && identityOf(holder.pid) === holder.identity;
}
