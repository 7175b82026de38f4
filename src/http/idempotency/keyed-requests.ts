import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Problem } from '../problem/problem.ts';
import { IdempotencyInProgress, IdempotencyKeyReused } from './idempotency.errors.ts';
import type { KeptRecord, RecordId } from './idempotency.repository.ts';
import { IdempotencyRepository } from './idempotency.repository.ts';
import { keptReply, replay, replyBytes, replyCheckpoint } from './kept-reply.ts';

/** A request under a key. */
export interface KeyedCall {
  readonly id: RecordId;
  readonly fingerprint: Uint8Array;
  readonly reply: FastifyReply;
  /** Validates the input and runs the handler; more than once when its transaction loses against others. */
  readonly handle: () => Promise<unknown>;
}

/** The body of a 5xx that a handler returned: it is sent, and nothing of the request is kept. */
class Unkept extends Error {
  constructor(readonly bytes: Uint8Array | undefined) {
    super('A reply that is not kept');
  }
}

/** Runs each keyed request once: what it does and what it is answered commit together, or neither does. */
@Injectable()
export class KeyedRequests {
  constructor(private readonly records: IdempotencyRepository) {}

  /**
   * The body of the reply, whose status and headers are set.
   * @throws IdempotencyInProgress, IdempotencyKeyReused, and whatever the handler throws
   */
  async answer(call: KeyedCall): Promise<Uint8Array | undefined> {
    const restore = replyCheckpoint(call.reply);
    try {
      return await this.run(call, restore);
    } catch (error) {
      if (error instanceof Unkept) return error.bytes;
      restore();
      const kept = await this.keptBehind(error, call);
      if (kept === undefined) throw error;
      return repeat(kept, call);
    }
  }

  private async run(call: KeyedCall, restore: () => void): Promise<Uint8Array | undefined> {
    return await this.records.transact(call.id, async (known) => {
      restore();
      if (known.state === 'running') throw new IdempotencyInProgress();
      if (known.state === 'done') return repeat(known, call);
      const bytes = replyBytes(call.reply, await call.handle());
      if (call.reply.statusCode >= 500) throw new Unkept(bytes);
      this.records.keep(call.id, call.fingerprint, keptReply(call.reply, bytes));
      return bytes;
    });
  }

  /**
   * What is kept although the run failed: the COMMIT may have succeeded without the word of it, or another process has
   * run the request since this one lost its connection, and the lock with it. Refusals rolled back, and kept nothing.
   */
  private async keptBehind(error: unknown, { id }: KeyedCall): Promise<KeptRecord | undefined> {
    if (error instanceof Problem && error.kind.status < 500) return undefined;
    try {
      return await this.records.find(id);
    } catch {
      // The database is away: the first failure is the one to tell of.
      return undefined;
    }
  }
}

function repeat(kept: KeptRecord, { fingerprint, reply }: KeyedCall): Uint8Array | undefined {
  if (!Buffer.from(kept.fingerprint).equals(fingerprint)) throw new IdempotencyKeyReused();
  return replay(reply, kept);
}
