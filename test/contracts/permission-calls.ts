import fs from 'node:fs';
import { join } from 'node:path';
import type { Route } from '../harness/app/routes.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import type { Api, ApiResponse } from '../harness/http/api.ts';
import type { TestApiKey } from '../harness/http/api-keys.ts';
import { createApiKey, withKey } from '../harness/http/api-keys.ts';
import { createJob } from '../harness/http/job-calls.ts';
import { operations, requestContentOf } from '../harness/openapi/api-document.ts';
import { root } from '../harness/process/service-process.ts';
import type { OperationsApp } from './operations-app.ts';
import { exampleProvider } from './operations-app.ts';

/** The callers: unauthenticated; another user; the owner; an administrator, also by an API key with all permissions. */
const callers = ['anonymous', 'other', 'owner', 'admin', 'apiKey'] as const;
type Caller = (typeof callers)[number];

/** `hidden` is the 404 for a resource of another user. `in`: the request passed authentication and authorization. */
type Outcome = 'unauthenticated' | 'forbidden' | 'hidden' | 'in';

/** What each caller of a route receives. */
export type PermissionRow = Readonly<Record<Caller, Outcome>>;

export const permissionsFile = 'docs/reference/permissions.md';
export const committedPermissions = fs.readFileSync(join(root, permissionsFile), 'utf8');

/** The rows of the page as outcomes of the callers; other users and owners have the role `user`. */
export function permissionRows(): Record<string, PermissionRow> {
  const rows = committedPermissions.matchAll(
    /^\| `([A-Z]+ \/\S*)` *\|[^|]*\| (\w+) *\| (\w+) *\| (\w+) *\| (\w+) *\|$/gm,
  );
  return Object.fromEntries(
    [...rows].map(([, name = '', anonymous = '', user = '', administrator = '', key = '']) => [
      name,
      {
        anonymous: outcomeFor(anonymous),
        other: outcomeFor(user),
        owner: user === 'own' ? 'in' : outcomeFor(user),
        admin: outcomeFor(administrator),
        apiKey: outcomeFor(key),
      },
    ]),
  );
}

/** The outcome for a caller who is not the owner of the resource. */
function outcomeFor(cell: string): Outcome {
  const outcomes: Readonly<Record<string, Outcome>> = {
    yes: 'in',
    own: 'hidden',
    401: 'unauthenticated',
    403: 'forbidden',
  };
  const outcome = outcomes[cell];
  if (outcome === undefined) throw new Error(`${permissionsFile} has the unknown entry ${cell}`);
  return outcome;
}

/** A path with the identifiers of resources, and the user that owns them. */
interface Target {
  readonly owner: FactoryUser;
  readonly path: string;
}

/** A request of a caller. */
export interface PermissionCall {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with methods that have content, as JSON unless it is text. */
  readonly body: unknown;
  readonly mediaType: string;
}

type Send = (call: PermissionCall) => Promise<ApiResponse>;

interface Users {
  /** They call what changes nothing. */
  readonly readers: Readonly<Record<'admin' | 'other' | 'owner', FactoryUser>>;
  /** Some writes end all sessions of their caller. */
  readonly writers: Readonly<Record<'admin' | 'other', FactoryUser>>;
  /** No request with an API key ends it: they manage neither keys nor their owner. */
  readonly apiKey: TestApiKey;
}

const unknownUuid = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';

