import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';

/** Whether the process is on its way out: it still serves, but asks to be sent nothing new. */
@Injectable()
export class Draining implements OnModuleDestroy, BeforeApplicationShutdown {
  begun = false;

  constructor(@Inject(configToken('service')) private readonly config: ServiceConfig) {}

  onModuleDestroy(): void {
    this.begun = true;
  }

  /** Gives load balancers the time to see /readyz turn. */
  async beforeApplicationShutdown(): Promise<void> {
    await delay(this.config.shutdownDrainMs);
  }
}
