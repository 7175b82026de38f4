import type { JobDoneEvent, NotFoundProblem, UsersExportPayload } from '../generated/orval/model/index.ts';
import {
  createApiKey,
  createJob,
  getJob,
  getUser,
  listUsers,
  login,
  streamJobEvents,
  verifyMfa,
} from '../generated/orval/plinth.ts';
import type { Outcome, Setting } from './outcome.ts';
import { lastEvent, poll, report, unknownId } from './outcome.ts';

/** orval's functions contain the URL of the service, which its configuration has. */
async function run({ email, password, code }: Setting): Promise<Outcome> {
  const begun = await login({ email, password });
  if (begun.status !== 200) throw new Error(begun.data.code);
  if (!('mfaToken' in begun.data)) throw new Error('No second factor was required');
  const tokens = await verifyMfa({ mfaToken: begun.data.mfaToken, method: 'totp', code });
  if (tokens.status !== 200) throw new Error(tokens.data.code);
  const options = { headers: { Authorization: `Bearer ${tokens.data.accessToken}` } };

  const page = await listUsers({ limit: 5 }, undefined, options);
  if (page.status !== 200) throw new Error(page.data.detail ?? page.data.title);
  const user = await getUser(page.data.data[0]?.id ?? '', undefined, options);
  const issued = await createApiKey({ name: 'Client', scopes: ['users:read'] }, options);
  if (issued.status !== 201) throw new Error(issued.data.code);
  const byKey = { headers: { 'X-API-Key': issued.data.key } };
  const sameUser = await getUser(page.data.data[0]?.id ?? '', undefined, byKey);
  const missing = await getUser(unknownId, undefined, options);
  if (missing.status !== 404) throw new Error(`Not missing: ${missing.status}`);
  const notFound: NotFoundProblem = missing.data;

  const payload: UsersExportPayload = { format: 'csv' };
  const refused = await createJob({ type: 'users.export', payload: { ...payload, role: '' } }, undefined, options);
  if (refused.status !== 422 || refused.data.code !== 'validation_failed') throw new Error('Not refused');
  const asked = await createJob({ type: 'users.export', payload }, undefined, options);
  if (asked.status !== 202) throw new Error(asked.data.code);
  const job = await poll(async () => {
    const { data, status } = await getJob(asked.data.id, options);
    return status === 200 && data.type === 'users.export' && data.state === 'succeeded' ? data : undefined;
  });
  const stream = await streamJobEvents(job.id, undefined, options);
  if (stream.status !== 200) throw new Error(stream.data.code);
  const { state } = lastEvent(stream.data) as JobDoneEvent['data'];

  return {
    emails: page.data.data.map((one) => one.email),
    read: user.status === 200 ? user.data.email : '',
    readByKey: sameUser.status === 200 ? sameUser.data.email : '',
    missing: { code: notFound.code, status: notFound.status },
    refused: { code: refused.data.code, pointers: refused.data.errors?.map(({ pointer = '' }) => pointer) ?? [] },
    job: { type: job.type, rows: job.result?.rows ?? 0 },
    ending: state,
  };
}

await report(run);
