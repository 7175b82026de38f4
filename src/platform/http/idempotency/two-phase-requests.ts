import { Injectable } from '@nestjs/common';
import type { Commit } from './idempotency.decorators.ts';
import { IdempotencyInProgress } from './idempotency.errors.ts';
import type { IdempotencyRecord } from './idempotency.repository.ts';
import { IdempotencyRepository, nameOf } from './idempotency.repository.ts';
import type { IdempotencyContext } from './idempotent-executor.ts';
import { IdempotentExecutor } from './idempotent-executor.ts';
import { KeyedMutex } from '../../async/keyed-mutex.ts';

/** A request with a key whose handler prepares outside the transaction. */
export interface PreparedCall extends IdempotencyContext {
  /** Validates the input and runs the handler, once. */
  readonly prepare: () => Promise<Commit>;
}

/**
 * Executes handlers with `@PrepareBeforeTransaction()`: no transaction is open while they prepare. Each scope prepares
 * one request at a time, whatever its key, so that one valid token cannot occupy the password hashing queue.
 */
@Injectable()
export class TwoPhaseRequests {
  private readonly mutex = new KeyedMutex();
  private readonly running = new Set<string>();

  constructor(
    private readonly records: IdempotencyRepository,
    private readonly requests: IdempotentExecutor,
  ) {}

  /** Executes a request without a key. */
  async executeWithoutKey(scope: string | undefined, prepare: PreparedCall['prepare']): Promise<unknown> {
    const run = async (): Promise<unknown> => await (await prepare())();
    return scope === undefined ? await run() : await this.mutex.run(scope, run);
  }

  /**
   * Returns the body of the response and sets its status and headers. The record is read before the preparation, which
   * could fail for a repetition: the first request has consumed the one-time token.
   * @throws IdempotencyInProgress, IdempotencyKeyReused, Forbidden, and the errors of the handler
   */
  async execute(call: PreparedCall): Promise<Uint8Array | undefined> {
    const name = nameOf(call.id);
    if (this.running.has(name)) throw new IdempotencyInProgress();
    this.running.add(name);
    try {
      const stored = await this.records.find(call.id);
      if (stored !== undefined) return await this.requests.replayStored(stored, call);
      return await this.mutex.run(call.id.scope, async () => await this.run(call));
    } finally {
      this.running.delete(name);
    }
  }

  private async run(call: PreparedCall): Promise<Uint8Array | undefined> {
    const prepared = await this.prepare(call);
    if (typeof prepared !== 'function') return await this.requests.replayStored(prepared, call);
    return await this.requests.execute({ ...call, handle: prepared });
  }

  /** The transactional part, or the record that another process has stored since it was read. */
  private async prepare(call: PreparedCall): Promise<Commit | IdempotencyRecord> {
    try {
      return await call.prepare();
    } catch (error) {
      call.emptyResponse();
      const stored = await this.records.findAfterFailure(call.id);
      if (stored === undefined) throw error;
      return stored;
    }
  }
}
