import type { OnModuleDestroy } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { runOutsideRequest } from '../../logging/request-context.ts';
import { LiveSessionsRepository } from '../auth/live-sessions.repository.ts';
import type { Permission } from '../auth/permissions.ts';
import { permissionsOf } from '../auth/permissions.ts';
import type { Principal } from '../auth/principal.ts';
import { Draining } from '../server/draining.ts';
import { TooManyRequests } from '../throttling/throttling.errors.ts';
import { EventStream } from './event-stream.ts';

/** Who reads a stream, and what they must still be allowed for it to go on. */
export interface StreamReader {
  readonly principal: Principal;
  readonly mayRead: (permissions: readonly Permission[]) => boolean;
}

const tendEveryMs = 1000;
/** Each open stream costs a little all the time, and requests are counted when they begin. */
const streamsOfUserMax = 100;
const retryAfterSeconds = 10;

/**
 * The event streams that this process serves. Authentication is asked once for a request, and a stream outlives the
 * answer: a reader who is logged out, disabled or no longer allowed is noticed within a second or two.
 */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly log = new Logger(EventStreams.name);
  private readonly open = new Map<EventStream, StreamReader>();
  /** How many of them each user has. */
  private readonly streamsOf = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: LiveSessionsRepository,
    private readonly draining: Draining,
  ) {}

  /**
   * A stream that the reply's body is to be made of.
   * @throws TooManyRequests when its reader has 100 at this process
   */
  start(reply: Pick<FastifyReply, 'raw' | 'header'>, reader: StreamReader): EventStream {
    const { userId } = reader.principal;
    const streams = this.streamsOf.get(userId) ?? 0;
    if (streams >= streamsOfUserMax) {
      const detail = `${streamsOfUserMax} event streams are open`;
      throw new TooManyRequests({ detail, headers: { 'Retry-After': String(retryAfterSeconds) } });
    }
    // nginx would hold events back until its buffer is full.
    void reply.header('X-Accel-Buffering', 'no');
    const stream = new EventStream(reply.raw);
    this.open.set(stream, reader);
    this.streamsOf.set(userId, streams + 1);
    stream.onClose(() => {
      this.open.delete(stream);
      this.forgetOneOf(userId);
    });
    // The reader finds another instance, or this one's successor.
    if (this.draining.begun) stream.end();
    runOutsideRequest(() => {
      this.tendLater();
    });
    return stream;
  }

  /** The process is on its way out: a stream would last until it is cut. */
  onModuleDestroy(): void {
    for (const stream of this.open.keys()) stream.end();
  }

  private forgetOneOf(userId: string): void {
    const left = (this.streamsOf.get(userId) ?? 0) - 1;
    if (left > 0) this.streamsOf.set(userId, left);
    else this.streamsOf.delete(userId);
  }

  private tendLater(): void {
    if (this.open.size === 0) return;
    this.timer ??= setTimeout(() => {
      void this.tend().finally(() => {
        this.timer = undefined;
        this.tendLater();
      });
    }, tendEveryMs);
  }

  private async tend(): Promise<void> {
    for (const stream of this.open.keys()) stream.tend();
    if (!this.draining.begun) await this.endRefused();
  }

  private async endRefused(): Promise<void> {
    const readers = [...this.open];
    try {
      const ids = new Set(readers.map(([, { principal }]) => principal.sessionId));
      const holders = await this.sessions.findLiveHolders([...ids]);
      for (const [stream, { principal, mayRead }] of readers) {
        const holder = holders.get(principal.sessionId);
        if (holder === undefined || !mayRead(permissionsOf(holder.roles))) stream.end();
      }
    } catch (error) {
      // What can't be asked has no news either: streams read the same database.
      this.log.warn({ err: error }, 'The readers of event streams could not be checked; trying again');
    }
  }
}
