import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Config } from '../../config/config.ts';
import { wholeConfig } from '../../config/config.module.ts';
import { runOutsideRequest } from '../../logging/request-context.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Claim } from '../execution/claim.ts';
import type { Lease } from '../execution/lease.ts';
import { withAbortGrace } from '../execution/lease.ts';
import { WorkerThread } from './worker-thread.ts';

/** Replaces the program of the worker threads; tests provide it by a global module, production does not. */
export const workerThreadEntry = Symbol('program of the worker threads');

/** src/worker-thread.ts, as it is compiled. */
const productionEntry = new URL('../../../worker-thread.js', import.meta.url);

/** A thread without an attempt ends after this time: its start takes two seconds of CPU time, and it holds 100 MB. */
const idleTimeoutMs = 60_000;

/** Connections of the main pool that a thread shares between the transaction of its job and other statements. */
const poolMax = 2;

/**
 * The worker threads of this process, one for each running attempt of a handler with `workerThread`. The first such
 * attempt starts the first thread; the next ones reuse those that are idle.
 */
@Injectable()
export class WorkerThreads implements OnApplicationShutdown {
  /** Idle threads, with the timers that end them; the last one used is last. */
  private readonly idle = new Map<WorkerThread, NodeJS.Timeout>();
  private readonly terminating = new Set<Promise<void>>();

  constructor(
    private readonly modules: ModuleRef,
    @Inject(wholeConfig) private readonly config: Config,
    @Optional() @Inject(workerThreadEntry) private readonly entry: URL = productionEntry,
  ) {}

  /**
   * Runs an attempt in a thread. Resolves when its job is marked as succeeded. A thread whose attempt does not end
   * within the grace period after its signal has fired is terminated.
   * @throws as WorkerThread.run
   */
  async run(claim: Claim, lease: Lease): Promise<void> {
    const thread = this.takeIdle() ?? this.start();
    try {
      await withAbortGrace(lease.signal, async () => {
        await thread.run(claim, lease);
      });
    } finally {
      if (thread.isBusy) this.terminate(thread);
      else if (thread.isReusable) this.keep(thread);
    }
  }

  /** The dispatcher has waited for the running attempts before. */
  async onApplicationShutdown(): Promise<void> {
    const threads = [...this.idle.keys()];
    for (const thread of threads) this.remove(thread);
    const closing = threads.map(async (thread) => {
      await thread.close();
    });
    await Promise.all([...closing, ...this.terminating]);
  }

  private terminate(thread: WorkerThread): void {
    const ended = thread.terminate().finally(() => this.terminating.delete(ended));
    this.terminating.add(ended);
  }

  private takeIdle(): WorkerThread | undefined {
    for (const thread of [...this.idle.keys()].reverse()) {
      this.remove(thread);
      if (thread.isReusable) return thread;
    }
    return undefined;
  }

  private start(): WorkerThread {
    const dispatcher = this.modules.get(Dispatcher, { strict: false });
    // Its messages do not belong to the request of its first job.
    return runOutsideRequest(
      () => new WorkerThread({ entry: this.entry, config: configOfThread(this.config), dispatcher }),
    );
  }

  private keep(thread: WorkerThread): void {
    const timer = setTimeout(() => {
      this.remove(thread);
      void thread.close();
    }, idleTimeoutMs);
    this.idle.set(thread, timer.unref());
  }

  private remove(thread: WorkerThread): void {
    clearTimeout(this.idle.get(thread));
    this.idle.delete(thread);
  }
}

/** A thread runs one job at a time, and neither claims jobs nor enqueues those of schedules. */
function configOfThread({ database, queue, telemetry, ...rest }: Config): Config {
  return {
    ...rest,
    database: { ...database, poolMax: Math.min(database.poolMax, poolMax) },
    // The main thread counts the attempts.
    telemetry: { ...telemetry, metrics: undefined },
    queue: { ...queue, dispatcher: 'main-thread', inline: false, concurrency: 1 },
  };
}
