import { createHash, randomBytes } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { Answer, WireRequest } from './wire.ts';
import type { Draft } from './requests.ts';

const password = 'a password of nobody else';
/** So many of each kind act. */
const actors = 3;
/** So many users there are at least for others to be changed and deleted. */
const crowd = 60;
/** What replies told is remembered so long as no more than this has come since. */
const remembered = 200;

/** Those with files among them, for most jobs have none. */
const someJobs = `(SELECT job_id AS id FROM artifacts ORDER BY random() LIMIT 60)
  UNION ALL (SELECT id FROM jobs WHERE type = 'users.export' ORDER BY random() LIMIT 60)
  UNION ALL (SELECT id FROM jobs ORDER BY random() LIMIT 60)`;

/** Of mailed tokens; a link to log in works in the browser alone that has asked for it. */
const purposes = ['invitation', 'verify-email', 'reset-password', 'email-change', 'email-revert'];

const kinds = ['user', 'admin'] as const;
type Kind = (typeof kinds)[number];

interface Actor {
  id: string;
  token: string;
  reviving: Promise<void> | undefined;
}

/** Who acts and what is acted on: people who can log in, and what names in braces stand for just now. */
export class Cast {
  private readonly people: Readonly<Record<Kind, Actor[]>> = { user: [], admin: [] };
  private readonly pools = new Map<string, string[]>([['password', [password]]]);
  private readonly pages: { target: string; token: string }[] = [];
  private passwordHash = '';
  private counter = 0;

  constructor(
    private readonly url: URL,
    private readonly pool: Pool,
  ) {}

