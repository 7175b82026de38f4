import { createHash, randomBytes } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { WireResponse, WireRequest } from './http-client.ts';
import type { Draft } from './requests.ts';

const password = 'a password of the fuzzer';
/** Callers of each kind. */
const callersPerKind = 3;
/** The least number of users that requests may change and delete. */
const minUsers = 60;
/** How many recent values of responses are reused. */
const maxRecent = 200;

/** Includes jobs with artifacts, which are few. */
const someJobs = `(SELECT job_id AS id FROM artifacts ORDER BY random() LIMIT 60)
  UNION ALL (SELECT id FROM jobs WHERE type = 'users.export' ORDER BY random() LIMIT 60)
  UNION ALL (SELECT id FROM jobs ORDER BY random() LIMIT 60)`;

/** Purposes of one-time tokens, except magic links, which need the browser that requested them. */
const purposes = ['invitation', 'verify-email', 'reset-password', 'email-change', 'email-revert'];

const kinds = ['user', 'admin'] as const;
type Kind = (typeof kinds)[number];

interface FuzzCaller {
  id: string;
  token: string;
  replacement: Promise<void> | undefined;
}

/** The callers of requests, and the current values of the placeholders in generated requests. */
export class FuzzFixtures {
  private readonly callers: Readonly<Record<Kind, FuzzCaller[]>> = { user: [], admin: [] };
  private readonly pools = new Map<string, string[]>([['password', [password]]]);
  private readonly pages: { target: string; token: string }[] = [];
  private passwordHash = '';
  private counter = 0;

  constructor(
    private readonly url: URL,
    private readonly pool: Pool,
  ) {}