/** Calls routes as every kind of caller, on resources that it creates. */
export class PermissionCalls {
  private readonly api: Api;
  /** Returns an identifier for a parameter, by the path that ends with it; other resources have an example. */
  private readonly identifiers: Readonly<Record<string, (owner: FactoryUser) => string | Promise<string>>> = {
    '/v1/users/:id': ({ id }) => id,
    '/v1/users/:id/api-keys/:keyId': async (owner) => (await createApiKey(this.api.as(owner), [])).id,
    '/v1/users/:id/sessions/:sessionId': async (owner) => await this.unusedSessionOf(owner),
    '/v1/auth/sessions/:id': async (owner) => await this.unusedSessionOf(owner),
    '/v1/jobs/:id': async (owner) => await this.delayedJobOf(owner),
    '/v1/queues/:name': () => 'default',
    '/v1/auth/oauth/:provider': () => exampleProvider,
    '/v1/auth/reauthenticate/oauth/:provider': () => exampleProvider,
    '/v1/auth/identities/:provider': () => exampleProvider,
    '/v1/auth/identities/:id': async (owner) => await this.identityOf(owner),
    '/v1/auth/passkeys/:id': async (owner) => await this.passkeyOf(owner),
    '/v1/auth/mfa/totp/:id': async (owner) => await this.pendingFactorOf(owner),
    '/account/providers/:provider': () => exampleProvider,
    '/problems/:slug': () => 'forbidden',
    '/dev/mailbox/:id': async (owner) => await this.mailTo(owner),
    '/dev/mailbox/templates/:template': () => 'account-deleted',
  };

  private constructor(
    private readonly running: OperationsApp,
    private readonly users: Users,
    private readonly send: Send,
  ) {
    this.api = running.api;
  }

  static async start(running: OperationsApp, send: Send): Promise<PermissionCalls> {
    const { api, factory } = running;
    const readers = { admin: await factory.admin(), other: await factory.user(), owner: await factory.user() };
    const writers = { admin: await factory.admin(), other: await factory.user() };
    const apiKey = await createApiKey(api.as(readers.admin));
    return new PermissionCalls(running, { readers, writers, apiKey }, send);
  }

  /** The outcomes of a route. Each caller gets a resource of its own where calls change it. */
  async outcomes(route: Route): Promise<PermissionRow> {
    const row: Partial<Record<Caller, Outcome>> = {};
    const read = route.method === 'GET' ? await this.createTarget(route) : undefined;
    for (const caller of callers) {
      const target = read ?? (await this.createTarget(route));
      const headers = { ...preconditionOf(route), ...(await this.credentialsOf(caller, target, route)) };
      const call = { method: route.method, target: target.path, headers, ...contentFor(route) };
      row[caller] = outcomeOf(await this.send(call));
    }
    return row as PermissionRow;
  }

  /** The responses of a route for a resource of another user, and for one that does not exist. */
  async hiddenAndMissing(route: Route): Promise<{ readonly hidden: ApiResponse; readonly missing: ApiResponse }> {
    const target = await this.createTarget(route);
    const credentials = await this.credentialsOf('other', target, route);
    const headers = { ...preconditionOf(route), ...credentials, 'X-Request-Id': 'the-same' };
    const call = { method: route.method, headers, ...contentFor(route) };
    return {
      hidden: await this.send({ ...call, target: target.path }),
      missing: await this.send({ ...call, target: route.path.replaceAll(/:\w+/g, unknownUuid) }),
    };
  }

  /** The caller who ends it stays authenticated. */
  private async unusedSessionOf({ id }: FactoryUser): Promise<string> {
    return await this.insertedId(
      `INSERT INTO sessions (id, user_id, amr, expires_at)
       VALUES (gen_random_uuid(), $1, '{pwd}', now() + interval '1 day') RETURNING id`,
      [id],
    );
  }

  private async mailTo({ email }: FactoryUser): Promise<string> {
    return await this.insertedId(
      `INSERT INTO mails (id, template, recipient, sent_at) VALUES (gen_random_uuid(), 'account-deleted', $1, now())
       RETURNING id`,
      [email],
    );
  }

  private async delayedJobOf(owner: FactoryUser): Promise<string> {
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    return await createJob(this.api.as(owner), { type: 'test.steps', payload: { steps: 0 }, runAt });
  }

  private async identityOf({ id }: FactoryUser): Promise<string> {
    return await this.insertedId(
      `INSERT INTO identities (id, user_id, provider, issuer, subject)
       VALUES (gen_random_uuid(), $1::uuid, 'google', 'https://provider.example', $1::text) RETURNING id`,
      [id],
    );
  }

