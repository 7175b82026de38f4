import type { QueueName } from '../job.ts';

/**
 * Starts the attempts of queued jobs. The jobs table is what it works from: it may lose everything else. It stops
 * starting jobs when the modules are destroyed, and waits for the running ones before the application shuts down.
 */
export abstract class Dispatcher {
  /** Starts to execute jobs in this process, unless WORKER is `off`. Called once the start can no longer fail. */
  abstract begin(): void;

  /** Jobs of this queue were committed; never throws. Jobs whose notification is lost start within a second. */
  abstract notify(queue: QueueName): void;

  /** The table of paused queues was changed, and this queue starts jobs again or no more. */
  abstract setPaused(queue: QueueName, paused: boolean): Promise<void>;
}
