import { Injectable } from '@nestjs/common';
import { AbandonedAttemptLog, attemptAbandoned } from '../../execution/attempt-log.ts';
import { JobExecutor } from '../../execution/job-executor.ts';
import type { JobType } from '../../job-handler.ts';
import { isLimited } from '../type-limits.ts';
import { MessageClaimsRepository } from './message-claims.repository.ts';
import { OutboxRelay } from './outbox-relay.ts';
import type { JobMessage } from './transport.ts';

/** Whether the message is finished, or delivered again a second later. */
export type MessageVerdict = 'done' | 'retry-later';

/** Claims the jobs of messages, and executes them. */
@Injectable()
export class MessageExecutor {
  constructor(
    private readonly claims: MessageClaimsRepository,
    private readonly executor: JobExecutor,
    private readonly relay: OutboxRelay,
    private readonly abandoned: AbandonedAttemptLog,
  ) {}

  /**
   * Executes the job of the message, if it can be claimed.
   * @param onHandled called when the handler has succeeded and only the COMMIT is left
   */
  async run(message: JobMessage, type: JobType, onHandled: () => void): Promise<MessageVerdict> {
    const claim = await this.claims.claim(message);
    if (claim === undefined) return await this.reject(message, type, onHandled);
    if (claim.hasMore) this.relay.publishSoon(claim.queue);
    if (claim.isTakeover) this.abandoned.write({ ...claim, attempt: claim.attempt - 1 }, 'abandoned');
    await this.executor.execute(claim, type, onHandled);
    if (isLimited(type)) this.relay.admit();
    return 'done';
  }

  /** Delays a job whose type this build does not know, without counting an attempt: a newer build executes it. */
  async postpone(message: JobMessage, forMs: number): Promise<void> {
    if (await this.claims.postpone(message, forMs)) return;
    // The relay that sent the message may not have committed before.
    if ((await this.claims.diagnoseClaimFailure(message)) === 'retry-now') await this.claims.postpone(message, forMs);
  }

  private async reject(message: JobMessage, type: JobType, onHandled: () => void): Promise<MessageVerdict> {
    switch (await this.claims.diagnoseClaimFailure(message)) {
      case 'retry-now':
        return await this.run(message, type, onHandled);
      case 'retry-later':
        return 'retry-later';
      case 'stale':
        return 'done';
      case 'cancelled':
        await this.claims.end(message, { state: 'cancelled', error: null });
        return 'done';
      case 'exhausted': {
        const abandoned = await this.claims.end(message, { state: 'dead', error: attemptAbandoned });
        if (abandoned !== undefined) this.abandoned.write(abandoned, 'dead');
        return 'done';
      }
    }
  }
}
