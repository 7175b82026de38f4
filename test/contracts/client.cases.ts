import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { operations as TypedOperations } from '../../client/api.d.ts';
import { allUsers } from '../../client/example.ts';
import { operations } from '../harness/openapi/api-document.ts';
import type { Tokens } from '../harness/http/api.ts';
import { createApiKey } from '../harness/http/api-keys.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { bearerOf, codeOf, MfaFlows } from '../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../harness/http/passkey-flows.ts';
import { SoftwareAuthenticator } from '../harness/http/software-authenticator.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { SerializationFailures } from '../harness/database/serialization-failures.ts';
import { root } from '../harness/process/service-process.ts';
import { typedClient, typedClientWith } from '../harness/openapi/validating-client.ts';
import { callbackUrl, newVerifier, OAuthFlows } from '../harness/openid/oauth-flows.ts';
import { exampleProvider, exampleRedirect, operationsApp } from './operations-app.ts';

const running = await operationsApp();
const { api, factory, database, provider } = running;
const oauth = new OAuthFlows(running);
const mfa = new MfaFlows(running);
const passkeys = new PasskeyFlows(running);
const mailbox = new Mailbox(api);
const admin = await factory.admin();
const user = await factory.user({ roles: [] });
const asAdminApi = api.as(admin);
const anonymous = await typedClient(api);
const asUser = await typedClient(api, user);
const asAdmin = await typedClient(api, admin);
const failures = await SerializationFailures.prepare(database);

