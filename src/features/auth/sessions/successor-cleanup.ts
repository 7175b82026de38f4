import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { runOutsideRequest } from '../../../platform/logging/request-context.ts';
import { SessionsRepository } from './sessions.repository.ts';

const intervalMs = 1000;

/**
 * Deletes encrypted successors of refresh tokens within two seconds of the end of the reuse interval: after that they
 * serve only an attacker who has both the database and a used token. Executes one statement per second in a process
 * that has refreshed tokens recently, and none otherwise. Successors of a process that has ended are deleted by other
 * processes or by the retention job.
 */
@Injectable()
export class SuccessorCleanup implements OnApplicationShutdown {
  private readonly log = new Logger(SuccessorCleanup.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private until = 0;

  constructor(
    private readonly sessions: SessionsRepository,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** To be called when a successor is stored. */
  schedule(): void {
    this.until = performance.now() + this.config.refreshTokenReuseIntervalSeconds * 1000 + 2 * intervalMs;
    this.timer ??= runOutsideRequest(() => setInterval(this.run, intervalMs).unref());
  }

  async onApplicationShutdown(): Promise<void> {
    this.stop();
    await this.running;
  }

  private readonly run = (): void => {
    if (performance.now() > this.until) this.stop();
    this.running = this.deleteExpired();
  };

  private async deleteExpired(): Promise<void> {
    try {
      await this.sessions.deleteExpiredSuccessors(this.config.refreshTokenReuseIntervalSeconds);
    } catch (error) {
      this.log.warn({ err: error }, 'Refresh token successor cleanup failed');
    }
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
