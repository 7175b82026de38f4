import { describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { ApiResponse } from '../harness/http/api.ts';
import { createApiKey, withKey } from '../harness/http/api-keys.ts';
import type { JobView } from '../harness/http/job-calls.ts';
import { waitForState } from '../harness/http/job-calls.ts';
import { LoginFlows } from '../harness/http/login-flows.ts';
import { bearerOf } from '../harness/http/mfa-flows.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { usersApp } from './users-app.ts';

const running = await usersApp();
const { api, factory, database } = running;
const admin = await factory.admin();
const asAdmin = api.as(admin);
const csv = { 'Content-Type': 'text/csv' };

async function upload(file: string, headers: Record<string, string> = {}, query = ''): Promise<ApiResponse> {
  return await asAdmin.post(`/v1/users/import${query}`, file, { ...csv, ...headers });
}

/** Imports a file; returns the job that has succeeded, and its report without the header. */
async function imported(file: string, query?: string): Promise<{ job: JobView; report: string }> {
  const response = await upload(file, {}, query);
  if (response.status !== 202) throw new Error(response.text);
  const job = await waitForState(asAdmin, (response.body as JobView).id, 'succeeded');
  const { text } = await asAdmin.get(`/v1/jobs/${job.id}/artifact`);
  expect(text).toMatch(/^line,email,code,detail\r\n/);
  return { job, report: text.slice(text.indexOf('\n') + 1) };
}

function digestOf(file: string): Record<string, string> {
  return { 'Content-Digest': `sha-256=:${createHash('sha256').update(file).digest('base64')}:` };
}

async function rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await database.pool.query<Record<string, unknown>>(sql, values)).rows;
}

/** Uploaded files that have no job. */
async function storedFiles(): Promise<number> {
  return (await rows('SELECT 1 FROM user_imports WHERE job_id IS NULL')).length;
}

async function usersLike(pattern: string): Promise<Record<string, unknown>[]> {
  return await rows(
    `SELECT email, display_name, locale, timezone, roles, email_verified_at, password_hash FROM users
     WHERE email LIKE $1 ORDER BY email`,
    [pattern],
  );
}

