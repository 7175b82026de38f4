import { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';

/** Whether the process is draining: it still serves requests and reports on /readyz that it is not ready. */
@Injectable()
export class ShutdownState implements OnModuleDestroy, BeforeApplicationShutdown {
  isDraining = false;
  private readonly drainListeners: (() => void)[] = [];
  private drained: Promise<void> = Promise.resolve();

  constructor(
    @Inject(configToken('service')) private readonly config: ServiceConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  /** Calls `listener` when load balancers had `SHUTDOWN_DRAIN_MS` to notice that /readyz fails. */
  onDrained(listener: () => void): void {
    this.drainListeners.push(listener);
  }

  /** The time counts from the signal. Meanwhile running jobs end too. */
  onModuleDestroy(): void {
    this.isDraining = true;
    if (isListening(this.host)) this.drained = this.drain();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.drained;
  }

  private async drain(): Promise<void> {
    await delay(this.config.shutdownDrainMs);
    for (const listener of this.drainListeners) listener();
  }
}

/** A worker process has no HTTP server. */
function isListening({ httpAdapter }: Partial<Pick<HttpAdapterHost, 'httpAdapter'>>): boolean {
  const server: unknown = httpAdapter?.getHttpServer();
  return server instanceof Server && server.listening;
}
