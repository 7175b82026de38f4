import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { runOutsideRequest } from '../logging/request-context.ts';
import type { AccessChange, AccessChangeListener } from './access-change.ts';
import { AccessChangesConnection } from './access-changes-connection.ts';
import { afterCommit } from './after-commit.ts';

const pollEveryMs = 500;

/** Behind the begin of the last poll that succeeded, news may be missing: a change takes effect within 1 s (auth.md §2). */
const currentForMs = 800;

/** Rows are kept for an hour (maintenance.reap): whoever polls again sooner has missed nothing. */
const rememberedForMs = 600_000;

/**
 * News of sessions that ended, users whose access changed and signing keys, from every process on the database. They
 * arrive by NOTIFY, usually within milliseconds; every 500 ms the rows that triggers have written are asked for as well,
 * so that neither a lost connection nor a lost notification loses one.
 */
@Injectable()
export class AccessChanges implements OnApplicationShutdown {
  private readonly log = new Logger(AccessChanges.name);
  private readonly listeners: AccessChangeListener[] = [];
  private running: Promise<void> | undefined;
  private readonly stopped = new AbortController();
  private currentSince = -Infinity;
  private failing = false;

  constructor(private readonly connection: AccessChangesConnection) {}

  /** Whoever keeps something in memory hears of all changes from now on. */
  subscribe(listener: AccessChangeListener): void {
    this.listeners.push(listener);
  }

  /**
   * Whether every change is known here that was committed a second ago; if not, the database must be asked. A process that
   * never wants to know this never listens: the first call begins it.
   */
  areCurrent(): boolean {
    this.running ??= runOutsideRequest(async () => {
      await this.run();
    });
    return performance.now() - this.currentSince < currentForMs;
  }

  /** Tells this process at once what it has changed itself, when that is committed; the others learn it as above. */
  announce(change: AccessChange): void {
    afterCommit(() => {
      this.tell(change);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running;
    await this.connection.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await this.poll();
      await delay(pollEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async poll(): Promise<void> {
    const begun = performance.now();
    try {
      const { changes, wentBack } = await this.connection.poll((change) => {
        this.tell(change);
      });
      if (wentBack || begun - this.currentSince > rememberedForMs)
        for (const listener of this.listeners) listener.missed();
      for (const change of changes) this.tell(change);
      this.currentSince = begun;
      this.failing = false;
    } catch (error) {
      if (this.stopped.signal.aborted) return;
      if (!this.failing)
        this.log.warn({ err: error }, 'Access changes are not heard; sessions are asked for each time');
      this.failing = true;
    }
  }

  private tell(change: AccessChange): void {
    for (const listener of this.listeners) listener.changed(change);
  }
}
