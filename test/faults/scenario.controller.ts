import { Body, Controller, HttpCode, Injectable, Post } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { Public } from '../../src/platform/http/auth/access.decorators.ts';
import { IgnoresIdempotencyKey } from '../../src/platform/http/idempotency/idempotency.decorators.ts';
import type { JobHandlerClass } from '../../src/platform/queue/job-handler.ts';
import { JobQueue } from '../../src/platform/queue/job-queue.ts';
import { EffectJob, EffectPayload, OrdinaryJob } from './effect.job.ts';
import { ThreadJob, ThreadPayload } from './thread.job.ts';

/** Enqueues jobs in a transaction, as a feature's service does. */
@Injectable()
export class ScenarioJobs {
  constructor(private readonly queue: JobQueue) {}

  @Transactional()
  async enqueue<Payload extends object>(job: JobHandlerClass<Payload>, payload: Payload): Promise<{ id: string }> {
    return { id: await this.queue.enqueue(job, payload) };
  }
}

/** The routes by which a scenario enqueues. */
@Public()
@IgnoresIdempotencyKey()
@Controller({ path: 'scenarios', version: '1' })
export class ScenarioController {
  constructor(private readonly jobs: ScenarioJobs) {}

  @Post('effects')
  @HttpCode(202)
  async effect(@Body() body: EffectPayload): Promise<{ id: string }> {
    return await this.jobs.enqueue(EffectJob, body);
  }

  @Post('ordinary-effects')
  @HttpCode(202)
  async ordinaryEffect(@Body() body: EffectPayload): Promise<{ id: string }> {
    return await this.jobs.enqueue(OrdinaryJob, body);
  }

  @Post('threads')
  @HttpCode(202)
  async thread(@Body() body: ThreadPayload): Promise<{ id: string }> {
    return await this.jobs.enqueue(ThreadJob, body);
  }
}
