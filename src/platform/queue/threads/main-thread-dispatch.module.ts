import { Global, Injectable, Module } from '@nestjs/common';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import type { QueueName } from '../job.ts';
import { mainThread } from './main-thread.ts';
import { ThreadAttempts } from './thread-attempts.ts';

/** Leaves the start of jobs to the main thread. */
@Injectable()
class MainThreadDispatcher extends Dispatcher {
  begin(): void {
    throw new Error('A worker thread starts no jobs');
  }

  notify(queue: QueueName): void {
    mainThread.send({ kind: 'notify', queue });
  }

  async setPaused(queue: QueueName, paused: boolean): Promise<void> {
    await Promise.resolve();
    mainThread.send({ kind: 'set-paused', queue, paused });
  }
}

/** Runs the attempts that the main thread has claimed. */
@Global()
@Module({
  providers: [ThreadAttempts, { provide: Dispatcher, useClass: MainThreadDispatcher }],
  exports: [Dispatcher],
})
export class MainThreadDispatchModule {}