/** The result of openapi-fetch. */
interface Outcome {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

type Call = () => Promise<Outcome>;

/** How an operation succeeds and fails when a typed client calls it, or why it cannot. */
interface Row {
  /** Creates what the call needs. */
  readonly works: { readonly status: number; readonly prepare: () => Promise<Call> | Call };
  readonly fails: { readonly slug: string; readonly call: Call } | { readonly never: string };
}

const password = 'correct horse battery staple';
const unknownUuid = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const exported = { type: 'users.export', payload: { format: 'csv' } } as const;
const nightly = { ...exported, cron: '30 2 * * *', timezone: 'Europe/Berlin' };
const unknownId = { path: { id: unknownUuid } };
/** Options that the service did not return. */
const unknownCreation = { challenge: 'AAAA', rp: { id: 'localhost' }, rpId: 'localhost', user: { id: 'AAAA' } };
const anyVersion = { header: { 'If-Match': '*' } };
const unknownSchedule = { ...unknownId, header: { 'If-Match': '*' } };

const oauthPath = '/v1/auth/oauth/{provider}';
const ofProvider = { provider: exampleProvider };
const unknownCode = { code: 'an unknown code', codeVerifier: newVerifier().codeVerifier };

let counter = 0;
const newEmail = (): string => `client${(counter += 1)}@example.com`;

/** A login that the provider has completed, up to its callback. */
async function returnFromProvider(email = newEmail(), start?: string, verifier = newVerifier()) {
  const { url, cookie, codeVerifier } = await oauth.start(exampleProvider, start, verifier);
  return { query: await provider.authenticate(url, { sub: email, email }), cookie, codeVerifier };
}

/** The code of a login, or of the link or step-up of a session that `path` starts. */
async function codeOfProvider(path?: string, tokens?: Tokens, email = newEmail()) {
  const verifier = newVerifier();
  const start = path && tokens && (await oauth.startUrl(path, tokens, verifier));
  const { query, cookie, codeVerifier } = await returnFromProvider(email, start, verifier);
  const { headers } = await oauth.callback(callbackUrl(exampleProvider, query), cookie);
  return { code: new URL(headers['location'] ?? '').searchParams.get('code') ?? '', codeVerifier };
}

async function oneTimeToken(): Promise<string> {
  const email = newEmail();
  await api.post('/v1/auth/register', { email, password });
  return await mailbox.tokenFor(email);
}

/** An email change that is not confirmed yet. */
async function requestedChange(): Promise<{ former: string; token: string }> {
  const mover = await factory.user();
  const address = newEmail();
  await api.as(mover).post('/v1/auth/email/change', { newEmail: address });
  return { former: mover.email, token: await mailbox.tokenFor(address) };
}

async function waitingJob(): Promise<{ path: { id: string } }> {
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  return { path: { id: await createJob(asAdminApi, { type: 'test.steps', payload: { steps: 0 }, runAt }) } };
}

async function doneJob(
  body: object = { type: 'test.steps', payload: { steps: 0 } },
): Promise<{ path: { id: string } }> {
  const id = await createJob(asAdminApi, body);
  await waitForState(asAdminApi, id, 'succeeded');
  return { path: { id } };
}

async function schedule(): Promise<{ path: { id: string }; header: { 'If-Match': string } }> {
  const { body } = await asAdminApi.post('/v1/job-schedules', nightly);
  return { path: { id: (body as { id: string }).id }, header: { 'If-Match': '*' } };
}

async function importFile(body: string): Promise<Outcome> {
  const csv = { headers: { 'Content-Type': 'text/csv' }, bodySerializer: String };
  return await asAdmin.POST('/v1/users/import', { body, ...csv });
}

const table = {
  register: {
    works: {
      status: 202,
      prepare: () => async () => await anonymous.POST('/v1/auth/register', { body: { email: newEmail(), password } }),
    },
    fails: {
      slug: 'weak-password',
      call: async () => await anonymous.POST('/v1/auth/register', { body: { email: newEmail(), password: 'short' } }),
    },
  },
  verifyEmail: {
    works: {
      status: 204,
      prepare: async () => {
        const token = await oneTimeToken();
        return async () => await anonymous.POST('/v1/auth/email/verify', { body: { token } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () => await anonymous.POST('/v1/auth/email/verify', { body: { token: 'an unknown token' } }),
    },
  },
  listMfaFactors: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/auth/mfa/factors') },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.GET('/v1/auth/mfa/factors') },
  },
  createTotpFactor: {
    works: {
      status: 201,
      prepare: async () => {
        const typed = await typedClient(api, await factory.user());
        return async () => await typed.POST('/v1/auth/mfa/totp', { body: { name: 'Phone' } });
      },
    },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.POST('/v1/auth/mfa/totp') },
  },
  activateTotpFactor: {
    works: {
      status: 200,
      prepare: async () => {
        const typed = await typedClient(api, await factory.user());
        const { factorId: id = '', secret = '' } = (await typed.POST('/v1/auth/mfa/totp')).data ?? {};
        const call = { params: { path: { id } }, body: { code: codeOf({ secret }) } };
        return async () => await typed.POST('/v1/auth/mfa/totp/{id}/activate', call);
      },
    },
    fails: {
      slug: 'not-found',
      call: async () =>
        await asUser.POST('/v1/auth/mfa/totp/{id}/activate', { params: unknownId, body: { code: '123456' } }),
    },
  },
  deleteTotpFactor: {
    works: {
      status: 204,
      prepare: async () => {
        const { data } = await asUser.POST('/v1/auth/mfa/totp');
        const params = { path: { id: data?.factorId ?? '' } };
        return async () => await asUser.DELETE('/v1/auth/mfa/totp/{id}', { params });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asUser.DELETE('/v1/auth/mfa/totp/{id}', { params: unknownId }),
    },
  },
  replaceRecoveryCodes: {
    works: {
      status: 200,
      prepare: async () => {
        const owner = await mfa.user();
        const tokens = await mfa.logIn(owner);
        const headers = bearerOf(tokens);
        return async () => await anonymous.POST('/v1/auth/mfa/recovery-codes', { headers });
      },
    },
    fails: { slug: 'mfa-not-enabled', call: async () => await asUser.POST('/v1/auth/mfa/recovery-codes') },
  },
  verifyMfa: {
    works: {
      status: 200,
      prepare: async () => {
        const owner = await mfa.user();
        const mfaToken = await mfa.challenge(owner);
        const body = { mfaToken, method: 'totp', code: codeOf(owner) } as const;
        return async () => await anonymous.POST('/v1/auth/mfa/verify', { body });
      },
    },
    fails: {
      slug: 'invalid-mfa',
      call: async () =>
        await anonymous.POST('/v1/auth/mfa/verify', { body: { mfaToken: 'unknown', method: 'totp', code: '123456' } }),
    },
  },
  createPasskeyOptions: {
    works: { status: 201, prepare: () => async () => await asUser.POST('/v1/auth/passkeys/options') },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.POST('/v1/auth/passkeys/options') },
  },
  createPasskey: {
    works: {
      status: 201,
      prepare: async () => {
        const tokens = await api.logIn(await factory.user());
        const credential = new SoftwareAuthenticator().create(await passkeys.creationOptions(tokens));
        const call = { body: { name: 'Laptop', credential }, headers: bearerOf(tokens) };
        return async () => await anonymous.POST('/v1/auth/passkeys', call);
      },
    },
    fails: {
      slug: 'invalid-passkey',
      call: async () => {
        const credential = new SoftwareAuthenticator().create(unknownCreation);
        return await asUser.POST('/v1/auth/passkeys', { body: { name: 'Laptop', credential } });
      },
    },
  },
  listPasskeys: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/auth/passkeys') },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.GET('/v1/auth/passkeys') },
  },
  getPasskey: {
    works: {
      status: 200,
      prepare: async () => {
        const { passkeyId: id, tokens } = await passkeys.user();
        const call = { params: { path: { id } }, headers: bearerOf(tokens) };
        return async () => await anonymous.GET('/v1/auth/passkeys/{id}', call);
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asUser.GET('/v1/auth/passkeys/{id}', { params: unknownId }),
    },
  },
  updatePasskey: {
    works: {
      status: 200,
      prepare: async () => {
        const { passkeyId: id, tokens } = await passkeys.user();
        const call = { params: { path: { id } }, body: { name: 'Phone' }, headers: bearerOf(tokens) };
        return async () => await anonymous.PATCH('/v1/auth/passkeys/{id}', call);
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asUser.PATCH('/v1/auth/passkeys/{id}', { params: unknownId, body: { name: 'Phone' } }),
    },
  },
  deletePasskey: {
    works: {
      status: 204,
      prepare: async () => {
        const owner = await passkeys.user();
        const headers = bearerOf((await passkeys.logIn(owner)).body as Tokens);
        const call = { params: { path: { id: owner.passkeyId } }, headers };
        return async () => await anonymous.DELETE('/v1/auth/passkeys/{id}', call);
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asUser.DELETE('/v1/auth/passkeys/{id}', { params: unknownId }),
    },
  },
  createPasskeyLoginOptions: {
    works: { status: 201, prepare: () => async () => await anonymous.POST('/v1/auth/passkeys/login/options') },
    fails: { never: 'It needs nothing of the client; the limits of requests apply to every operation.' },
  },
  loginByPasskey: {
    works: {
      status: 200,
      prepare: async () => {
        const { authenticator } = await passkeys.user();
        const credential = authenticator.get(await passkeys.loginOptions());
        return async () => await anonymous.POST('/v1/auth/passkeys/login', { body: { credential } });
      },
    },
    fails: {
      slug: 'invalid-credentials',
      call: async () => {
        const credential = new SoftwareAuthenticator().get(unknownCreation);
        return await anonymous.POST('/v1/auth/passkeys/login', { body: { credential } });
      },
    },
  },
  createMfaPasskeyOptions: {
    works: {
      status: 201,
      prepare: async () => {
        const mfaToken = await mfa.challenge(await passkeys.user());
        return async () => await anonymous.POST('/v1/auth/mfa/passkey/options', { body: { mfaToken } });
      },
    },
    fails: {
      slug: 'invalid-mfa',
      call: async () => await anonymous.POST('/v1/auth/mfa/passkey/options', { body: { mfaToken: 'unknown' } }),
    },
  },
  createReauthenticationPasskeyOptions: {
    works: { status: 201, prepare: () => async () => await asUser.POST('/v1/auth/reauthenticate/passkey/options') },
    fails: {
      slug: 'unauthenticated',
      call: async () => await anonymous.POST('/v1/auth/reauthenticate/passkey/options'),
    },
  },
  reauthenticate: {
    works: {
      status: 200,
      prepare: async () => {
        const caller = await factory.user();
        const typed = await typedClient(api, caller);
        return async () => await typed.POST('/v1/auth/reauthenticate', { body: { password: caller.password } });
      },
    },
    fails: {
      slug: 'invalid-credentials',
      call: async () => await asUser.POST('/v1/auth/reauthenticate', { body: { password } }),
    },
  },
  login: {
    works: {
      status: 200,
      prepare: () => async () =>
        await anonymous.POST('/v1/auth/login', { body: { email: user.email, password: user.password } }),
    },
    fails: {
      slug: 'invalid-credentials',
      call: async () => await anonymous.POST('/v1/auth/login', { body: { email: user.email, password: 'wrong' } }),
    },
  },
  changePassword: {
    works: {
      status: 200,
      prepare: async () => {
        const changer = await factory.user();
        const asChanger = await typedClient(api, changer);
        const body = { currentPassword: changer.password, newPassword: password };
        return async () => await asChanger.POST('/v1/auth/password/change', { body });
      },
    },
    fails: {
      slug: 'invalid-current-password',
      call: async () =>
        await asUser.POST('/v1/auth/password/change', { body: { currentPassword: 'wrong', newPassword: password } }),
    },
  },
  refresh: {
    works: {
      status: 200,
      prepare: async () => {
        const { refreshToken } = await api.logIn(user);
        return async () => await anonymous.POST('/v1/auth/refresh', { body: { refreshToken } });
      },
    },
    fails: {
      slug: 'invalid-refresh-token',
      call: async () => await anonymous.POST('/v1/auth/refresh', { body: { refreshToken: 'rt_unknown' } }),
    },
  },
  logout: {
    works: {
      status: 204,
      prepare: async () => {
        const { refreshToken } = await api.logIn(user);
        return async () => await anonymous.POST('/v1/auth/logout', { body: { refreshToken } });
      },
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await anonymous.POST('/v1/auth/logout', { body: { refreshToken: '' } }),
    },
  },
  getCsrfToken: {
    works: {
      status: 200,
      prepare: async () => {
        const { email, password } = user;
        const { headers } = await api.post('/v1/auth/login', { email, password }, { 'X-Token-Delivery': 'cookie' });
        const Cookie = headers['set-cookie']?.split(';')[0] ?? '';
        return async () =>
          await anonymous.GET('/v1/auth/csrf', { headers: { Cookie, 'Sec-Fetch-Site': 'same-origin' } });
      },
    },
    fails: { slug: 'invalid-refresh-token', call: async () => await anonymous.GET('/v1/auth/csrf') },
  },
  livez: {
    works: { status: 200, prepare: () => async () => await anonymous.GET('/livez') },
    fails: { never: 'It fails only by a bug.' },
  },
  startupz: {
    works: { status: 200, prepare: () => async () => await anonymous.GET('/startupz') },
    fails: { never: 'As livez.' },
  },
  readyz: {
    works: { status: 200, prepare: () => async () => await anonymous.GET('/readyz') },
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
      slug: 'invalid-cursor',
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
    fails: { slug: 'unauthenticated', call: async () => await anonymous.GET('/v1/job-types') },
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
  previewJobSchedule: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asAdmin.POST('/v1/job-schedules/preview', { body: { cron: '0 3 * * *', timezone: 'UTC' } }),
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await asAdmin.POST('/v1/job-schedules/preview', { body: { cron: 'never', timezone: 'UTC' } }),
    },
  },
  getStatsOverview: {
    works: { status: 200, prepare: () => async () => await asAdmin.GET('/v1/stats/overview') },
    fails: { slug: 'forbidden', call: async () => await asUser.GET('/v1/stats/overview') },
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
  createQueueDashboardAccess: {
    works: { status: 204, prepare: () => async () => await asAdmin.POST('/v1/queues/dashboard') },
    fails: { slug: 'forbidden', call: async () => await asUser.POST('/v1/queues/dashboard') },
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
    works: { status: 200, prepare: () => async () => await anonymous.GET('/.well-known/jwks.json') },
    fails: { never: 'As readyz.' },
  },
  getMe: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/users/me') },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.GET('/v1/users/me') },
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
      slug: 'invalid-parameter',
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
        const { id } = await factory.user();
        const body = { displayName: 'Grace Hopper' };
        return async () => await asAdmin.PATCH('/v1/users/{id}', { params: { path: { id }, ...anyVersion }, body });
      },
    },
    fails: {
      slug: 'cannot-change-own-roles',
      call: async () =>
        await asAdmin.PATCH('/v1/users/{id}', {
          params: { path: { id: admin.id }, ...anyVersion },
          body: { roles: ['user'] },
        }),
    },
  },
  deleteUser: {
    works: {
      status: 204,
      prepare: async () => {
        const { id } = await factory.user();
        return async () => await asAdmin.DELETE('/v1/users/{id}', { params: { path: { id }, ...anyVersion } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.DELETE('/v1/users/{id}', { params: { ...unknownId, ...anyVersion } }),
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
  importUsers: {
    works: { status: 202, prepare: () => async () => await importFile(`email\n${newEmail()}\n`) },
    fails: { slug: 'malformed-csv', call: async () => await importFile('email\n') },
  },
  listSessions: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/auth/sessions') },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.GET('/v1/auth/sessions') },
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
  listApiKeys: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/auth/api-keys') },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.GET('/v1/auth/api-keys') },
  },
  createApiKey: {
    works: {
      status: 201,
      prepare: () => async () => await asUser.POST('/v1/auth/api-keys', { body: { name: 'Client', scopes: [] } }),
    },
    fails: {
      slug: 'api-key-scope-not-held',
      call: async () => await asUser.POST('/v1/auth/api-keys', { body: { name: 'Client', scopes: ['users:read'] } }),
    },
  },
  rotateApiKey: {
    works: {
      status: 201,
      prepare: async () => {
        const path = { id: (await createApiKey(api.as(user))).id };
        return async () => await asUser.POST('/v1/auth/api-keys/{id}/rotate', { params: { path } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asUser.POST('/v1/auth/api-keys/{id}/rotate', { params: unknownId }),
    },
  },
  deleteApiKey: {
    works: {
      status: 204,
      prepare: async () => {
        const path = { id: (await createApiKey(api.as(user))).id };
        return async () => await asUser.DELETE('/v1/auth/api-keys/{id}', { params: { path } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asUser.DELETE('/v1/auth/api-keys/{id}', { params: unknownId }),
    },
  },
  listUserApiKeys: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asAdmin.GET('/v1/users/{id}/api-keys', { params: { path: { id: user.id }, query: { limit: 5 } } }),
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.GET('/v1/users/{id}/api-keys', { params: unknownId }),
    },
  },
  deleteUserApiKey: {
    works: {
      status: 204,
      prepare: async () => {
        const path = { id: user.id, keyId: (await createApiKey(api.as(user))).id };
        return async () => await asAdmin.DELETE('/v1/users/{id}/api-keys/{keyId}', { params: { path } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () =>
        await asAdmin.DELETE('/v1/users/{id}/api-keys/{keyId}', {
          params: { path: { id: user.id, keyId: unknownUuid } },
        }),
    },
  },
  listUserIdentities: {
    works: {
      status: 200,
      prepare: () => async () => await asAdmin.GET('/v1/users/{id}/identities', { params: { path: { id: user.id } } }),
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.GET('/v1/users/{id}/identities', { params: unknownId }),
    },
  },
  logoutAll: {
    works: {
      status: 204,
      prepare: () => async () => await asUser.POST('/v1/auth/logout-all', { body: { scope: 'others' } }),
    },
    fails: {
      slug: 'unauthenticated',
      call: async () => await anonymous.POST('/v1/auth/logout-all', { body: { scope: 'all' } }),
    },
  },
  listSecurityEvents: {
    works: {
      status: 200,
      prepare: () => async () =>
        await asUser.GET('/v1/auth/security-events', { params: { query: { outcome: 'success' } } }),
    },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.GET('/v1/auth/security-events') },
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
        const owner = await factory.user();
        await api.tokensOf(owner);
        const { id } = owner;
        return async () => await asAdmin.DELETE('/v1/users/{id}/sessions', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'forbidden',
      call: async () => await asUser.DELETE('/v1/users/{id}/sessions', { params: unknownId }),
    },
  },
  endUserSession: {
    works: {
      status: 204,
      prepare: async () => {
        const owner = await factory.user();
        await api.tokensOf(owner);
        const { data } = await asAdmin.GET('/v1/users/{id}/sessions', { params: { path: { id: owner.id } } });
        const path = { id: owner.id, sessionId: data?.data[0]?.id ?? '' };
        return async () => await asAdmin.DELETE('/v1/users/{id}/sessions/{sessionId}', { params: { path } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () =>
        await asAdmin.DELETE('/v1/users/{id}/sessions/{sessionId}', {
          params: { path: { id: user.id, sessionId: unknownUuid } },
        }),
    },
  },
  getUserMfa: {
    works: {
      status: 200,
      prepare: async () => {
        const { id } = await mfa.user();
        return async () => await asAdmin.GET('/v1/users/{id}/mfa', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'forbidden',
      call: async () => await asUser.GET('/v1/users/{id}/mfa', { params: unknownId }),
    },
  },
  resetUserMfa: {
    works: {
      status: 204,
      prepare: async () => {
        const { id } = await mfa.user();
        return async () => await asAdmin.POST('/v1/users/{id}/mfa-reset', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asAdmin.POST('/v1/users/{id}/mfa-reset', { params: unknownId }),
    },
  },
  disableUser: {
    works: {
      status: 200,
      prepare: async () => {
        const { id } = await factory.user();
        return async () => await asAdmin.POST('/v1/users/{id}/disable', { params: { path: { id } } });
      },
    },
    fails: {
      slug: 'cannot-disable-own-account',
      call: async () => await asAdmin.POST('/v1/users/{id}/disable', { params: { path: { id: admin.id } } }),
    },
  },
  enableUser: {
    works: {
      status: 200,
      prepare: async () => {
        const { id } = await factory.user({ disabled: true });
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
        const { id } = await factory.user();
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
        const { id } = await factory.user({ deleted: true });
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
        await asUser.PATCH('/v1/users/me', { params: anyVersion, body: { locale: 'de', timezone: 'Europe/Vienna' } }),
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
        const leaving = await typedClient(api, await factory.user());
        return async () => await leaving.DELETE('/v1/users/me', { params: anyVersion });
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
      prepare: () => async () => await anonymous.POST('/v1/auth/password/forgot', { body: { email: user.email } }),
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await anonymous.POST('/v1/auth/password/forgot', { body: { email: 'malformed' } }),
    },
  },
  resendVerification: {
    works: {
      status: 202,
      prepare: async () => {
        const { email } = await factory.user({ verified: false });
        return async () => await anonymous.POST('/v1/auth/email/verify/resend', { body: { email } });
      },
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await anonymous.POST('/v1/auth/email/verify/resend', { body: { email: 'malformed' } }),
    },
  },
  changeEmail: {
    works: {
      status: 202,
      prepare: () => async () => await asUser.POST('/v1/auth/email/change', { body: { newEmail: newEmail() } }),
    },
    fails: {
      slug: 'unauthenticated',
      call: async () => await anonymous.POST('/v1/auth/email/change', { body: { newEmail: newEmail() } }),
    },
  },
  confirmEmailChange: {
    works: {
      status: 204,
      prepare: async () => {
        const { token } = await requestedChange();
        return async () => await anonymous.POST('/v1/auth/email/change/confirm', { body: { token } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () => await anonymous.POST('/v1/auth/email/change/confirm', { body: { token: 'an unknown token' } }),
    },
  },
  revertEmailChange: {
    works: {
      status: 204,
      prepare: async () => {
        const { former, token: confirming } = await requestedChange();
        await api.post('/v1/auth/email/change/confirm', { token: confirming });
        const token = await mailbox.tokenFor(former);
        return async () => await anonymous.POST('/v1/auth/email/change/revert', { body: { token } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () => await anonymous.POST('/v1/auth/email/change/revert', { body: { token: 'an unknown token' } }),
    },
  },
  requestMagicLink: {
    works: {
      status: 202,
      prepare: () => async () => await anonymous.POST('/v1/auth/magic-link', { body: { email: user.email } }),
    },
    fails: {
      slug: 'validation-failed',
      call: async () => await anonymous.POST('/v1/auth/magic-link', { body: { email: 'malformed' } }),
    },
  },
  verifyMagicLink: {
    works: {
      status: 200,
      prepare: async () => {
        const { email } = await factory.user();
        const requested = await api.post('/v1/auth/magic-link', { email });
        const cookie = requested.headers['set-cookie']?.split(';')[0] ?? '';
        const token = await mailbox.tokenFor(email);
        return async () =>
          await anonymous.POST('/v1/auth/magic-link/verify', { body: { token }, headers: { Cookie: cookie } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () => await anonymous.POST('/v1/auth/magic-link/verify', { body: { token: 'an unknown token' } }),
    },
  },
  resetPassword: {
    works: {
      status: 204,
      prepare: async () => {
        const email = newEmail();
        await asAdminApi.post('/v1/users', { email });
        const token = await mailbox.tokenFor(email);
        return async () => await anonymous.POST('/v1/auth/password/reset', { body: { token, newPassword: password } });
      },
    },
    fails: {
      slug: 'invalid-token',
      call: async () =>
        await anonymous.POST('/v1/auth/password/reset', { body: { token: 'an unknown token', newPassword: password } }),
    },
  },
  authorizeOAuth: {
    works: {
      status: 302,
      prepare: () => {
        const query = { redirect: exampleRedirect, codeChallenge: newVerifier().codeChallenge };
        return async () =>
          await anonymous.GET(`${oauthPath}/authorize`, { params: { path: ofProvider, query }, redirect: 'manual' });
      },
    },
    fails: {
      slug: 'invalid-parameter',
      call: async () =>
        await anonymous.GET(`${oauthPath}/authorize`, {
          params: { path: ofProvider, query: { redirect: 'https://attacker.example', codeChallenge: 'short' } },
        }),
    },
  },
  completeOAuth: {
    works: {
      status: 303,
      prepare: async () => {
        const { query, cookie: Cookie } = await returnFromProvider();
        return async () =>
          await anonymous.GET(`${oauthPath}/callback`, {
            params: { path: ofProvider, query },
            headers: { Cookie },
            redirect: 'manual',
          });
      },
    },
    fails: {
      slug: 'invalid-oauth-callback',
      call: async () => await anonymous.GET(`${oauthPath}/callback`, { params: { path: ofProvider } }),
    },
  },
  exchangeOAuthCode: {
    works: {
      status: 200,
      prepare: async () => {
        const body = await codeOfProvider();
        return async () => await anonymous.POST('/v1/auth/oauth/exchange', { body });
      },
    },
    fails: {
      slug: 'invalid-oauth-code',
      call: async () => await anonymous.POST('/v1/auth/oauth/exchange', { body: unknownCode }),
    },
  },
  backChannelLogout: {
    works: {
      status: 200,
      prepare: async () => {
        const seconds = Math.floor(Date.now() / 1000);
        const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
        const claims = { iss: provider.issuer, aud: 'plinth', sub: 'any', iat: seconds, exp: seconds + 60, events };
        const logout_token = await provider.sign({ ...claims, jti: newEmail() }, { typ: 'logout+jwt' });
        return async () =>
          await anonymous.POST(`${oauthPath}/backchannel-logout`, {
            params: { path: ofProvider },
            body: { logout_token },
          });
      },
    },
    fails: {
      slug: 'invalid-logout-token',
      call: async () =>
        await anonymous.POST(`${oauthPath}/backchannel-logout`, {
          params: { path: ofProvider },
          body: { logout_token: 'unsigned' },
        }),
    },
  },
  listIdentities: {
    works: { status: 200, prepare: () => async () => await asUser.GET('/v1/auth/identities') },
    fails: { slug: 'unauthenticated', call: async () => await anonymous.GET('/v1/auth/identities') },
  },
  startLink: {
    works: {
      status: 200,
      prepare: () => {
        const body = { redirect: exampleRedirect, codeChallenge: newVerifier().codeChallenge };
        return async () =>
          await asUser.POST('/v1/auth/identities/{provider}/link', { params: { path: ofProvider }, body });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () =>
        await asUser.POST('/v1/auth/identities/{provider}/link', {
          params: { path: { provider: 'unknown' } },
          body: { redirect: exampleRedirect, codeChallenge: newVerifier().codeChallenge },
        }),
    },
  },
  createIdentity: {
    works: {
      status: 201,
      prepare: async () => {
        const owner = await factory.user();
        const client = await typedClient(api, owner);
        const body = await codeOfProvider('/v1/auth/identities/google/link', await api.tokensOf(owner));
        return async () => await client.POST('/v1/auth/identities', { body });
      },
    },
    fails: {
      slug: 'invalid-oauth-code',
      call: async () => await asUser.POST('/v1/auth/identities', { body: unknownCode }),
    },
  },
  deleteIdentity: {
    works: {
      status: 204,
      prepare: async () => {
        const owner = await factory.user();
        const client = await typedClient(api, owner);
        const body = await codeOfProvider('/v1/auth/identities/google/link', await api.tokensOf(owner));
        const { data } = await client.POST('/v1/auth/identities', { body });
        const path = { id: data?.id ?? '' };
        return async () => await client.DELETE('/v1/auth/identities/{id}', { params: { path } });
      },
    },
    fails: {
      slug: 'not-found',
      call: async () => await asUser.DELETE('/v1/auth/identities/{id}', { params: unknownId }),
    },
  },
  startProviderReauthentication: {
    works: {
      status: 200,
      prepare: () => {
        const body = { redirect: exampleRedirect, codeChallenge: newVerifier().codeChallenge };
        return async () =>
          await asUser.POST('/v1/auth/reauthenticate/oauth/{provider}', { params: { path: ofProvider }, body });
      },
    },
    fails: {
      slug: 'validation-failed',
      call: async () =>
        await asUser.POST('/v1/auth/reauthenticate/oauth/{provider}', {
          params: { path: ofProvider },
          body: { redirect: 'https://attacker.example', codeChallenge: newVerifier().codeChallenge },
        }),
    },
  },
  reauthenticateWithProvider: {
    works: {
      status: 200,
      prepare: async () => {
        const email = newEmail();
        const { body: tokens } = await api.post(
          '/v1/auth/oauth/exchange',
          await codeOfProvider(undefined, undefined, email),
        );
        const client = typedClientWith(api, bearerOf(tokens as Tokens));
        const body = await codeOfProvider('/v1/auth/reauthenticate/oauth/google', tokens as Tokens, email);
        return async () => await client.POST('/v1/auth/reauthenticate/oauth', { body });
      },
    },
    fails: {
      slug: 'invalid-oauth-code',
      call: async () => await asUser.POST('/v1/auth/reauthenticate/oauth', { body: unknownCode }),
    },
  },
} satisfies Partial<Record<keyof TypedOperations, Row>>;

const rows: [string, Row][] = Object.entries(table);
const writes = new Set(operations.filter(({ method }) => method !== 'GET').map(({ operationId }) => operationId));
/** These write no row: no concurrent change can make them fail. */
const readsOnly = ['previewJobSchedule', 'createQueueDashboardAccess'];
const repeatable = rows.filter(([name]) => writes.has(name) && !readsOnly.includes(name));

describe('A client with the types of client/api.d.ts', () => {
  it('calls every operation of the tags that it covers', () => {
    const names = new Set(Object.keys(table));
    const tags = new Set(operations.filter(({ operationId }) => names.has(operationId)).flatMap((each) => each.tags));
    const covered = operations.filter((operation) => operation.tags.some((tag) => tags.has(tag)));

    expect(tags.size).toBeGreaterThanOrEqual(7);
    expect([...names].sort()).toEqual(covered.map(({ operationId }) => operationId).sort());
  });

  it('compiles under --strict', async () => {
    const tsc = join(root, 'node_modules/typescript7/bin/tsc');
    const compiler = spawn(process.execPath, [tsc, '-p', join(root, 'client')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await Promise.all([text(compiler.stdout), once(compiler, 'close')]);

    expect({ code: compiler.exitCode, output }).toEqual({ code: 0, output: '' });
  });

  it('pages through a list', async () => {
    const users = await allUsers(api.baseUrl, admin.email, admin.password);

    expect(users.map(({ id }) => id)).toEqual(expect.arrayContaining([admin.id, user.id]));
  });

  it('calls operations with an API key instead of a session', async () => {
    const { key } = await createApiKey(api.as(admin));
    const client = typedClientWith(api, { 'X-API-Key': key });

    const [me, users] = [await client.GET('/v1/users/me'), await client.GET('/v1/users')];

    expect([me.data?.id, users.response.status]).toEqual([admin.id, 200]);
  });

  it.each(rows)('receives a success from %s', async (_name, { works }) => {
    const call = await works.prepare();

    const { error, response } = await call();

    expect({ status: response.status, error }).toEqual({ status: works.status, error: undefined });
  });

  it.each(rows)('receives a problem from %s', async (_name, { fails }) => {
    if ('never' in fails) return;

    const { error, response } = await fails.call();

    expect(error).toMatchObject({ type: `/problems/${fails.slug}`, status: response.status });
  });

  it('finds 409 in the document for every operation that writes', () => {
    const without = operations.filter(({ operationId, responses }) => writes.has(operationId) && !('409' in responses));

    expect(without.map(({ operationId }) => operationId)).toEqual(readsOnly);
  });

  it.each(repeatable)(
    'receives 409 with Retry-After from %s after repeated serialization failures',
    async (_name, { works }) => {
      const call = await works.prepare();

      const { error, response } = await failures.during(call);

      expect(error).toMatchObject({ type: '/problems/concurrent-change', status: 409 });
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    },
  );
});
