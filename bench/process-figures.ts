import { readFileSync } from 'node:fs';

/** Linux counts the processor time of a process in hundredths of a second. */
const msPerTick = 10;

/** Resident memory of a process in MiB; undefined where the system does not report it. */
export function memoryMibOf(pid: number | undefined): number | undefined {
  const kib = /^VmRSS:\s*(\d+) kB$/m.exec(read(pid, 'status'))?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

/** Processor time that a process has used so far, in milliseconds; undefined where the system does not report it. */
export function processorMsOf(pid: number | undefined): number | undefined {
  const [user, system] = read(pid, 'stat').split(') ')[1]?.split(' ').slice(11, 13) ?? [];
  return user === undefined || system === undefined ? undefined : (Number(user) + Number(system)) * msPerTick;
}

function read(pid: number | undefined, file: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid ?? 0}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
