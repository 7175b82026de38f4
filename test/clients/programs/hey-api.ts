import { createClient } from '../generated/hey-api/client/index.ts';
import * as api from '../generated/hey-api/sdk.gen.ts';
import type { JobEnding, NotFoundProblem, UsersExportPayload } from '../generated/hey-api/types.gen.ts';
import type { Outcome, Setting } from './outcome.ts';
import { poll, report, unknownId } from './outcome.ts';

async function run({ baseUrl, email, password, code }: Setting): Promise<Outcome> {
  const anonymous = createClient({ baseUrl });
  const { data: login, error: refusal } = await api.login({ client: anonymous, body: { email, password } });
  if (login === undefined) throw new Error(refusal?.code);
  if (!('mfaToken' in login)) throw new Error('No second factor was required');
  const { data: tokens, error: rejection } = await api.verifyMfa({
    client: anonymous,
    body: { mfaToken: login.mfaToken, method: 'totp', code },
  });
  if (tokens === undefined) throw new Error(rejection?.code);
  // Called for each security scheme of an operation, and only one of them may be sent.
  const client = createClient({
    baseUrl,
    auth: ({ scheme }) => (scheme === 'bearer' ? tokens.accessToken : undefined),
  });

  const { data: page, error: notListed } = await api.listUsers({ client, query: { limit: 5 } });
  if (page === undefined) throw new Error(notListed?.detail ?? notListed?.title);
  const id = page.data[0]?.id ?? '';
  const { data: user } = await api.getUser({ client, path: { id } });
  const { data: issued } = await api.createApiKey({ client, body: { name: 'Client', scopes: ['users:read'] } });
  const program = createClient({ baseUrl, auth: ({ type }) => (type === 'apiKey' ? issued?.key : undefined) });
  const { data: sameUser } = await api.getUser({ client: program, path: { id } });
  const missing = await api.getUser({ client, path: { id: unknownId } });
  if (missing.error?.code !== 'not_found') throw new Error('Not missing');
  const notFound: NotFoundProblem = missing.error;

  const payload: UsersExportPayload = { format: 'csv' };
  const refused = await api.createJob({ client, body: { type: 'users.export', payload: { ...payload, role: '' } } });
  if (refused.error?.code !== 'validation_failed') throw new Error('Not refused');
  const { data: asked } = await api.createJob({ client, body: { type: 'users.export', payload } });
  const path = { id: asked?.id ?? '' };
  const job = await poll(async () => {
    const { data } = await api.getJob({ client, path });
    return data?.type === 'users.export' && data.state === 'succeeded' ? data : undefined;
  });

  return {
    emails: page.data.map((one) => one.email),
    read: user?.email ?? '',
    readByKey: sameUser?.email ?? '',
    missing: { code: notFound.code, status: notFound.status },
    refused: { code: refused.error.code, pointers: refused.error.errors?.map(({ pointer = '' }) => pointer) ?? [] },
    job: { type: job.type, rows: job.result?.rows ?? 0 },
    ending: await endingOf(await api.streamJobEvents({ client, path })),
  };
}

/** hey-api reads the stream itself, and yields the data of each event. */
async function endingOf({ stream }: Awaited<ReturnType<typeof api.streamJobEvents>>): Promise<JobEnding['state']> {
  for await (const data of stream) {
    if (!('state' in data)) continue;
    const { state } = data;
    if (state === 'succeeded' || state === 'dead' || state === 'cancelled') return state;
  }
  throw new Error('The stream ended before the job');
}

await report(run);
