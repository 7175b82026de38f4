import { fetch as send } from '../generated/kubb/.kubb/fetch.ts';
import type { Client } from '../generated/kubb/.kubb/fetch.ts';
import {
  createApiKey,
  createJob,
  getJob,
  getUser,
  listUsers,
  login,
  verifyMfa,
} from '../generated/kubb/clients/index.ts';
import type { CreateJob422, GetUser404, UsersExportPayload } from '../generated/kubb/types/index.ts';
import type { Outcome, Setting } from './outcome.ts';
import { poll, report, unknownId } from './outcome.ts';

/** A failure, whose body is one of the operation's problems. */
class Failed extends Error {
  constructor(readonly problem: unknown) {
    super('The service refused');
  }
}

/** Kubb's client sends no media type and throws nothing: what every project with it puts in between. */
const client: Client = async (config) => {
  const headers = { ...Object.fromEntries(Object.entries(config.headers ?? {})), 'Content-Type': 'application/json' };
  const reply = await send<never>({ ...config, headers: config.data === undefined ? (config.headers ?? {}) : headers });
  if (reply.status >= 400) throw new Failed(reply.data);
  return reply;
};

async function run({ baseUrl, email, password, code }: Setting): Promise<Outcome> {
  const begun = await login({ email, password }, undefined, { client, baseURL: baseUrl });
  if (!('mfaToken' in begun)) throw new Error('No second factor was required');
  const verification = { mfaToken: begun.mfaToken, method: 'totp', code } as const;
  const tokens = await verifyMfa(verification, undefined, { client, baseURL: baseUrl });
  const headers = { Authorization: `Bearer ${tokens.accessToken}` };
  const config = { client, baseURL: baseUrl, headers };

  const page = await listUsers({ limit: 5 }, undefined, config);
  const user = await getUser(page.data[0]?.id ?? '', undefined, config);
  const issued = await createApiKey({ name: 'Client', scopes: ['users:read'] }, config);
  const byKey = { client, baseURL: baseUrl, headers: { 'X-API-Key': issued.key } };
  const sameUser = await getUser(page.data[0]?.id ?? '', undefined, byKey);
  const notFound = (await failureOf(getUser(unknownId, undefined, config))) as GetUser404;

  const payload: UsersExportPayload = { format: 'csv' };
  const wrong = { type: 'users.export', payload: { ...payload, role: '' } } as const;
  const refused = (await failureOf(createJob(wrong, undefined, config))) as CreateJob422;
  if (refused.code !== 'validation_failed') throw new Error('Not refused');
  const asked = await createJob({ type: 'users.export', payload }, undefined, config);
  const job = await poll(async () => {
    const data = await getJob(asked.id, config);
    return data.type === 'users.export' && data.state === 'succeeded' ? data : undefined;
  });

  return {
    emails: page.data.map((one) => one.email),
    read: user.email,
    readByKey: sameUser.email,
    missing: { code: notFound.code, status: notFound.status },
    refused: { code: refused.code, pointers: refused.errors?.map(({ pointer = '' }) => pointer) ?? [] },
    job: { type: job.type, rows: job.result?.rows ?? 0 },
  };
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => {
      throw new Error('Not refused');
    },
    (error: unknown) => {
      if (error instanceof Failed) return error.problem;
      throw error;
    },
  );
}

await report(run);
