import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { operations as TypedOperations } from '../client/api.d.ts';
import { allUsers } from '../client/example.ts';
import { ApiJobsModule } from './support/api-jobs.ts';
import { operations } from './support/api-document.ts';
import { start } from './support/app.ts';
import { ask, reaches } from './support/job-calls.ts';
import { LostRaces } from './support/lost-races.ts';
import { root } from './support/process.ts';
import { typedClient } from './support/typed-client.ts';

const { api, given, database } = await start({ AUTH_MAGIC_LINK: 'true' }, [ApiJobsModule]);
const admin = await given.admin();
const user = await given.user();
const asAdminApi = api.as(admin);
const anybody = await typedClient(api);
const asUser = await typedClient(api, user);
const asAdmin = await typedClient(api, admin);
const races = await LostRaces.prepare(database);

/** What openapi-fetch gives back. */
interface Outcome {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

type Call = () => Promise<Outcome>;

/** How an operation succeeds and fails when a typed client calls it; a reason where it can't. */
interface Row {
  /** Makes what the call needs; the call comes after. */
  readonly works: { readonly status: number; readonly prepare: () => Promise<Call> | Call };
  readonly fails: { readonly slug: string; readonly call: Call } | { readonly never: string };
}

const password = 'correct horse battery staple';
const nobody = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const exported = { type: 'users.export', payload: { format: 'csv' } } as const;
const nightly = { ...exported, cron: '30 2 * * *', timezone: 'Europe/Berlin' };
const unknownId = { path: { id: nobody } };
const whatever = { header: { 'If-Match': '*' } };
const unknownSchedule = { ...unknownId, header: { 'If-Match': '*' } };

let counter = 0;
const newEmail = (): string => `client${(counter += 1)}@example.com`;

async function mailedToken(): Promise<string> {
  const email = newEmail();
  await api.post('/v1/auth/register', { email, password });
  return await newestToken(email);
}

async function newestToken(email: string): Promise<string> {
  const reply = await api.get(`/dev/mailbox?to=${email}`);
  const { data } = reply.body as { data: { links: string[] }[] };
  return new URL(data[0]?.links[0] ?? '').searchParams.get('token') ?? '';
}

/** A change of address that waits for its confirmation. */
async function requestedChange(): Promise<{ former: string; token: string }> {
  const mover = await given.user();
  const address = newEmail();
  await api.as(mover).post('/v1/auth/email/change', { newEmail: address });
  return { former: mover.email, token: await newestToken(address) };
}

async function waitingJob(): Promise<{ path: { id: string } }> {
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  return { path: { id: await ask(asAdminApi, { type: 'test.steps', payload: { steps: 0 }, runAt }) } };
}

async function doneJob(
  body: object = { type: 'test.steps', payload: { steps: 0 } },
): Promise<{ path: { id: string } }> {
  const id = await ask(asAdminApi, body);
  await reaches(asAdminApi, id, 'succeeded');
  return { path: { id } };
}

async function schedule(): Promise<{ path: { id: string }; header: { 'If-Match': string } }> {
  const { body } = await asAdminApi.post('/v1/job-schedules', nightly);
  return { path: { id: (body as { id: string }).id }, header: { 'If-Match': '*' } };
}

const table: Readonly<Record<keyof TypedOperations, Row>> = {
  register: {
    works: {
      status: 202,
      prepare: () => async () => await anybody.POST('/v1/auth/register', { body: { email: newEmail(), password } }),
    },
    fails: {
      slug: 'weak-password',
      call: async () => await anybody.POST('/v1/auth/register', { body: { email: newEmail(), password: 'short' } }),
    },
  },
  verifyEmail: {
    works: {
      status: 204,
      prepare: async () => {
        const token = await mailedToken();
        return async () => await anybody.POST('/v1/auth/email/verify', { body: { token } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () => await anybody.POST('/v1/auth/email/verify', { body: { token: 'nobody has this' } }),
    },
  },
  login: {
    works: {
      status: 200,
      prepare: () => async () =>
        await anybody.POST('/v1/auth/login', { body: { email: user.email, password: user.password } }),
    },
    fails: {
      slug: 'invalid-credentials',
      call: async () => await anybody.POST('/v1/auth/login', { body: { email: user.email, password: 'wrong' } }),
    },
  },
  changePassword: {
    works: {
      status: 200,
      prepare: async () => {
        const changer = await given.user();
        const asChanger = await typedClient(api, changer);
        const body = { currentPassword: changer.password, newPassword: password };
        return async () => await asChanger.POST('/v1/auth/password/change', { body });
      },
    },
    fails: {
      slug: 'current-password-invalid',
      call: async () =>
        await asUser.POST('/v1/auth/password/change', { body: { currentPassword: 'wrong', newPassword: password } }),
    },
  },
  refresh: {
    works: {
      status: 200,
      prepare: async () => {
        const { refreshToken } = await api.logIn(user);
        return async () => await anybody.POST('/v1/auth/refresh', { body: { refreshToken } });
      },
    },
    fails: {
      slug: 'invalid-refresh-token',
      call: async () => await anybody.POST('/v1/auth/refresh', { body: { refreshToken: 'rt_nobody' } }),
    },
  },
  logout: {
    works: {
      status: 204,
      prepare: async () => {
        const { refreshToken } = await api.logIn(user);
        return async () => await anybody.POST('/v1/auth/logout', { body: { refreshToken } });
      },
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await anybody.POST('/v1/auth/logout', { body: { refreshToken: '' } }),
    },
  },
  livez: {
    works: { status: 200, prepare: () => async () => await anybody.GET('/livez') },
    fails: { never: 'It fails by a bug alone; a client that makes no mistake sees none.' },
  },
  startupz: {
    works: { status: 200, prepare: () => async () => await anybody.GET('/startupz') },
    fails: { never: 'As livez.' },
  },
  readyz: {
    works: { status: 200, prepare: () => async () => await anybody.GET('/readyz') },
    fails: { never: 'It takes the database away, which every-operation.e2e-spec.ts does.' },
  },
  createJob: {
    works: {
      status: 202,
      prepare: () => async () => await asAdmin.POST('/v1/jobs', { body: exported }),
    },
    fails: {
      slug: 'forbidden',
      call: async () => await asUser.POST('/v1/jobs', { body: exported }),
    },
  },
  listJobs: {
    works: {
      status: 200,
      prepare: () => async () => await asUser.GET('/v1/jobs', { params: { query: { limit: 1, state: 'succeeded' } } }),
    },
    fails: {
      slug: 'cursor-invalid',
      call: async () => await asUser.GET('/v1/jobs', { params: { query: { cursor: 'AAAA' } } }),
    },
  },
  getJob: {
    works: {
      status: 200,
      prepare: async () => {
        const params = await waitingJob();
        return async () => await asAdmin.GET('/v1/jobs/{id}', { params });
      },
    },
    fails: { slug: 'not-found', call: async () => await asUser.GET('/v1/jobs/{id}', { params: unknownId }) },
  },
  cancelJob: {
    works: {
      status: 200,
      prepare: async () => {
        const params = await waitingJob();
        return async () => await asAdmin.POST('/v1/jobs/{id}/cancel', { params });
      },
    },
    fails: {
      slug: 'job-finished',
      call: async () => await asAdmin.POST('/v1/jobs/{id}/cancel', { params: await doneJob() }),
    },
  },
  retryJob: {
    works: {
      status: 200,
      prepare: async () => {
        const params = await waitingJob();
        await asAdmin.POST('/v1/jobs/{id}/cancel', { params });
        return async () => await asAdmin.POST('/v1/jobs/{id}/retry', { params });
      },
    },
    fails: {
      slug: 'job-not-retryable',
      call: async () => await asAdmin.POST('/v1/jobs/{id}/retry', { params: await waitingJob() }),
    },
  },
  streamJobEvents: {
    works: {
      status: 200,
      prepare: async () => {
        const params = await doneJob();
        return async () => await asAdmin.GET('/v1/jobs/{id}/events', { params, parseAs: 'text' });
      },
    },
    fails: { slug: 'not-found', call: async () => await asUser.GET('/v1/jobs/{id}/events', { params: unknownId }) },
  },
  getJobArtifact: {
    works: {
      status: 200,
      prepare: async () => {
        const params = await doneJob({ type: 'test.file', payload: { filename: 'a.csv', bytes: 10 } });
        return async () => await asAdmin.GET('/v1/jobs/{id}/artifact', { params, parseAs: 'text' });
      },
    },
    fails: {
      slug: 'artifact-not-ready',
      call: async () => await asAdmin.GET('/v1/jobs/{id}/artifact', { params: await waitingJob() }),
    },
  },
  listJobTypes: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/job-types') },
    fails: { slug: 'unauthenticated', call: async () => await anybody.GET('/v1/job-types') },
  },
  listJobSchedules: {
    works: {
      status: 200,
      prepare: () => async () => await asAdmin.GET('/v1/job-schedules', { params: { query: { perPage: 1 } } }),
    },
    fails: { slug: 'forbidden', call: async () => await asUser.GET('/v1/job-schedules') },
  },
  createJobSchedule: {
    works: {
      status: 201,
      prepare: () => async () => await asAdmin.POST('/v1/job-schedules', { body: nightly }),
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await asAdmin.POST('/v1/job-schedules', { body: { ...nightly, cron: 'never' } }),
    },
  },
  getJobSchedule: {
    works: {
      status: 200,
      prepare: async () => {
        const { path } = await schedule();
        return async () => await asAdmin.GET('/v1/job-schedules/{id}', { params: { path } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.GET('/v1/job-schedules/{id}', { params: unknownId }),
    },
  },
  updateJobSchedule: {
    works: {
      status: 200,
      prepare: async () => {
        const params = await schedule();
        return async () => await asAdmin.PATCH('/v1/job-schedules/{id}', { params, body: { paused: true } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () =>
        await asAdmin.PATCH('/v1/job-schedules/{id}', { params: unknownSchedule, body: { paused: true } }),
    },
  },
  deleteJobSchedule: {
    works: {
      status: 204,
      prepare: async () => {
        const params = await schedule();
        return async () => await asAdmin.DELETE('/v1/job-schedules/{id}', { params });
      },
    },
    fails: {
      slug: 'precondition-failed',
      call: async () => {
        const { path } = await schedule();
        const params = { path, header: { 'If-Match': '"99"' } };
        return await asAdmin.DELETE('/v1/job-schedules/{id}', { params });
      },
    },
  },
  listQueues: {
    works: { status: 200, prepare: () => async () => await asAdmin.GET('/v1/queues') },
    fails: { slug: 'forbidden', call: async () => await asUser.GET('/v1/queues') },
  },
  pauseQueue: {
    works: {
      status: 200,
      prepare: () => async () => await asAdmin.POST('/v1/queues/{name}/pause', { params: { path: { name: 'heavy' } } }),
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.POST('/v1/queues/{name}/pause', { params: { path: { name: 'none' } } }),
    },
  },
  resumeQueue: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asAdmin.POST('/v1/queues/{name}/resume', { params: { path: { name: 'heavy' } } }),
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.POST('/v1/queues/{name}/resume', { params: { path: { name: 'none' } } }),
    },
  },
  getJwks: {
    works: { status: 200, prepare: () => async () => await anybody.GET('/.well-known/jwks.json') },
    fails: { never: 'As readyz.' },
  },
  getMe: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/users/me') },
    fails: { slug: 'unauthenticated', call: async () => await anybody.GET('/v1/users/me') },
  },
  listUsers: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asAdmin.GET('/v1/users', {
          params: { query: { limit: 1, role: 'admin' }, header: { Prefer: 'return=total-count' } },
        }),
    },
    fails: {
      slug: 'parameter-invalid',
      call: async () => await asAdmin.GET('/v1/users', { params: { query: { limit: 0 } } }),
    },
  },
  getUser: {
    works: {
      status: 200,
      prepare: () => async () => await asAdmin.GET('/v1/users/{id}', { params: { path: { id: user.id } } }),
    },
    fails: { slug: 'not-found', call: async () => await asAdmin.GET('/v1/users/{id}', { params: unknownId }) },
  },
  updateUser: {
    works: {
      status: 200,
      prepare: async () => {
        const { id } = await given.user();
        const body = { displayName: 'Grace Hopper' };
        return async () => await asAdmin.PATCH('/v1/users/{id}', { params: { path: { id }, ...whatever }, body });
      },
    },
    fails: {
      slug: 'own-roles',
      call: async () =>
        await asAdmin.PATCH('/v1/users/{id}', {
          params: { path: { id: admin.id }, ...whatever },
          body: { roles: ['user'] },
        }),
    },
  },
  deleteUser: {
    works: {
      status: 204,
      prepare: async () => {
        const { id } = await given.user();
        return async () => await asAdmin.DELETE('/v1/users/{id}', { params: { path: { id }, ...whatever } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.DELETE('/v1/users/{id}', { params: { ...unknownId, ...whatever } }),
    },
  },
  createUser: {
    works: {
      status: 201,
      prepare: () => async () => await asAdmin.POST('/v1/users', { body: { email: newEmail() } }),
    },
    fails: {
      slug: 'email-taken',
      call: async () => await asAdmin.POST('/v1/users', { body: { email: user.email } }),
    },
  },
  listSessions: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/auth/sessions') },
    fails: { slug: 'unauthenticated', call: async () => await anybody.GET('/v1/auth/sessions') },
  },
  endSession: {
    works: {
      status: 204,
      prepare: async () => {
        const client = await typedClient(api, user);
        await api.logIn(user);
        const { data } = await client.GET('/v1/auth/sessions');
        const id = data?.data.find(({ current }) => !current)?.id ?? '';
        return async () => await client.DELETE('/v1/auth/sessions/{id}', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asUser.DELETE('/v1/auth/sessions/{id}', { params: unknownId }),
    },
  },
  logoutAll: {
    works: {
      status: 204,
      prepare: () => async () => await asUser.POST('/v1/auth/logout-all', { body: { scope: 'others' } }),
    },
    fails: {
      slug: 'unauthenticated',
      call: async () => await anybody.POST('/v1/auth/logout-all', { body: { scope: 'all' } }),
    },
  },
  listSecurityEvents: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asUser.GET('/v1/auth/security-events', { params: { query: { outcome: 'success' } } }),
    },
    fails: { slug: 'unauthenticated', call: async () => await anybody.GET('/v1/auth/security-events') },
  },
  listAuditEvents: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asAdmin.GET('/v1/audit-events', {
          params: { query: { subjectId: user.id, since: '2026-01-01T00:00:00Z', sort: 'at' } },
        }),
    },
    fails: { slug: 'forbidden', call: async () => await asUser.GET('/v1/audit-events') },
  },
  listUserSessions: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asAdmin.GET('/v1/users/{id}/sessions', { params: { path: { id: user.id }, query: { perPage: 5 } } }),
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.GET('/v1/users/{id}/sessions', { params: unknownId }),
    },
  },
  endUserSessions: {
    works: {
      status: 204,
      prepare: async () => {
        const somebody = await given.user();
        await api.tokensOf(somebody);
        const { id } = somebody;
        return async () => await asAdmin.DELETE('/v1/users/{id}/sessions', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'forbidden',
      call: async () => await asUser.DELETE('/v1/users/{id}/sessions', { params: unknownId }),
    },
  },
  disableUser: {
    works: {
      status: 200,
      prepare: async () => {
        const { id } = await given.user();
        return async () => await asAdmin.POST('/v1/users/{id}/disable', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'own-account',
      call: async () => await asAdmin.POST('/v1/users/{id}/disable', { params: { path: { id: admin.id } } }),
    },
  },
  enableUser: {
    works: {
      status: 200,
      prepare: async () => {
        const { id } = await given.user({ disabled: true });
        return async () => await asAdmin.POST('/v1/users/{id}/enable', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.POST('/v1/users/{id}/enable', { params: unknownId }),
    },
  },
  startPasswordReset: {
    works: {
      status: 202,
      prepare: async () => {
        const { id } = await given.user();
        return async () => await asAdmin.POST('/v1/users/{id}/password-reset', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.POST('/v1/users/{id}/password-reset', { params: unknownId }),
    },
  },
  restoreUser: {
    works: {
      status: 200,
      prepare: async () => {
        const { id } = await given.user({ deleted: true });
        return async () => await asAdmin.POST('/v1/users/{id}/restore', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.POST('/v1/users/{id}/restore', { params: unknownId }),
    },
  },
  listUserAuditEvents: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asAdmin.GET('/v1/users/{id}/audit-events', {
          params: { path: { id: user.id }, query: { limit: 5, outcome: 'success' } },
        }),
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.GET('/v1/users/{id}/audit-events', { params: unknownId }),
    },
  },
  updateMe: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asUser.PATCH('/v1/users/me', { params: whatever, body: { locale: 'de', timezone: 'Europe/Vienna' } }),
    },
    fails: {
      slug: 'precondition-failed',
      call: async () =>
        await asUser.PATCH('/v1/users/me', { params: { header: { 'If-Match': '"999"' } }, body: { locale: 'de' } }),
    },
  },
  deleteMe: {
    works: {
      status: 204,
      prepare: async () => {
        const leaving = await typedClient(api, await given.user());
        return async () => await leaving.DELETE('/v1/users/me', { params: whatever });
      },
    },
    fails: {
      slug: 'precondition-failed',
      call: async () => await asUser.DELETE('/v1/users/me', { params: { header: { 'If-Match': '"999"' } } }),
    },
  },
  forgotPassword: {
    works: {
      status: 202,
      prepare: () => async () => await anybody.POST('/v1/auth/password/forgot', { body: { email: user.email } }),
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await anybody.POST('/v1/auth/password/forgot', { body: { email: 'nobody' } }),
    },
  },
  resendVerification: {
    works: {
      status: 202,
      prepare: async () => {
        const { email } = await given.user({ verified: false });
        return async () => await anybody.POST('/v1/auth/email/verify/resend', { body: { email } });
      },
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await anybody.POST('/v1/auth/email/verify/resend', { body: { email: 'nobody' } }),
    },
  },
  changeEmail: {
    works: {
      status: 202,
      prepare: () => async () => await asUser.POST('/v1/auth/email/change', { body: { newEmail: newEmail() } }),
    },
    fails: {
      slug: 'unauthenticated',
      call: async () => await anybody.POST('/v1/auth/email/change', { body: { newEmail: newEmail() } }),
    },
  },
  confirmEmailChange: {
    works: {
      status: 204,
      prepare: async () => {
        const { token } = await requestedChange();
        return async () => await anybody.POST('/v1/auth/email/change/confirm', { body: { token } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () => await anybody.POST('/v1/auth/email/change/confirm', { body: { token: 'nobody has this' } }),
    },
  },
  revertEmailChange: {
    works: {
      status: 204,
      prepare: async () => {
        const { former, token: confirming } = await requestedChange();
        await api.post('/v1/auth/email/change/confirm', { token: confirming });
        const token = await newestToken(former);
        return async () => await anybody.POST('/v1/auth/email/change/revert', { body: { token } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () => await anybody.POST('/v1/auth/email/change/revert', { body: { token: 'nobody has this' } }),
    },
  },
  requestMagicLink: {
    works: {
      status: 202,
      prepare: () => async () => await anybody.POST('/v1/auth/magic-link', { body: { email: user.email } }),
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await anybody.POST('/v1/auth/magic-link', { body: { email: 'nobody' } }),
    },
  },
  verifyMagicLink: {
    works: {
      status: 200,
      prepare: async () => {
        const { email } = await given.user();
        const asked = await api.post('/v1/auth/magic-link', { email });
        const cookie = asked.headers['set-cookie']?.split(';')[0] ?? '';
        const token = await newestToken(email);
        return async () =>
          await anybody.POST('/v1/auth/magic-link/verify', { body: { token }, headers: { Cookie: cookie } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () => await anybody.POST('/v1/auth/magic-link/verify', { body: { token: 'nobody has this' } }),
    },
  },
  resetPassword: {
    works: {
      status: 204,
      prepare: async () => {
        const email = newEmail();
        await asAdminApi.post('/v1/users', { email });
        const token = await newestToken(email);
        return async () => await anybody.POST('/v1/auth/password/reset', { body: { token, newPassword: password } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () =>
        await anybody.POST('/v1/auth/password/reset', { body: { token: 'nobody has this', newPassword: password } }),
    },
  },
};

const rows = Object.entries(table);
const writes = new Set(operations.filter(({ method }) => method !== 'GET').map(({ operationId }) => operationId));
const losers = rows.filter(([name]) => writes.has(name));

describe('A client with the types of client/api.d.ts', () => {
  it('is tried with every operation of the document', () => {
    expect(Object.keys(table).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  it('compiles under --strict', async () => {
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const compiler = spawn(process.execPath, [tsc, '-p', join(root, 'client')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [complaints] = await Promise.all([text(compiler.stdout), once(compiler, 'close')]);

    expect({ code: compiler.exitCode, complaints }).toEqual({ code: 0, complaints: '' });
  });

  it('walks a list', async () => {
    const users = await allUsers(api.baseUrl, admin.email, admin.password);

    expect(users.map(({ id }) => id)).toEqual(expect.arrayContaining([admin.id, user.id]));
  });

  it.each(rows)('is answered by %s', async (_name, { works }) => {
    const call = await works.prepare();

    const { error, response } = await call();

    expect({ status: response.status, error }).toEqual({ status: works.status, error: undefined });
  });

  it.each(rows)('is refused by %s', async (_name, { fails }) => {
    if ('never' in fails) return;

    const { error, response } = await fails.call();

    expect(error).toMatchObject({ type: `/problems/${fails.slug}`, status: response.status });
  });

  it.each(losers)('is told by %s to come again when it loses every race', async (_name, { works }) => {
    const call = await works.prepare();

    const { error, response } = await races.during(call);

    expect(error).toMatchObject({ type: '/problems/concurrent-change', status: 409 });
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});
