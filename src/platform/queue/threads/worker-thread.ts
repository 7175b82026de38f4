import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Logger } from '@nestjs/common';
import type { Config } from '../../config/config.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { WorkerThreadError } from '../execution/attempt-failure.ts';
import type { Claim } from '../execution/claim.ts';
import type { Lease } from '../execution/lease.ts';
import { JobAborted } from '../execution/lease.ts';
import { WorkerThreadExited } from '../queue-errors.ts';
import type { AttemptEnd, MessageFromThread, MessageToThread, WorkerThreadData } from './messages.ts';

/** How long an idle thread may take to close its connections, and a terminated one to end. */
const closeTimeoutMs = 2000;

/** Terminated threads that have not ended: in a call of native code, which cannot be interrupted. */
const terminating = new Set<Worker>();

/** Runs after the other listeners: process.exit would wait for these threads, for an unlimited time. */
function killProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}

function terminate(worker: Worker): void {
  if (terminating.size === 0) process.on('exit', killProcess);
  terminating.add(worker);
  worker.once('exit', () => {
    terminating.delete(worker);
    if (terminating.size === 0) process.off('exit', killProcess);
  });
  void worker.terminate();
}

interface WorkerThreadOptions {
  /** The program of the thread. */
  readonly entry: URL;
  readonly config: Config;
  readonly dispatcher: Dispatcher;
}

/** A worker thread, as the main thread sees it. It runs one attempt at a time. */
export class WorkerThread {
  private readonly log = new Logger(WorkerThread.name);
  private readonly worker: Worker;
  private readonly dispatcher: Dispatcher;
  private readonly exited = Promise.withResolvers<undefined>();
  private current: { readonly lease: Lease; readonly ended: PromiseWithResolvers<undefined> } | undefined;
  private uncaught: { readonly error: unknown } | undefined;
  private hasEnded = false;

  constructor({ entry, config, dispatcher }: WorkerThreadOptions) {
    this.dispatcher = dispatcher;
    const workerData: WorkerThreadData = { config };
    this.worker = new Worker(entry, { workerData });
    this.worker.on('message', (message: MessageFromThread) => {
      this.receive(message);
    });
    this.worker.on('error', (error) => (this.uncaught = { error }));
    this.worker.once('exit', (code) => {
      this.handleExit(code);
    });
  }

  get isBusy(): boolean {
    return this.current !== undefined;
  }

  /** Whether the thread can run another attempt. */
  get isReusable(): boolean {
    return !this.isBusy && !this.hasEnded;
  }

  /**
   * Runs an attempt, which ends in the thread. Resolves when its job is marked as succeeded.
   * @throws JobAborted, WorkerThreadError; when the thread ends, the uncaught error or WorkerThreadExited
   */
  async run(claim: Claim, lease: Lease): Promise<void> {
    const ended = Promise.withResolvers<undefined>();
    this.current = { lease, ended };
    const abort = (): void => {
      const { reason } = lease.signal as { reason: unknown };
      if (reason instanceof JobAborted) this.send({ kind: 'abort', why: reason.why });
    };
    lease.signal.addEventListener('abort', abort);
    this.send({ kind: 'run', claim });
    try {
      await ended.promise;
    } finally {
      lease.signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Ends the thread wherever it is, at the latest when a call of native code returns; PostgreSQL rolls back. Resolves
   * when it has ended, and after two seconds at the latest. If the process exits before, it ends with SIGKILL.
   */
  async terminate(): Promise<void> {
    this.current = undefined;
    if (!this.hasEnded) terminate(this.worker);
    this.hasEnded = true;
    await this.hasExited();
  }

  /** Lets an idle thread close its connections, and ends it. */
  async close(): Promise<void> {
    this.send({ kind: 'exit' });
    await this.hasExited();
    await this.terminate();
  }

  private async hasExited(): Promise<void> {
    await Promise.race([this.exited.promise, delay(closeTimeoutMs, undefined, { ref: false })]);
  }

  private send(message: MessageToThread): void {
    this.worker.postMessage(message);
  }

  private receive(message: MessageFromThread): void {
    switch (message.kind) {
      case 'progress':
        this.current?.lease.progress(message.done, message.total);
        break;
      case 'close-lease':
        void this.current?.lease.close().then(() => {
          this.send({ kind: 'lease-closed' });
        });
        break;
      case 'ended':
        this.end(message.end);
        break;
      case 'notify':
        this.dispatcher.notify(message.queue);
        break;
      case 'set-paused':
        this.dispatcher.setPaused(message.queue, message.paused).catch((error: unknown) => {
          this.log.warn({ err: error, queue: message.queue }, 'Queue pause failed');
        });
    }
  }

  private end(end: AttemptEnd): void {
    const ended = this.current?.ended;
    this.current = undefined;
    if (end.outcome === 'succeeded') ended?.resolve(undefined);
    else if (end.outcome === 'aborted') ended?.reject(new JobAborted(end.why));
    else ended?.reject(new WorkerThreadError(end.thrown, end.failure));
  }

  private handleExit(code: number): void {
    const { current, uncaught } = this;
    this.current = undefined;
    this.hasEnded = true;
    this.exited.resolve(undefined);
    if (current !== undefined)
      current.ended.reject(uncaught === undefined ? new WorkerThreadExited(code) : uncaught.error);
    else if (uncaught !== undefined) this.log.warn({ err: uncaught.error }, 'Idle worker thread failed');
  }
}
