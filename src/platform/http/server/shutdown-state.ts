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

  constructor(
    @Inject(configToken('service')) private readonly config: ServiceConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleDestroy(): void {
    this.isDraining = true;
  }

  /** Gives load balancers `SHUTDOWN_DRAIN_MS` to notice that /readyz fails. */
  async beforeApplicationShutdown(): Promise<void> {
    if (isListening(this.host)) await delay(this.config.shutdownDrainMs);
  }
}

/** A worker process has no HTTP server. */
function isListening({ httpAdapter }: Partial<Pick<HttpAdapterHost, 'httpAdapter'>>): boolean {
  const server: unknown = httpAdapter?.getHttpServer();
  return server instanceof Server && server.listening;
}
