import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { NewestEntries } from '../newest-entries.ts';
import { PermissionCheck } from '../auth/permission-check.ts';
import { Problem } from '../problem/problem.ts';
import { IdempotencyInProgress, IdempotencyKeyReused } from './idempotency.errors.ts';
import type { FirstRequest, KeptRecord, RecordId } from './idempotency.repository.ts';
import { IdempotencyRepository } from './idempotency.repository.ts';
import { keptReply, replay, replyBytes, replyCheckpoint } from './kept-reply.ts';

/** A key, and the request that came with it. */
export interface KeyUse extends FirstRequest {
  readonly id: RecordId;
  readonly reply: FastifyReply;
  /** Takes back what the request has made of its reply. */
  readonly blank: () => void;
}

/** A request under a key, all of which is done in a transaction. */
export interface KeyedCall extends KeyUse {
  /** Validates the input and runs the handler; more than once when its transaction loses against others. */
  readonly handle: () => Promise<unknown>;
}

/** Of more keys than this the first are forgotten: their repetitions cost a transaction. */
const answeredMax = 10_000;

/** The answer to a request that ran here, or what another one was answered. */
type Outcome = { readonly state: 'ran'; readonly bytes: Uint8Array | undefined } | KeptRecord;

/** The body of a 5xx that a handler returned: it is sent, and nothing of the request is kept. */
class Unkept extends Error {
  constructor(readonly bytes: Uint8Array | undefined) {
    super('A reply that is not kept');
  }
}

/** Runs each keyed request once: what it does and what it is answered commit together, or neither does. */
@Injectable()
export class KeyedRequests {
  /** Keys that were answered by this process: a repetition of one is looked for before anything is opened or locked. */
  private readonly answered = new NewestEntries<string, true>(answeredMax);
  /** Keys whose first request runs in this process: a repetition needs no connection to learn that. */
  private readonly running = new Set<string>();

  constructor(
    private readonly records: IdempotencyRepository,
    private readonly permissions: PermissionCheck,
  ) {}

  /**
   * The body of the reply, whose status and headers are set.
   * @throws IdempotencyInProgress, IdempotencyKeyReused, Forbidden, and whatever the handler throws
   */
  async answer(call: KeyedCall): Promise<Uint8Array | undefined> {
    const name = nameOf(call.id);
    if (this.running.has(name)) throw new IdempotencyInProgress();
    const outcome =
      (this.answered.has(name) ? await this.records.find(call.id) : undefined) ?? (await this.outcomeOf(call));
    this.answered.set(name, true);
    return outcome.state === 'ran' ? outcome.bytes : await this.repeat(outcome, call);
  }

  /**
   * Answers as the first request was, for who may still do what they might then.
   * @throws IdempotencyKeyReused, Forbidden
   */
  async repeat(kept: KeptRecord, { fingerprint, permissions, reply, blank }: KeyUse): Promise<Uint8Array | undefined> {
    blank();
    if (!Buffer.from(kept.fingerprint).equals(fingerprint)) throw new IdempotencyKeyReused();
    await this.permissions.demandStill(kept.permissions, permissions);
    return replay(reply, kept);
  }

  /** What is kept although a run failed; undefined also when the database is away: the failure is the one to tell of. */
  async keptBehindFailure({ id }: KeyUse): Promise<KeptRecord | undefined> {
    try {
      return await this.records.find(id);
    } catch {
      return undefined;
    }
  }

  private async outcomeOf(call: KeyedCall): Promise<Outcome> {
    const restore = replyCheckpoint(call.reply);
    try {
      return await this.run(call, restore);
    } catch (error) {
      if (error instanceof Unkept) return { state: 'ran', bytes: error.bytes };
      call.blank();
      // The COMMIT may have succeeded without the word of it, or another process has run the request since this one lost
      // its connection, and the lock with it. Refusals rolled back, and kept nothing.
      const isRefusal = error instanceof Problem && error.kind.status < 500;
      const kept = isRefusal ? undefined : await this.keptBehindFailure(call);
      if (kept === undefined) throw error;
      return kept;
    }
  }

  private async run(call: KeyedCall, restore: () => void): Promise<Outcome> {
    return await this.records.transact(call.id, async (known) => {
      restore();
      if (known.state === 'running') throw new IdempotencyInProgress();
      if (known.state === 'done') return known;
      const bytes = replyBytes(call.reply, await this.handled(call));
      if (call.reply.statusCode >= 500) throw new Unkept(bytes);
      this.records.keep(call.id, call, keptReply(call.reply, bytes));
      return { state: 'ran', bytes };
    });
  }

  private async handled({ id, handle }: KeyedCall): Promise<unknown> {
    const name = nameOf(id);
    this.running.add(name);
    try {
      return await handle();
    } finally {
      this.running.delete(name);
    }
  }
}

function nameOf({ scope, key }: RecordId): string {
  return `${scope} ${key}`;
}
