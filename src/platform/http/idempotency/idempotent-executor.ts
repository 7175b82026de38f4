import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { BoundedMap } from '../../async/bounded-map.ts';
import { PermissionChecker } from '../auth/permission-checker.ts';
import { Problem } from '../problem/problem.ts';
import { IdempotencyInProgress, IdempotencyKeyReused } from './idempotency.errors.ts';
import type { FirstRequest, IdempotencyRecord, RecordId } from './idempotency.repository.ts';
import { IdempotencyRepository, nameOf } from './idempotency.repository.ts';
import type { KeyedFingerprint } from './keyed-fingerprints.ts';
import { toStoredResponse, replay, responseBytes, responseCheckpoint } from './stored-response.ts';

/** A key and its request. */
export interface IdempotencyContext extends FirstRequest, KeyedFingerprint {
  readonly id: RecordId;
  readonly reply: FastifyReply;
  /** Restores the status and the headers that the response had before the handler. */
  readonly emptyResponse: () => void;
}

/** A request with a key whose handler runs in a transaction. */
export interface IdempotentCall extends IdempotencyContext {
  /** Validates the input and runs the handler; again after a serialization failure. */
  readonly handle: () => Promise<unknown>;
}

/** Beyond this number, the oldest keys are evicted; their repetitions open a transaction. */
const maxCompleted = 10_000;

/** The response to this request, or the stored response of the first one. */
type Outcome = { readonly state: 'ran'; readonly bytes: Uint8Array | undefined } | IdempotencyRecord;

/** Rolls back a request whose handler returned a 5xx; the body is still sent. */
class ResponseNotStoredError extends Error {
  constructor(readonly bytes: Uint8Array | undefined) {
    super('The response is not stored');
  }
}

/** Executes each keyed request once: its effect and its stored response commit in one transaction. */
@Injectable()
export class IdempotentExecutor {
  /** Keys completed by this process: a repetition reads the record without a transaction. */
  private readonly completed = new BoundedMap<string, true>(maxCompleted);

  constructor(
    private readonly records: IdempotencyRepository,
    private readonly permissions: PermissionChecker,
  ) {}

  /**
   * Returns the body of the response and sets its status and headers.
   * @throws IdempotencyInProgress, IdempotencyKeyReused, Forbidden, and the errors of the handler
   */
  async execute(call: IdempotentCall): Promise<Uint8Array | undefined> {
    const name = nameOf(call.id);
    const outcome =
      (this.completed.has(name) ? await this.records.find(call.id) : undefined) ?? (await this.outcomeOf(call));
    this.completed.set(name, true);
    return outcome.state === 'ran' ? outcome.bytes : await this.replayStored(outcome, call);
  }

  /**
   * Replays a stored response to a caller who still holds the permissions of the first request.
   * @throws IdempotencyKeyReused, Forbidden
   */
  async replayStored(
    stored: IdempotencyRecord,
    { isFingerprint, permissions, reply, emptyResponse }: IdempotencyContext,
  ): Promise<Uint8Array | undefined> {
    emptyResponse();
    if (!isFingerprint(stored.fingerprint)) throw new IdempotencyKeyReused();
    await this.permissions.assertStillGranted(stored.permissions, permissions);
    return replay(reply, stored);
  }

  private async outcomeOf(call: IdempotentCall): Promise<Outcome> {
    const restore = responseCheckpoint(call.reply);
    try {
      return await this.run(call, restore);
    } catch (error) {
      if (error instanceof ResponseNotStoredError) return { state: 'ran', bytes: error.bytes };
      call.emptyResponse();
      // The connection may have been lost after COMMIT succeeded, or another process may have executed the request
      // after the lock was lost. A problem below 500 was rolled back: no record exists.
      const isRejected = error instanceof Problem && error.kind.status < 500;
      const stored = isRejected ? undefined : await this.records.findAfterFailure(call.id);
      if (stored === undefined) throw error;
      return stored;
    }
  }

  private async run(call: IdempotentCall, restore: () => void): Promise<Outcome> {
    return await this.records.transact(call.id, async (key) => {
      restore();
      if (key.state === 'running') throw new IdempotencyInProgress();
      if (key.state === 'done') return key;
      const bytes = responseBytes(call.reply, await call.handle());
      if (call.reply.statusCode >= 500) throw new ResponseNotStoredError(bytes);
      this.records.store(call.id, call, toStoredResponse(call.reply, bytes));
      return { state: 'ran', bytes };
    });
  }
}
