import { Logger } from '@nestjs/common';
import { Session } from 'node:inspector/promises';

const log = new Logger('IdleCollection');
const intervalMs = 500;
/** The share of the interval in which the event loop may have been active: after the start, and later. */
const maxUtilization = { start: 0.25, later: 0.05 };
/** Growth of the resident size since the last collection, in bytes, that justifies another one. */
const growth = 64 * 1024 * 1024;

/**
 * Collects garbage as soon as the process is idle after its start, and whenever it is idle again after a load that made
 * it grow by 64 MiB. V8 otherwise keeps the memory that loading the application and the load needed. A collection blocks
 * the event loop for 0.1 to 0.2 s; a process that is never idle runs none.
 */
export function collectGarbageWhenIdle(): void {
  let before = performance.eventLoopUtilization();
  let collectAt: number | undefined;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > (collectAt === undefined ? maxUtilization.start : maxUtilization.later)) return;
    if (collectAt !== undefined && process.memoryUsage.rss() < collectAt) return;
    collectAt = Number.POSITIVE_INFINITY;
    void collectGarbage().then(() => {
      collectAt = process.memoryUsage.rss() + growth;
    });
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
    log.warn({ err: error }, 'Garbage collection failed');
  } finally {
    session.disconnect();
  }
}
