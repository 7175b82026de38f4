import { Injectable } from '@nestjs/common';
import type { Finish } from './idempotency.decorators.ts';
import { IdempotencyInProgress } from './idempotency.errors.ts';
import type { KeptRecord } from './idempotency.repository.ts';
import { IdempotencyRepository } from './idempotency.repository.ts';
import type { KeyUse } from './keyed-requests.ts';
import { KeyedRequests } from './keyed-requests.ts';
import { Turns } from '../../database/turns.ts';

/** A request under a key whose handler prepares outside of the transaction. */
export interface PreparedCall extends KeyUse {
  /** Validates the input and runs the handler, once. */
  readonly prepare: () => Promise<Finish>;
}

/**
 * Runs the requests whose handlers have long work to do before they need a transaction. None is open meanwhile, and one
 * request at a time does that work for each scope, whatever its key: one good token must not occupy everybody's hashing.
 */
@Injectable()
export class PreparedRequests {
  private readonly turns = new Turns();
  private readonly running = new Set<string>();

  constructor(
    private readonly records: IdempotencyRepository,
    private readonly requests: KeyedRequests,
  ) {}

  /** Answers a request without a key. */
  async answerUnkeyed(scope: string | undefined, prepare: PreparedCall['prepare']): Promise<unknown> {
    const run = async (): Promise<unknown> => await (await prepare())();
    return scope === undefined ? await run() : await this.turns.take(scope, run);
  }

  /**
   * The body of the reply, whose status and headers are set. A key is looked up ahead of the work, which what the first
   * request did may have made impossible: a token is used up.
   * @throws IdempotencyInProgress, IdempotencyKeyReused, Forbidden, and whatever the handler throws
   */
  async answer(call: PreparedCall): Promise<Uint8Array | undefined> {
    const { scope, key } = call.id;
    const name = `${scope} ${key}`;
    if (this.running.has(name)) throw new IdempotencyInProgress();
    this.running.add(name);
    try {
      const kept = await this.records.find(call.id);
      if (kept !== undefined) return await this.requests.repeat(kept, call);
      return await this.turns.take(scope, async () => await this.run(call));
    } finally {
      this.running.delete(name);
    }
  }

  private async run(call: PreparedCall): Promise<Uint8Array | undefined> {
    const prepared = await this.prepared(call);
    if (typeof prepared !== 'function') return await this.requests.repeat(prepared, call);
    return await this.requests.answer({ ...call, handle: prepared });
  }

  /** The rest of the request, or what another process has answered it since it was looked up. */
  private async prepared(call: PreparedCall): Promise<Finish | KeptRecord> {
    try {
      return await call.prepare();
    } catch (error) {
      call.blank();
      const kept = await this.requests.keptBehindFailure(call);
      if (kept === undefined) throw error;
      return kept;
    }
  }
}
