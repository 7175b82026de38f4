import { Body, Controller, HttpCode, Injectable, Post } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { Public } from '../src/http/auth/access.decorators.ts';
import { IgnoresIdempotencyKey } from '../src/http/idempotency/idempotency.decorators.ts';
import { Ledger } from '../src/queue/ledger.ts';
import { EffectJob, EffectPayload, OrdinaryJob } from './effect.job.ts';

/** Promises jobs as a feature's service does: in a transaction. */
@Injectable()
export class Promises {
  constructor(private readonly ledger: Ledger) {}

  @Transactional()
  async make(job: typeof EffectJob, payload: EffectPayload): Promise<{ id: string }> {
    return { id: await this.ledger.enqueue(job, payload) };
  }
}

/** How a scenario enqueues from outside. */
@Public()
@IgnoresIdempotencyKey()
@Controller({ path: 'prove', version: '1' })
export class ProveController {
  constructor(private readonly promises: Promises) {}

  @Post('effects')
  @HttpCode(202)
  async effect(@Body() body: EffectPayload): Promise<{ id: string }> {
    return await this.promises.make(EffectJob, body);
  }

  @Post('ordinary-effects')
  @HttpCode(202)
  async ordinaryEffect(@Body() body: EffectPayload): Promise<{ id: string }> {
    return await this.promises.make(OrdinaryJob, body);
  }
}
