import createClient from 'openapi-fetch';
import type { components, paths } from '../generated/openapi-typescript/api.d.ts';
import type { Outcome, Setting } from './outcome.ts';
import { lastEvent, poll, report, unknownId } from './outcome.ts';

type Schemas = components['schemas'];

async function run({ baseUrl, email, password, code }: Setting): Promise<Outcome> {
  const anonymous = createClient<paths>({ baseUrl });
  const { data: login, error: refusal } = await anonymous.POST('/v1/auth/login', { body: { email, password } });
  if (refusal !== undefined) throw new Error(refusal.code);
  if (!('mfaToken' in login)) throw new Error('No second factor was required');
  const { data: tokens, error: rejection } = await anonymous.POST('/v1/auth/mfa/verify', {
    body: { mfaToken: login.mfaToken, method: 'totp', code },
  });
  if (rejection !== undefined) throw new Error(rejection.code);
  const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${tokens.accessToken}` } });

  const { data: page, error: notListed } = await api.GET('/v1/users', { params: { query: { limit: 5 } } });
  if (notListed !== undefined) throw new Error(notListed.detail ?? notListed.title);
  const id = page.data[0]?.id ?? '';
  const { data: user } = await api.GET('/v1/users/{id}', { params: { path: { id } } });
  const { data: issued, error: notIssued } = await api.POST('/v1/auth/api-keys', {
    body: { name: 'Client', scopes: ['users:read'] },
  });
  if (notIssued !== undefined) throw new Error(notIssued.code);
  const program = createClient<paths>({ baseUrl, headers: { 'X-API-Key': issued.key } });
  const { data: sameUser } = await program.GET('/v1/users/{id}', { params: { path: { id } } });
  const missing = await api.GET('/v1/users/{id}', { params: { path: { id: unknownId } } });
  if (missing.error?.code !== 'not_found') throw new Error(`Not missing: ${missing.response.status}`);
  const notFound: Schemas['NotFoundProblem'] = missing.error;

  const payload: Schemas['UsersExportPayload'] = { format: 'csv' };
  const refused = await api.POST('/v1/jobs', { body: { type: 'users.export', payload: { ...payload, role: '' } } });
  if (refused.error?.code !== 'validation_failed') throw new Error(`Not refused: ${refused.response.status}`);
  const { data: asked } = await api.POST('/v1/jobs', { body: { type: 'users.export', payload } });
  const params = { path: { id: asked?.id ?? '' } };
  const job = await poll(async () => {
    const { data } = await api.GET('/v1/jobs/{id}', { params });
    return data?.type === 'users.export' && data.state === 'succeeded' ? data : undefined;
  });
  const { data: stream = '' } = await api.GET('/v1/jobs/{id}/events', { params, parseAs: 'text' });
  const { state } = lastEvent(stream) as Schemas['JobDoneEvent']['data'];

  return {
    emails: page.data.map((one) => one.email),
    read: user?.email ?? '',
    readByKey: sameUser?.email ?? '',
    missing: { code: notFound.code, status: notFound.status },
    refused: { code: refused.error.code, pointers: refused.error.errors?.map(({ pointer = '' }) => pointer) ?? [] },
    job: { type: job.type, rows: job.result?.rows ?? 0 },
    ending: state,
  };
}

await report(run);
