import { workerData } from 'node:worker_threads';
import type { Type } from '@nestjs/common';
import { collectGarbageWhenIdle } from './idle-collection.ts';
import type { WorkerThreadData } from './platform/queue/threads/messages.ts';
import { ThreadAttempts } from './platform/queue/threads/thread-attempts.ts';
import { startTracing } from './platform/telemetry/trace-exporter.ts';
import { createContext } from './worker-application.ts';

/**
 * Runs the attempts that the main thread of the process sends, with an application of its own.
 * @param features modules in addition to the built-in ones
 */
export async function runWorkerThread(features: readonly Type[] = []): Promise<void> {
  const { config } = workerData as WorkerThreadData;
  const { tracing } = config.telemetry;
  const exportSpans = tracing === undefined ? undefined : await startTracing(tracing);
  const context = await createContext(config, features);
  context.get(ThreadAttempts).begin(() => {
    void context
      .close()
      .then(exportSpans)
      .finally(() => process.exit());
  });
  collectGarbageWhenIdle();
}