  async begin(): Promise<void> {
    this.passwordHash = await hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1, outputLen: 32 });
    for (const kind of kinds) {
      for (let at = 0; at < actors; at += 1) {
        const actor: Actor = { id: '', token: '', reviving: undefined };
        this.people[kind].push(actor);
        await this.replace(kind, actor);
      }
    }
    this.pools.set(
      'key',
      Array.from({ length: 400 }, (_, at) => `key-${at}`),
    );
    await this.refill();
  }

  /** Has things be there again that requests have used up. */
  async refill(): Promise<void> {
    const own = kinds.flatMap((kind) => this.people[kind].map(({ id }) => id));
    const live = await this.ids(
      'SELECT id FROM users WHERE deleted_at IS NULL AND id <> ALL($1) ORDER BY random() LIMIT 150',
      [own],
    );
    for (let missing = crowd - live.length; missing > 0; missing -= 1) live.push(await this.addUser(['user']));
    const deleted = await this.ids('SELECT id FROM users WHERE deleted_at IS NOT NULL ORDER BY random() LIMIT 40');
    const emails = await this.ids('SELECT email AS id FROM users WHERE deleted_at IS NULL ORDER BY random() LIMIT 60');
    this.pools.set('user', [...live, ...deleted, ...own.slice(0, 1)]);
    this.pools.set(
      'email',
      emails.filter((email) => /^[\w.+-]+@[\w.-]+$/.test(email)),
    );
    this.pools.set('job', await this.ids(someJobs));
    this.pools.set('schedule', await this.ids('SELECT id FROM job_schedules ORDER BY random() LIMIT 60'));
    this.pools.set('mailed', await this.mailedTokens(live));
    await this.resumeQueues();
  }

  /** The request as it stands now: every name in braces replaced by what it stands for. */
  async fill({ method, target, headers, body, bytes }: Draft): Promise<WireRequest> {
    await this.everybody();
    const text = body === undefined ? undefined : Buffer.from(this.named(body));
    const middle = Math.floor((text?.length ?? 0) / 2);
    return {
      method,
      target: this.named(target),
      headers: headers.map(([name, value]) => [name, this.named(value)]),
      body:
        text === undefined
          ? undefined
          : Buffer.concat([text.subarray(0, middle), Buffer.from(bytes), text.subarray(middle)]),
    };
  }

  /** Waits until everybody who acts can do so. */
  async everybody(): Promise<void> {
    for (const kind of kinds) for (const { reviving } of this.people[kind]) await reviving;
  }

  /** Remembers what the reply leads to; whoever is no longer let in is replaced. */
  learn(request: WireRequest, { exchange: { status, headers, body } }: Answer): void {
    const token = request.headers.find(([name]) => name === 'Authorization')?.[1].replace(/^Bearer /, '') ?? '';
    if (status === 401) this.revive(token);
    if (headers['etag'] !== undefined) this.remember('tag', headers['etag']);
    const { page, refreshToken } = (body ?? {}) as {
      page?: { next?: unknown; prev?: unknown };
      refreshToken?: unknown;
    };
    if (typeof refreshToken === 'string') this.remember('refresh', refreshToken);
    for (const cursor of [page?.next, page?.prev]) if (typeof cursor === 'string') this.remember('cursor', cursor);
    for (const [, next = ''] of (headers['link'] ?? '').matchAll(/<[^>]*?(\/v1\/[^>]+)>/g)) {
      this.pages.push({ target: next, token });
      if (this.pages.length > remembered) this.pages.shift();
    }
  }

  private named(text: string): string {
    return text.replaceAll(/\{\{(\w+):(\d+)\}\}/g, (_, pool: string, at: string) => this.value(pool, Number(at)));
  }

  private value(pool: string, at: number): string {
    if (pool === 'userToken') return this.people.user[at % actors]?.token ?? '';
    if (pool === 'adminToken') return this.people.admin[at % actors]?.token ?? '';
    if (pool === 'address') return `new${(this.counter += 1)}@example.com`;
    if (pool === 'USER') return this.value('user', at).toUpperCase();
    const page = this.pages[at % Math.max(this.pages.length, 1)];
    if (pool === 'next') return page?.target ?? '/v1/users';
    if (pool === 'nextToken') return page?.token ?? '';
    const values = this.pools.get(pool) ?? [];
    return values[at % Math.max(values.length, 1)] ?? '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
  }

  private remember(pool: string, value: string): void {
    const values = this.pools.get(pool) ?? [];
    this.pools.set(pool, [...values.slice(1 - remembered), value]);
  }

  private revive(token: string): void {
    for (const kind of kinds) {
      for (const actor of this.people[kind]) {
        if (actor.token !== token || actor.reviving !== undefined) continue;
        const replaced = this.replace(kind, actor).finally(() => (actor.reviving = undefined));
        // Told to whoever fills in the next request.
        replaced.catch(() => undefined);
        actor.reviving = replaced;
      }
    }
  }

  private async replace(kind: Kind, actor: Actor): Promise<void> {
    const email = `${kind}${(this.counter += 1)}@actors.example.com`;
    const id = await this.addUser(kind === 'admin' ? ['user', 'admin'] : ['user'], email);
    const reply = await fetch(new URL('/v1/auth/login', this.url), {
      method: 'POST',
      // A connection that was kept may be closed under it.
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ email, password }),
    });
    const { accessToken, refreshToken } = (await reply.json()) as { accessToken?: string; refreshToken?: string };
    if (accessToken === undefined || refreshToken === undefined) throw new Error(`The login answered ${reply.status}`);
    Object.assign(actor, { id, token: accessToken });
  }

  /** Jobs would wait until a request happens to say so. */
  private async resumeQueues(): Promise<void> {
    for (const queue of ['default', 'heavy']) {
      const headers = { authorization: `Bearer ${this.value('adminToken', 0)}`, connection: 'close' };
      await fetch(new URL(`/v1/queues/${queue}/resume`, this.url), { method: 'POST', headers });
    }
  }

  private async addUser(roles: readonly string[], email = `crowd${(this.counter += 1)}@example.com`): Promise<string> {
    const id = uuidv7();
    await this.pool.query(
      `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
       VALUES ($1, $2, $2, CASE WHEN $5 THEN now() END, $3, $4, now(), now())`,
      [id, email, this.passwordHash, roles, this.counter % 5 !== 0 || email.includes('actors')],
    );
    return id;
  }

  private async ids(sql: string, values: unknown[] = []): Promise<string[]> {
    return (await this.pool.query<{ id: string }>(sql, values)).rows.map(({ id }) => id);
  }

  /** Tokens as mails carry them, each good for one use. */
  private async mailedTokens(users: readonly string[]): Promise<string[]> {
    const tokens = users.slice(0, 20).map((userId, at) => ({
      userId,
      token: randomBytes(24).toString('base64url'),
      purpose: purposes[at % purposes.length],
    }));
    for (const { userId, token, purpose } of tokens) {
      await this.pool.query(
        `INSERT INTO mailed_tokens (id, purpose, user_id, address, token_hash, expires_at)
         SELECT $1, $2, id, email, $4, now() + interval '1 h' FROM users WHERE id = $3`,
        [uuidv7(), purpose, userId, createHash('sha256').update(token).digest()],
      );
    }
    return tokens.map(({ token }) => token);
  }
}