describe('POST /v1/users/import', () => {
  it('creates accounts without a password, and nothing else', async () => {
    const file =
      'roles,email,timezone,displayName,locale\r\n' +
      'user admin,Imp.Ada@Example.com,Europe/London,"Lovelace, Ada",en-GB\r\n' +
      ',imp.bob@example.com,,,\r\n';

    const response = await upload(file);
    const job = await waitForState(asAdmin, (response.body as JobView).id, 'succeeded');

    expect(response.status).toBe(202);
    expect(response.headers).toMatchObject({ location: `/v1/jobs/${job.id}`, 'retry-after': '1' });
    expect(job).toMatchObject({
      type: 'users.import',
      ownerId: admin.id,
      progress: { done: 2, total: 2 },
      result: { created: 2, skipped: 0, failed: 0, bytes: 24 },
    });
    const empty = { email_verified_at: null, password_hash: null };
    const [ada, bob] = [
      { display_name: 'Lovelace, Ada', locale: 'en-GB', timezone: 'Europe/London', roles: ['user', 'admin'] },
      { display_name: null, locale: 'en', timezone: 'UTC', roles: ['user'] },
    ];
    expect(await usersLike('Imp.%')).toEqual([{ email: 'Imp.Ada@Example.com', ...ada, ...empty }]);
    expect(await usersLike('imp.%')).toEqual([{ email: 'imp.bob@example.com', ...bob, ...empty }]);
    expect(await rows(`SELECT 1 FROM mails WHERE lower(recipient) LIKE 'imp.%'`)).toEqual([]);
    expect(await rows('SELECT 1 FROM user_imports WHERE job_id = $1', [job.id])).toEqual([]);
  });

  it('is audited, with an event for each user', async () => {
    const { job } = await imported('email,roles\naud.a@example.com,admin\naud.b@example.com,\n');

    const events = await rows(
      `SELECT event, reason, outcome FROM audit_events LEFT JOIN users ON users.id = subject_id
       WHERE actor_id = $1 AND (email LIKE 'aud.%' OR reason LIKE $2) ORDER BY event, reason`,
      [admin.id, `job ${job.id} %`],
    );
    const success = { outcome: 'success' };
    expect(events).toEqual([
      { event: 'job_requested', reason: `job ${job.id} of users.import`, ...success },
      { event: 'user_created', reason: 'imported', ...success },
      { event: 'user_created', reason: 'imported as admin', ...success },
    ]);
  });

  it('reports each row that created no user by its line', async () => {
    await factory.user({ email: 'rep.taken@example.com' });
    const long = 'x'.repeat(81);

    const { job, report } = await imported(
      [
        'email,displayName,locale,timezone,roles',
        'REP.taken@example.com,,,,',
        'rep.new@example.com,,,,',
        '=cmd@@x,,,,',
        `rep.bad@example.com,${long},xx_,Mars/Base,root`,
        '',
        'rep.new@EXAMPLE.com,"two',
        'lines",,,',
        'rep.few@example.com,',
        '"rep.text@example.com"x,,,,',
        ',,,,user user',
        'rep.nul\0@example.com,,,,',
      ].join('\n'),
    );

    expect(job['result']).toMatchObject({ created: 1, skipped: 2, failed: 6 });
    expect(report.split('\r\n')).toEqual([
      '2,REP.taken@example.com,is_unique,email belongs to another user',
      "4,'=cmd@@x,is_email,email must be an email address",
      '5,rep.bad@example.com,max_length,displayName must have at most 80 characters',
      '5,rep.bad@example.com,is_in,"roles must hold only user, admin"',
      '5,rep.bad@example.com,is_language,"locale must be a language tag (BCP 47), as in en-GB"',
      '5,rep.bad@example.com,is_time_zone,timezone must be the name of a time zone (IANA)',
      '7,rep.new@EXAMPLE.com,is_unique,email belongs to another user',
      '9,rep.few@example.com,cell_count,"must have 5 cells as the header, and has 2"',
      expect.stringMatching(/^10,[^,]*,malformed_row,text follows a closing quote$/),
      expect.stringMatching(/^11,,is_email,email must be an email address$/),
      '11,,array_unique,roles must not repeat an entry',
      '12,rep.nul@example.com,ill_formed_string,email must not contain U+0000 or lone surrogates',
      '',
    ]);
    expect((await usersLike('rep.%')).map(({ email }) => email)).toEqual([
      'rep.new@example.com',
      'rep.taken@example.com',
    ]);
  });

  it('creates no user twice from the same file', async () => {
    const file = `email\n${Array.from({ length: 1500 }, (_, at) => `twice.${at}@example.com\n`).join('')}`;

    const [one, other] = await Promise.all([imported(file), imported(file)]);

    const results = [one, other].map(({ job }) => job['result'] as { created: number; skipped: number });
    expect(results.map(({ created, skipped }) => created + skipped)).toEqual([1500, 1500]);
    expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(1500);
    expect(await usersLike('twice.%')).toHaveLength(1500);
    expect(
      await rows(`SELECT 1 FROM audit_events JOIN users ON users.id = subject_id WHERE email LIKE 'twice.%'`),
    ).toHaveLength(1500);
  });

  it('invites the users that it creates, if requested', async () => {
    await factory.user({ email: 'inv.known@example.com' });
    await imported('email\ninv.new@example.com\ninv.known@example.com\n', '?invite=true');

    const token = await new Mailbox(api).tokenFor('inv.new@example.com');

    const reset = { token, newPassword: 'correct horse battery staple' };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    expect(await rows(`SELECT 1 FROM mails WHERE recipient = 'inv.known@example.com'`)).toEqual([]);
  });

  it('requires the permission, a recent authentication, and no API key', async () => {
    const user = await factory.user();
    const key = await createApiKey(asAdmin);
    const old = bearerOf(await new LoginFlows(running).oldSession(await factory.admin()));
    const file = 'email\nno.access@example.com\n';

    expect(await api.post('/v1/users/import', file, csv)).toBeProblem('unauthenticated', 401);
    expect(await api.as(user).post('/v1/users/import', file, csv)).toBeProblem('forbidden', 403);
    expect(await api.post('/v1/users/import', file, { ...csv, ...withKey(key) })).toBeProblem('forbidden', 403);
    expect(await api.post('/v1/users/import', file, { ...csv, ...old })).toBeProblem('reauthentication-required', 401);
    expect(await usersLike('no.access%')).toEqual([]);
    expect(await storedFiles()).toBe(0);
  });

  it.each([
    ['the owner may not import users any more', `UPDATE users SET roles = '{user}' WHERE id = $1`, /may not import/],
    ['the owner is disabled', 'UPDATE users SET disabled_at = now() WHERE id = $1', /may not import/],
    [
      'the file is deleted',
      'DELETE FROM user_imports WHERE job_id IN (SELECT id FROM jobs WHERE owner_id = $1)',
      /file was deleted/,
    ],
  ])('creates no user and is not retried when %s', async (_, change, message) => {
    const importer = await factory.admin();
    await asAdmin.post('/v1/queues/heavy/pause');
    const response = await api.as(importer).post('/v1/users/import', 'email\nno.user@example.com\n', csv);
    await rows(change, [importer.id]);
    await asAdmin.post('/v1/queues/heavy/resume');

    const job = await waitForState(asAdmin, (response.body as JobView).id, 'dead');

    expect(job).toMatchObject({ attempts: 1, error: { message: expect.stringMatching(message) } });
    expect(await usersLike('no.user%')).toEqual([]);
  });

  it('is no type of job that clients can create or schedule', async () => {
    const job = { type: 'users.import', payload: { importId: randomUUID(), invite: false } };

    expect(await asAdmin.post('/v1/jobs', job)).toBeProblem('validation-failed', 422);
    const schedule = { ...job, cron: '0 0 * * *', timezone: 'UTC' };
    expect(await asAdmin.post('/v1/job-schedules', schedule)).toBeProblem('validation-failed', 422);
  });
});

