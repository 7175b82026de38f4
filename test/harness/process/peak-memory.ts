import { readFileSync, writeFileSync } from 'node:fs';
import type { TestProcess } from './test-process.ts';

/** The resident memory of processes, as Linux reports it: after their start, and at its peak afterwards. */
export class PeakMemory {
  private idle = 0;
  private peak = 0;

  get text(): string {
    const [idle, peak] = [this.idle, this.peak].map((kilobytes) => Math.round(kilobytes / 1024));
    return peak === 0 ? 'unknown' : `${peak} MiB, ${idle} MiB after the start`;
  }

  /** Of a process that is ready. */
  watch(program: TestProcess): void {
    this.idle = Math.max(this.idle, memoryOf(program, 'VmRSS'));
    resetPeak(program);
    const timer = setInterval(() => {
      this.peak = Math.max(this.peak, memoryOf(program, 'VmHWM'));
    }, 100);
    timer.unref();
    void program.ended.then(() => {
      clearInterval(timer);
    });
  }
}

/** In KiB; 0 on another system, and for a process that has ended. */
function memoryOf({ pid }: TestProcess, field: 'VmRSS' | 'VmHWM'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Sets VmHWM to the present memory. */
function resetPeak({ pid }: TestProcess): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Another system: the peak is unknown.
  }
}
