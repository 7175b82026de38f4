import { Logger } from '@nestjs/common';
import { Session } from 'node:inspector/promises';

const log = new Logger('IdleCollection');
const intervalMs = 500;
/** The share of the interval in which the event loop may have been active. */
const maxUtilization = 0.25;

/**
 * Collects garbage once, as soon as the process is idle after its start. V8 otherwise keeps the memory that loading the
 * application needed, about 30 MiB. The collection blocks the event loop for 0.1 to 0.2 s; a process that is never idle
 * runs none.
 */
export function collectGarbageWhenIdle(): void {
  let before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > maxUtilization) return;
    clearInterval(timer);
    void collectGarbage();
  }, intervalMs);
  timer.unref();
}

/** As V8 does when memory runs out: it also returns free memory to the operating system. */
export async function collectGarbage(): Promise<void> {
  const session = new Session();
  try {
    session.connect();
    await session.post('HeapProfiler.collectGarbage');
  } catch (error) {
    // The process only uses more memory. An unhandled rejection would end it.
    log.warn({ err: error }, 'Garbage collection after the start failed');
  } finally {
    session.disconnect();
  }
}
