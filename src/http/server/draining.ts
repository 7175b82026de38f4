import { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';

/** Whether the process is on its way out: it still serves, but asks to be sent nothing new. */
@Injectable()
export class Draining implements OnModuleDestroy, BeforeApplicationShutdown {
  begun = false;

  constructor(
    @Inject(configToken('service')) private readonly config: ServiceConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleDestroy(): void {
    this.begun = true;
  }

  /** Gives load balancers the time to see /readyz turn; who never listened has none to tell. */
  async beforeApplicationShutdown(): Promise<void> {
    if (isListening(this.host)) await delay(this.config.shutdownDrainMs);
  }
}

/** A process that only works the queue has no server at all. */
function isListening({ httpAdapter }: Partial<Pick<HttpAdapterHost, 'httpAdapter'>>): boolean {
  const server: unknown = httpAdapter?.getHttpServer();
  return server instanceof Server && server.listening;
}