  async create(): Promise<void> {
    this.passwordHash = await hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1, outputLen: 32 });
    for (const kind of kinds) {
      for (let at = 0; at < callersPerKind; at += 1) {
        const caller: FuzzCaller = { id: '', token: '', replacement: undefined };
        this.callers[kind].push(caller);
        await this.replace(kind, caller);
      }
    }
    this.pools.set(
      'key',
      Array.from({ length: 400 }, (_, at) => `key-${at}`),
    );
    await this.refill();
  }

  /** Replaces test data that requests have used up. */
  async refill(): Promise<void> {
    const own = kinds.flatMap((kind) => this.callers[kind].map(({ id }) => id));
    const live = await this.ids(
      'SELECT id FROM users WHERE deleted_at IS NULL AND id <> ALL($1) ORDER BY random() LIMIT 150',
      [own],
    );
    for (let missing = minUsers - live.length; missing > 0; missing -= 1) live.push(await this.addUser(['user']));
    const deleted = await this.ids('SELECT id FROM users WHERE deleted_at IS NOT NULL ORDER BY random() LIMIT 40');
    const emails = await this.ids('SELECT email AS id FROM users WHERE deleted_at IS NULL ORDER BY random() LIMIT 60');
    this.pools.set('user', [...live, ...deleted, ...own.slice(0, 1)]);
    this.pools.set(
      'email',
      emails.filter((email) => /^[\w.+-]+@[\w.-]+$/.test(email)),
    );
    this.pools.set('job', await this.ids(someJobs));
    this.pools.set('schedule', await this.ids('SELECT id FROM job_schedules ORDER BY random() LIMIT 60'));
    this.pools.set('mailed', await this.oneTimeTokens(live));
    await this.resumeQueues();
  }

  /** Replaces every placeholder in the request with its current value. */
  async fill({ method, target, headers, body, bytes }: Draft): Promise<WireRequest> {
    await this.ready();
    const text = body === undefined ? undefined : Buffer.from(this.resolve(body));
    const middle = Math.floor((text?.length ?? 0) / 2);
    return {
      method,
      target: this.resolve(target),
      headers: headers.map(([name, value]) => [name, this.resolve(value)]),
      body:
        text === undefined
          ? undefined
          : Buffer.concat([text.subarray(0, middle), Buffer.from(bytes), text.subarray(middle)]),
    };
  }

  /** Waits until every caller is logged in. */
  async ready(): Promise<void> {
    for (const kind of kinds) for (const { replacement } of this.callers[kind]) await replacement;
  }

  /** Stores values of the response for later requests; replaces the caller after a 401. */
  learn(request: WireRequest, { exchange: { status, headers, body } }: WireResponse): void {
    const token = request.headers.find(([name]) => name === 'Authorization')?.[1].replace(/^Bearer /, '') ?? '';
    if (status === 401) this.replaceCaller(token);
    if (headers['etag'] !== undefined) this.store('tag', headers['etag']);
    const { page, refreshToken } = (body ?? {}) as {
      page?: { next?: unknown; prev?: unknown };
      refreshToken?: unknown;
    };
    if (typeof refreshToken === 'string') this.store('refresh', refreshToken);
    for (const cursor of [page?.next, page?.prev]) if (typeof cursor === 'string') this.store('cursor', cursor);
    for (const [, next = ''] of (headers['link'] ?? '').matchAll(/<[^>]*?(\/v1\/[^>]+)>/g)) {
      this.pages.push({ target: next, token });
      if (this.pages.length > maxRecent) this.pages.shift();
    }
  }

  private resolve(text: string): string {
    return text.replaceAll(/\{\{(\w+):(\d+)\}\}/g, (_, pool: string, at: string) => this.value(pool, Number(at)));
  }

  private value(pool: string, at: number): string {
    if (pool === 'userToken') return this.callers.user[at % callersPerKind]?.token ?? '';
    if (pool === 'adminToken') return this.callers.admin[at % callersPerKind]?.token ?? '';
    if (pool === 'address') return `new${(this.counter += 1)}@example.com`;
    if (pool === 'USER') return this.value('user', at).toUpperCase();
    const page = this.pages[at % Math.max(this.pages.length, 1)];
    if (pool === 'next') return page?.target ?? '/v1/users';
    if (pool === 'nextToken') return page?.token ?? '';
    const values = this.pools.get(pool) ?? [];
    return values[at % Math.max(values.length, 1)] ?? '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
  }

  private store(pool: string, value: string): void {
    const values = this.pools.get(pool) ?? [];
    this.pools.set(pool, [...values.slice(1 - maxRecent), value]);
  }

  private replaceCaller(token: string): void {
    for (const kind of kinds) {
      for (const caller of this.callers[kind]) {
        if (caller.token !== token || caller.replacement !== undefined) continue;
        const replaced = this.replace(kind, caller).finally(() => (caller.replacement = undefined));
        // ready() reports it.
        replaced.catch(() => undefined);
        caller.replacement = replaced;
      }
    }
  }

  private async replace(kind: Kind, caller: FuzzCaller): Promise<void> {
    const email = `${kind}${(this.counter += 1)}@callers.example.com`;
    const id = await this.addUser(kind === 'admin' ? ['user', 'admin'] : ['user'], email);
    const response = await fetch(new URL('/v1/auth/login', this.url), {
      method: 'POST',
      // The service may close a kept connection at the same time.
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ email, password }),
    });
    const { accessToken, refreshToken } = (await response.json()) as { accessToken?: string; refreshToken?: string };
    if (accessToken === undefined || refreshToken === undefined)
      throw new Error(`The login returned ${response.status}`);
    Object.assign(caller, { id, token: accessToken });
  }

  /** Requests may have paused the queues. */
  private async resumeQueues(): Promise<void> {
    for (const queue of ['default', 'heavy']) {
      const headers = { authorization: `Bearer ${this.value('adminToken', 0)}`, connection: 'close' };
      await fetch(new URL(`/v1/queues/${queue}/resume`, this.url), { method: 'POST', headers });
    }
  }

  private async addUser(roles: readonly string[], email = `fuzzed${(this.counter += 1)}@example.com`): Promise<string> {
    const id = uuidv7();
    await this.pool.query(
      `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
       VALUES ($1, $2, $2, CASE WHEN $5 THEN now() END, $3, $4, now(), now())`,
      [id, email, this.passwordHash, roles, this.counter % 5 !== 0 || email.includes('callers')],
    );
    return id;
  }

  private async ids(sql: string, values: unknown[] = []): Promise<string[]> {
    return (await this.pool.query<{ id: string }>(sql, values)).rows.map(({ id }) => id);
  }

  /** Inserts one-time tokens and returns them as mails contain them. */
  private async oneTimeTokens(users: readonly string[]): Promise<string[]> {
    const tokens = users.slice(0, 20).map((userId, at) => ({
      userId,
      token: randomBytes(24).toString('base64url'),
      purpose: purposes[at % purposes.length],
    }));
    for (const { userId, token, purpose } of tokens) {
      await this.pool.query(
        `INSERT INTO one_time_tokens (id, purpose, user_id, email, token_hash, expires_at)
         SELECT $1, $2, id, email, $4, now() + interval '1 h' FROM users WHERE id = $3`,
        [uuidv7(), purpose, userId, createHash('sha256').update(token).digest()],
      );
    }
    return tokens.map(({ token }) => token);
  }
}