describe('A file of users', () => {
  it.each([
    ['without content', '', 'malformed-json', /empty/],
    ['with a header alone', 'email\r\n', 'malformed-csv', /no rows/],
    ['with empty lines alone', '\n\n', 'malformed-csv', /empty/],
    ['with an unknown column', 'email,password\na@example.com,x\n', 'malformed-csv', /"password"/],
    ['with semicolons', 'email;roles\na@example.com;user\n', 'malformed-csv', /"email;roles"/],
    ['with a duplicate column', 'email,email\na,b\n', 'malformed-csv', /email twice/],
    ['without the column of email addresses', 'roles\nuser\n', 'malformed-csv', /no column email/],
    ['with a quoted cell without an end', `email\n${'a\n'.repeat(5000)}"b\n`, 'malformed-csv', /line 5002/],
  ])('%s is rejected, and not stored', async (_, file, slug, detail) => {
    const response = await upload(file);

    expect(response).toBeProblem(slug, 400);
    expect(response.body).toMatchObject({ detail: expect.stringMatching(detail) });
    expect(await storedFiles()).toBe(0);
  });

  it.each([
    ['another media type', { 'Content-Type': 'text/plain' }],
    ['JSON', { 'Content-Type': 'application/json' }],
    ['another charset', { 'Content-Type': 'text/csv; charset=latin1' }],
    ['a content coding', { 'Content-Encoding': 'gzip' }],
  ])('is rejected with %s', async (_, headers) => {
    expect(await upload('"email"', headers)).toBeProblem('unsupported-media-type', 415);
  });

  it('is accepted with the parameters of its media type', async () => {
    const headers = { 'Content-Type': 'Text/CSV; charset="UTF-8"; header=present' };

    expect((await upload('\ufeffemail\nparameters@example.com', headers)).status).toBe(202);
  });

  it.each([
    ['by its length', true],
    ['by the bytes that arrive', false],
  ])('of more than 50 MiB is rejected %s, and not stored', async (_, hasLength) => {
    const { accessToken } = await api.tokensOf(admin);
    const part = Buffer.from(`${'x'.repeat(15_000)}\n`.repeat(10));
    const parts = Math.ceil((50 * 1024 * 1024) / part.length) + 1;
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('email\n');
      for (let at = 0; at < parts; at += 1) yield await Promise.resolve(part);
    }

    const headers = { ...csv, Authorization: `Bearer ${accessToken}` };
    const whole = Buffer.concat([Buffer.from('email\n'), ...Array.from({ length: parts }, () => part)]);
    const content = hasLength ? { body: whole } : { body: ReadableStream.from(body()), duplex: 'half' as const };
    const response = await fetch(`${api.baseUrl}/v1/users/import`, { method: 'POST', headers, ...content });

    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'content_too_large' });
    expect(await storedFiles()).toBe(0);
  });

  it('is deleted when the client closes the connection during the upload', async () => {
    const { accessToken } = await api.tokensOf(admin);
    const headers = { ...csv, Authorization: `Bearer ${accessToken}` };
    const sent = request(`${api.baseUrl}/v1/users/import`, { method: 'POST', headers });
    sent.on('error', () => undefined);
    sent.write(`email\n${Array.from({ length: 5000 }, (_, at) => `closed.${at}@example.com\n`).join('')}`);
    await waitUntil('a part is stored', async () => (await storedFiles()) === 1);

    sent.destroy();

    await waitUntil('nothing is stored', async () => (await storedFiles()) === 0);
    expect(
      await rows('SELECT 1 FROM user_import_chunks JOIN user_imports ON id = import_id WHERE job_id IS NULL'),
    ).toEqual([]);
    expect(await usersLike('closed.%')).toEqual([]);
  });
});

