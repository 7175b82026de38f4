import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { AccessInvalidation, AccessInvalidationListener } from '../../cache-invalidation/access-invalidation.ts';
import { AccessInvalidationBus } from '../../cache-invalidation/access-invalidation-bus.ts';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { isMfaMissing } from '../../config/variables/credentials.ts';
import { runOutsideRequest } from '../../logging/request-context.ts';
import { ActiveSessionsRepository } from '../auth/active-sessions.repository.ts';
import type { Permission } from '../auth/permissions.ts';
import { permissionsOf } from '../auth/permissions.ts';
import type { Principal } from '../auth/principal.ts';
import { ShutdownState } from '../server/shutdown-state.ts';
import { TooManyRequests } from '../overload/rate-limit.errors.ts';
import { EventStream } from './event-stream.ts';

/** The client of a stream, and the check that its permissions must keep passing. */
export interface StreamReader {
  readonly principal: Principal;
  readonly canRead: (permissions: readonly Permission[]) => boolean;
  /** WebSocket connections are limited on their own, apart from the streams of events. */
  readonly kind?: 'connection';
}

/** Why a stream ends. */
export type EndReason = 'shutdown' | 'session-ended' | 'forbidden';

/** What stays open for a client: an event stream, a WebSocket connection, or one of its subscriptions. */
export interface OpenStream {
  end(reason: EndReason): void;
  /** Called every second. */
  keepAlive(): void;
  /** Calls `listener` when it has closed, or at once if it has already. */
  onClose(listener: () => void): void;
}

const checkIntervalMs = 1000;
/** Rate limits count a stream once, when it begins; an open stream costs memory and queries. */
const maxStreamsPerUser = 100;
const retryAfterSeconds = 10;

/**
 * The open streams of this process. A stream outlives the authentication of its request: session and permissions are
 * checked again when a change is received, and every second, so that the stream of an unauthorized client ends within a
 * second even if no change was received.
 */
@Injectable()
export class EventStreams implements OnModuleInit, OnModuleDestroy, AccessInvalidationListener {
  private readonly log = new Logger(EventStreams.name);
  private readonly open = new Map<OpenStream, StreamReader>();
  /** Open streams by kind and user. */
  private readonly countByUser = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: ActiveSessionsRepository,
    private readonly shutdown: ShutdownState,
    private readonly invalidations: AccessInvalidationBus,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Starts a stream; its `body` is the body of the response.
   * @throws TooManyRequests when the user has 100 open streams on this process
   */
  start(reply: Pick<FastifyReply, 'raw' | 'header'>, reader: StreamReader): EventStream {
    return this.watch(reader, () => {
      // nginx would buffer events.
      void reply.header('X-Accel-Buffering', 'no');
      return new EventStream(reply.raw);
    });
  }

  /**
   * Opens a stream that ends when its reader is no longer authorized, and at the shutdown.
   * @throws TooManyRequests when the user has 100 open streams of its kind on this process
   */
  watch<Stream extends OpenStream>(reader: StreamReader, open: () => Stream): Stream {
    const { kind = 'event stream', principal } = reader;
    const key = `${kind} ${principal.userId}`;
    const streams = this.countByUser.get(key) ?? 0;
    if (streams >= maxStreamsPerUser) {
      const detail = `${maxStreamsPerUser} ${kind}s are open`;
      throw new TooManyRequests({ detail, headers: { 'Retry-After': String(retryAfterSeconds) } });
    }
    const stream = open();
    this.open.set(stream, reader);
    this.countByUser.set(key, streams + 1);
    stream.onClose(() => {
      this.open.delete(stream);
      this.decrement(key);
    });
    // The client reconnects to another instance.
    if (this.shutdown.isDraining) stream.end('shutdown');
    runOutsideRequest(() => {
      this.scheduleCheck();
    });
    return stream;
  }

  onModuleInit(): void {
    this.invalidations.subscribe(this);
  }

  onInvalidation({ sessionId, userId }: AccessInvalidation): void {
    this.recheck(({ principal }) => principal.sessionId === sessionId || principal.userId === userId);
  }

  invalidateAll(): void {
    this.recheck(() => true);
  }

  /** Ends all streams: an open one would last until its connection is destroyed. */
  onModuleDestroy(): void {
    clearTimeout(this.timer);
    for (const stream of this.open.keys()) stream.end('shutdown');
  }

  private decrement(key: string): void {
    const remaining = (this.countByUser.get(key) ?? 0) - 1;
    if (remaining > 0) this.countByUser.set(key, remaining);
    else this.countByUser.delete(key);
  }

  private scheduleCheck(): void {
    if (this.open.size === 0) return;
    this.timer ??= setTimeout(() => {
      void this.check().finally(() => {
        this.timer = undefined;
        this.scheduleCheck();
      });
    }, checkIntervalMs);
  }

  private async check(): Promise<void> {
    for (const stream of this.open.keys()) stream.keepAlive();
    if (!this.shutdown.isDraining) await this.endUnauthorized([...this.open]);
  }

  private recheck(isAffected: (reader: StreamReader) => boolean): void {
    const readers = [...this.open].filter(([, reader]) => isAffected(reader));
    if (readers.length === 0 || this.shutdown.isDraining) return;
    runOutsideRequest(() => {
      void this.endUnauthorized(readers);
    });
  }

  private async endUnauthorized(readers: readonly [OpenStream, StreamReader][]): Promise<void> {
    try {
      const ids = new Set(readers.flatMap(([, { principal }]) => principal.sessionId ?? []));
      const owners = await this.sessions.findActiveOwners([...ids]);
      for (const [stream, { principal, canRead }] of readers) {
        // Without a session, as with an API key, nothing shows that the client is still authorized.
        const owner = owners.get(principal.sessionId ?? '');
        if (owner === undefined) stream.end('session-ended');
        else if (isMfaMissing(this.config, owner) || !canRead(permissionsOf(owner.roles))) stream.end('forbidden');
      }
    } catch (error) {
      // Streams read the same database: while it is unavailable, they send no events.
      this.log.warn({ err: error }, 'Event stream authorization re-check failed; retrying');
    }
  }
}