  /** Inserted, because logins of a user who registered one require a second factor. */
  private async passkeyOf({ id }: FactoryUser): Promise<string> {
    return await this.insertedId(
      `INSERT INTO passkeys (id, user_id, name, credential_id, public_key, counter, transports, backup_eligible, backed_up)
       VALUES (gen_random_uuid(), $1, 'Laptop', $2, $2, 0, '{}', false, false) RETURNING id`,
      [id, Buffer.from(id)],
    );
  }

  private async insertedId(sql: string, values: unknown[]): Promise<string> {
    const { rows } = await this.running.database.pool.query<{ id: string }>(sql, values);
    return rows[0]?.id ?? '';
  }

  private async pendingFactorOf(owner: FactoryUser): Promise<string> {
    const { body } = await this.api.as(owner).post('/v1/auth/mfa/totp', {});
    return (body as { factorId: string }).factorId;
  }

  /**
   * Creates a resource with the example of its document, as the user that owns it, or as an administrator if that
   * requires a permission.
   */
  private async createdId(collection: string, template: string, owner: FactoryUser): Promise<string> {
    const create = operationOf({ method: 'POST', path: template });
    const content = create && requestContentOf(create);
    if (content === undefined) throw new Error(`identifiers has to have one of ${template}`);
    const creator = create?.['x-permissions'] === undefined ? owner : this.users.readers.admin;
    const response = await this.api.as(creator).post(collection, content.example);
    const { id } = response.body as { id?: string };
    if (id === undefined) throw new Error(`POST ${collection} with the example of the document: ${response.text}`);
    return id;
  }

  /** Creates the resources that a path has parameters for, from left to right, of a new user. */
  private async createTarget({ method, path }: Route): Promise<Target> {
    const { readers } = this.users;
    if (path === '*') return { owner: readers.owner, path: '/nowhere' };
    const owner = method === 'GET' && !path.includes(':') ? readers.owner : await this.running.factory.user();
    const template = path.split('/');
    const segments = path.replace('*', 'swagger-ui.css').split('/');
    for (const [at, segment] of segments.entries()) {
      if (!segment.startsWith(':')) continue;
      const identifier = this.identifiers[template.slice(0, at + 1).join('/')];
      segments[at] =
        identifier === undefined
          ? await this.createdId(segments.slice(0, at).join('/'), template.slice(0, at).join('/'), owner)
          : await identifier(owner);
    }
    return { owner, path: segments.join('/') };
  }

  private async credentialsOf(caller: Caller, { owner }: Target, { method }: Route): Promise<Record<string, string>> {
    const { readers, writers, apiKey } = this.users;
    if (caller === 'anonymous') return {};
    if (caller === 'apiKey') return withKey(apiKey);
    const { accessToken } =
      method === 'GET'
        ? await this.api.tokensOf({ ...readers, owner }[caller])
        : await this.api.logIn({ ...writers, owner }[caller]);
    return { Authorization: `Bearer ${accessToken}` };
  }
}

function operationOf({ method, path }: Route): (typeof operations)[number] | undefined {
  const template = path.replaceAll(/:(\w+)/g, '{$1}');
  return operations.find((operation) => operation.method === method && operation.path === template);
}

/**
 * A valid body where access to a resource is checked after validation; elsewhere an empty one, which changes nothing.
 */
function contentFor(route: Route): Pick<PermissionCall, 'body' | 'mediaType'> {
  const { mediaType = 'application/json', example = {} } = requestContentOf(operationOf(route) ?? {}) ?? {};
  const empty = typeof example === 'string' ? '' : {};
  return { mediaType, body: route.path.includes(':') ? example : empty };
}

/** A write of a resource without its precondition is rejected before the access to the resource is checked. */
function preconditionOf({ path }: Route): Record<string, string> {
  return path.includes(':') ? { 'If-Match': '*' } : {};
}

function outcomeOf({ status, text }: ApiResponse): Outcome {
  if (status >= 500) throw new Error(`${status} ${text}`);
  if (status === 401 && text.includes('"/problems/unauthenticated"')) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  return status === 404 && text.includes('"/problems/not-found"') ? 'hidden' : 'in';
}

/** A response without what differs between two of the same request. */
export function withoutDate({ status, headers: { date: _, ratelimit: __, ...headers }, text }: ApiResponse): unknown {
  return { status, headers, text };
}