describe('An import with an Idempotency-Key', () => {
  const key = (): Record<string, string> => ({ 'Idempotency-Key': randomUUID() });

  it('is executed once', async () => {
    const file = 'email\nkey.once@example.com\n';
    const headers = { ...key(), ...digestOf(file) };

    const first = await upload(file, headers);
    const second = await upload(file, headers);

    expect(first.status).toBe(202);
    expect(second).toMatchObject({ status: 202, text: first.text });
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true', location: first.headers['location'] });
    expect(await storedFiles()).toBe(0);
  });

  it('is another request with another file or option', async () => {
    const [file, other] = ['email\nkey.file@example.com\n', 'email\nkey.other@example.com\n'];
    const used = key();
    await upload(file, { ...used, ...digestOf(file) });

    expect(await upload(other, { ...used, ...digestOf(other) })).toBeProblem('idempotency-key-reused', 422);
    expect(await upload(file, { ...used, ...digestOf(file) }, '?invite=true')).toBeProblem(
      'idempotency-key-reused',
      422,
    );
    expect(await usersLike('key.other%')).toEqual([]);
  });

  it('requires the digest of the file', async () => {
    const file = 'email\nkey.required@example.com\n';
    const sha512 = { 'Content-Digest': `sha-512=:${createHash('sha512').update(file).digest('base64')}:` };

    expect(await upload(file, key())).toBeProblem('content-digest-required', 400);
    expect(await upload(file, { ...key(), ...sha512 })).toBeProblem('content-digest-required', 400);
    expect(await usersLike('key.required%')).toEqual([]);
  });

  it('has no effect on a key that failed', async () => {
    const file = 'email\nkey.corrected@example.com\n';
    const used = key();

    expect(await upload('email\n"', { ...used, ...digestOf('email\n"') })).toBeProblem('malformed-csv', 400);
    expect((await upload(file, { ...used, ...digestOf(file) })).status).toBe(202);
  });
});

describe('The digest of a file', () => {
  const file = 'email\ndigest@example.com\n';

  it.each([
    ['with a key', { 'Idempotency-Key': randomUUID() }],
    ['without a key', {}],
  ])('is verified %s', async (_, headers) => {
    expect(await upload(file, { ...headers, ...digestOf(`${file} `) })).toBeProblem('content-digest-mismatch', 400);
    expect(await storedFiles()).toBe(0);
    expect(await usersLike('digest@%')).toEqual([]);
  });

  it.each(['sha-256=x', 'sha-256=:AAAA:', 'sha-256="a"', '='])('is rejected as %s', async (value) => {
    expect(await upload(file, { 'Content-Digest': value })).toBeProblem('invalid-content-digest', 400);
  });

  it('may have other algorithms beside it', async () => {
    const headers = { 'Content-Digest': `md5=:AAAA:, ${digestOf(file)['Content-Digest'] ?? ''};a=1` };

    expect((await upload(file, headers)).status).toBe(202);
  });
});
