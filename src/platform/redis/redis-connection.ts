import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';

/** Limit of a command, and of opening a connection. */
export const timeoutMs = 2000;

/** A connection without a reply for this long is closed, before its commands fail: the next ones do not wait. */
const silenceMs = 1800;

/** Limit of a health check: the probe that waits for it must respond in bounded time. */
const probeTimeoutMs = 400;

/** Longest pause between two attempts to connect. */
export const longestRetryMs = 1000;

/**
 * How long the server may take to close a connection that is no longer used. It also keeps the process running for this
 * long when the connection was lost before.
 */
export const disconnectMs = 100;

/** There is no usable connection. Thrown at once: no command waits until Redis returns. */
class RedisUnavailable extends Error {}

/** A Lua script, which Redis executes atomically. */
export interface RedisScript {
  readonly text: string;
  /** SHA-1 of the text in hexadecimal digits, by which Redis stores it. */
  readonly sha: string;
}

/**
 * One connection for commands of requests: while Redis is unavailable they fail at once, and it reconnects in the
 * background. A command without a reply ends after 2 s, and so does the connection.
 */
export class RedisConnection {
  /** For libraries that send commands of their own. */
  readonly client: Redis;
  private readonly log = new Logger(RedisConnection.name);
  private isUsable = false;
  private failing = false;

  constructor(
    url: string,
    private readonly name: string,
  ) {
    this.client = new Redis(url, {
      lazyConnect: true,
      connectionName: `plinth-${name}`,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: timeoutMs,
      connectTimeout: timeoutMs,
      disconnectTimeout: disconnectMs,
      // A server that is suspended keeps its connections open: only a new one shows that it responds again.
      socketTimeout: silenceMs,
      retryStrategy: (attempt) => Math.min(50 * attempt, longestRetryMs),
    });
    // Without a listener ioredis prints every failed attempt.
    this.client.on('error', (error) => {
      this.reportFailure(error);
    });
    this.client.on('close', () => {
      this.isUsable = false;
    });
    this.client.on('ready', () => {
      this.reportRecovery();
    });
  }

  get isAvailable(): boolean {
    return this.isUsable;
  }

  /** Opens the connection, or returns within 2 s and continues to try in the background. */
  async open(): Promise<void> {
    await this.client.connect().catch((error: unknown) => {
      this.reportFailure(error);
    });
  }

  async close(): Promise<void> {
    await this.client.quit().catch(() => {
      this.client.disconnect();
    });
  }

  /**
   * Runs a script on these keys.
   * @throws RedisUnavailable at once while there is no connection, and errors of ioredis
   */
  async run({ text, sha }: RedisScript, keys: readonly string[], args: readonly (number | string)[]): Promise<unknown> {
    return await this.send(async (client) => {
      try {
        return await client.evalsha(sha, keys.length, ...keys, ...args);
      } catch (error) {
        // The server was restarted, or its scripts were deleted.
        if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await client.eval(text, keys.length, ...keys, ...args);
      }
    });
  }

  /**
   * Sends commands.
   * @throws RedisUnavailable at once while there is no connection, and errors of ioredis
   */
  async send<T>(commands: (client: Redis) => Promise<T>): Promise<T> {
    if (!this.isUsable) throw new RedisUnavailable(`No connection to Redis (${this.name})`);
    return await commands(this.client);
  }

  /** Whether Redis responds within 400 ms. */
  async responds(): Promise<boolean> {
    const reply = this.send(async (client) => await client.ping()).then(
      () => true,
      () => false,
    );
    return await Promise.race([reply, delay(probeTimeoutMs, false, { ref: false })]);
  }

  private reportFailure(error: unknown): void {
    if (!this.failing) {
      // Without the failed command, which has the password when it is AUTH: commands of npm run log without redaction.
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.log.warn({ connection: this.name, reason }, 'Redis unavailable; reconnecting');
    }
    this.failing = true;
  }

  private reportRecovery(): void {
    if (this.failing) this.log.log({ connection: this.name }, 'Redis available again');
    this.failing = false;
    this.isUsable = true;
  }
}

/** Whether Redis has responded with an error; ioredis exports the class of it without a type. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
