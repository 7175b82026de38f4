import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { runOutsideRequest } from '../logging/request-context.ts';
import type { AccessInvalidation, AccessInvalidationListener } from './access-invalidation.ts';
import type { ConnectionObserver } from './access-invalidation-connection.ts';
import { AccessInvalidationConnection } from './access-invalidation-connection.ts';
import { afterCommit } from '../database/after-commit.ts';

const pollIntervalMs = 500;

/** The cache is used this long after the start of a successful poll, so that a change takes effect within 1 s. */
const upToDateForMs = 800;

/** Rows are kept for an hour (retention.cleanup), so a poll within this time misses none. */
const rowRetentionMs = 600_000;

/**
 * Delivers invalidations of sessions, users, signing keys and cached values from all processes on the database. NOTIFY delivers them
 * within milliseconds; a poll every 500 ms reads the rows that triggers wrote, so that a lost connection or
 * notification loses none.
 */
@Injectable()
export class AccessInvalidationBus implements OnApplicationShutdown, ConnectionObserver {
  private readonly log = new Logger(AccessInvalidationBus.name);
  private readonly listeners: AccessInvalidationListener[] = [];
  private running: Promise<void> | undefined;
  private readonly stopped = new AbortController();
  private upToDateSince = -Infinity;
  private isConnected = false;
  private failing = false;

  constructor(private readonly connection: AccessInvalidationConnection) {}

  /** Calls the listener for every invalidation from now on. */
  subscribe(listener: AccessInvalidationListener): void {
    this.listeners.push(listener);
  }

  /**
   * Calls the listener for each NOTIFY on another channel, which shares the connection. Call it before `start`;
   * notifications may be lost.
   */
  listen(channel: string, listener: (payload: string) => void): void {
    this.connection.listenTo(channel, listener);
  }

  /**
   * Opens no connection: `isUpToDate` stays false, and callers query the database. For a process that is suspended between
   * requests, whose clock does not show how long. Call it before `start`.
   */
  disable(): void {
    this.stopped.abort();
  }

  /** Starts polling and listening. */
  start(): void {
    this.running ??= runOutsideRequest(async () => {
      await this.run();
    });
  }

  /**
   * Whether every change committed a second ago has been received; if not, callers must query the database. The first
   * call starts polling and listening.
   */
  isUpToDate(): boolean {
    this.start();
    return this.isConnected && performance.now() - this.upToDateSince < upToDateForMs;
  }

  /** Notifies this process's listeners when the current transaction commits; triggers notify all processes. */
  publish(change: AccessInvalidation): void {
    afterCommit(() => {
      this.onNotification(change);
    });
  }

  onNotification(change: AccessInvalidation): void {
    for (const listener of this.listeners) listener.onInvalidation(change);
  }

  onEnd(): void {
    this.isConnected = false;
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
      await delay(pollIntervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async poll(): Promise<void> {
    const startedAt = performance.now();
    try {
      const { invalidations, sequenceReset } = await this.connection.poll(this);
      if (sequenceReset || startedAt - this.upToDateSince > rowRetentionMs)
        for (const listener of this.listeners) listener.invalidateAll();
      for (const change of invalidations) this.onNotification(change);
      this.upToDateSince = startedAt;
      this.isConnected = true;
      this.failing = false;
    } catch (error) {
      if (this.stopped.signal.aborted) return;
      if (!this.failing)
        this.log.warn({ err: error }, 'Invalidation poll failed; every request reads its session from the database');
      this.failing = true;
    }
  }
}
