import { beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../src/platform/dev-postgres/server.ts';
import { JobQueue } from '../../src/platform/queue/job-queue.ts';
import { PasswordLock } from '../../src/features/auth/login/password-lock.ts';
import { CredentialsService } from '../../src/features/users/credentials.service.ts';
import { SendMailJob } from '../../src/features/mail/send-mail.job.ts';
import { startApp } from '../harness/app/app.ts';
import { TestSmtpServer } from '../harness/mail/smtp-server.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { EffectJob, effectsTable, TestJobsModule } from '../harness/app/test-jobs.ts';

const port = await freePort();
const smtp = new TestSmtpServer(port);
await smtp.start();
const environment = {
  SMTP_URL: `smtp://127.0.0.1:${port}`,
  MAIL_FROM: 'Plinth <hello@plinth.example>',
  PUBLIC_URL: 'https://api.plinth.example',
};
const { app, api, factory, database } = await startApp(environment, [TestJobsModule]);
await database.pool.query(effectsTable);
const queue = app.get(JobQueue);

const password = 'correct horse battery staple';
let counter = 0;
const newEmail = (): string => `reader${(counter += 1)}@example.com`;

interface DeliveryJob {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly error: { readonly name: string; readonly message: string } | null;
  readonly result: unknown;
  readonly sent_at: Date | null;
  readonly encrypted_token: Buffer | null;
  readonly ip: string | null;
  readonly browser: string | null;
}

/** The job of the newest email to this email address, with its encrypted token. */
async function deliveryTo(email: string): Promise<DeliveryJob> {
  const { rows } = await database.pool.query<DeliveryJob>(
    `SELECT j.id, j.state, j.attempts, j.error, j.result, m.sent_at, m.ip, m.browser, t.encrypted_token
     FROM mails m JOIN jobs j ON j.payload->>'mailId' = m.id::text LEFT JOIN one_time_tokens t ON t.id = m.one_time_token_id
     WHERE m.recipient = $1 ORDER BY m.created_at DESC LIMIT 1`,
    [email],
  );
  if (rows[0] === undefined) throw new Error(`No email to ${email} is enqueued`);
  return rows[0];
}

async function register(email: string): Promise<void> {
  const response = await api.post('/v1/auth/register', { email, password });
  expect(response.status).toBe(202);
}

async function reachState(email: string, state: string): Promise<DeliveryJob> {
  await waitUntil(`mail to ${email} ${state}`, async () => (await deliveryTo(email)).state === state);
  return await deliveryTo(email);
}

async function hasFailed(email: string, attempts = 1): Promise<DeliveryJob> {
  const failed = async (): Promise<boolean> => {
    const job = await deliveryTo(email);
    return job.state === 'queued' && job.attempts >= attempts && job.error !== null;
  };
  await waitUntil(`mail to ${email} failed`, failed);
  return await deliveryTo(email);
}

/** Makes the next attempt of every email due. */
async function retryNow(): Promise<void> {
  await database.pool.query(
    `UPDATE jobs SET next_delivery_at = now() WHERE type = 'mail.send' AND delivery = 'delayed'`,
  );
}

/** Postpones the next attempt of every email, so that only the test starts it. */
async function suspendRetries(): Promise<void> {
  await database.pool.query(
    `UPDATE jobs SET next_delivery_at = now() + interval '1 day' WHERE type = 'mail.send' AND delivery = 'delayed'`,
  );
}

const linkIn = (text: string): URL => new URL(/https:\/\/\S+/.exec(text)?.[0] ?? '');

beforeEach(() => {
  smtp.refuse = () => undefined;
  smtp.silent = false;
});

describe('An enqueued email', () => {
  it('is delivered once, as text and HTML, with a valid link', async () => {
    const email = newEmail();

    await register(email);
    const job = await reachState(email, 'succeeded');

    expect(smtp.mailsTo(email)).toHaveLength(1);
    const [mail] = smtp.mailsTo(email);
    expect(mail?.from).toBe('hello@plinth.example');
    expect(mail?.headers.get('from')).toBe('Plinth <hello@plinth.example>');
    expect(mail?.headers.get('to')).toBe(email);
    expect(mail?.headers.get('subject')).toBe('Confirm your email address');
    expect(mail?.headers.get('message-id')).toBe(`<${job.id}@api.plinth.example>`);
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    const link = linkIn(mail?.text ?? '');
    expect(link.href).toMatch(/^https:\/\/api\.plinth\.example\/account\/verify-email\?token=[\w-]{43}$/);
    expect(mail?.headers.get('content-language')).toBe('en');
    expect(mail?.html).toMatch(/<a href="[^"]*"[^>]*>Confirm this email address<\/a>/);
    expect(mail?.html.match(/href="([^"]*)"/g)).toEqual([`href="${link.href}"`, `href="${link.href}"`]);
    expect(job).toMatchObject({
      attempts: 1,
      result: { sent: true },
      sent_at: expect.any(Date),
      encrypted_token: null,
    });
    const token = link.searchParams.get('token');
    expect((await api.post('/v1/auth/email/verify', { token })).status).toBe(204);
  });

  it('has the language and the time zone of its recipient, and names where the request came from', async () => {
    const user = await factory.user();
    await database.pool.query(`UPDATE users SET locale = 'de-AT', timezone = 'Europe/Vienna' WHERE id = $1`, [user.id]);
    const headers = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' };

    await api.post('/v1/auth/password/forgot', { email: user.email }, { ...headers, 'Accept-Language': 'en' });
    const job = await reachState(user.email, 'succeeded');

    // Nothing needs the origin after the delivery.
    expect(job).toMatchObject({ ip: null, browser: null, encrypted_token: null });
    const [mail] = smtp.mailsTo(user.email);
    expect(mail?.headers.get('content-language')).toBe('de');
    expect(mail?.text).toContain('Für Ihr Konto bei Plinth wurde ein neues Passwort angefordert.');
    expect(mail?.text).toMatch(/Wann: .+ (MEZ|MESZ) \(Europe\/Vienna\)\nWo: 127\.0\.0\.1, Firefox, Linux\n/);
    expect(mail?.html).toContain('<html lang="de">');
  });

  it('has the language of the request when its recipient has no account', async () => {
    const email = newEmail();

    await api.post('/v1/auth/register', { email, password }, { 'Accept-Language': 'de' });
    await reachState(email, 'succeeded');

    expect(smtp.mailsTo(email)[0]?.headers.get('content-language')).toBe('de');
  });

  it('neither contains nor stores where the request of another user came from', async () => {
    const [admin, user] = [await factory.admin(), await factory.user()];
    const asAdmin = api.as(admin);
    const invited = newEmail();

    await asAdmin.post(`/v1/users/${user.id}/password-reset`);
    await asAdmin.post('/v1/users', { email: invited });

    for (const email of [user.email, invited]) {
      await reachState(email, 'succeeded');
      expect(smtp.mailsTo(email)[0]?.text).not.toContain('Where:');
    }
    const { rows } = await database.pool.query('SELECT ip, browser FROM mails WHERE recipient = ANY ($1)', [
      [user.email, invited],
    ]);
    expect(rows).toEqual([
      { ip: null, browser: null },
      { ip: null, browser: null },
    ]);
  });

  it('leaves its token in no job, job event or stored email', async () => {
    const email = newEmail();
    await register(email);
    const { id } = await reachState(email, 'succeeded');
    const token = linkIn(smtp.mailsTo(email)[0]?.text ?? '').searchParams.get('token') ?? '';
    expect(token).toHaveLength(43);

    const { rows } = await database.pool.query<{ dump: string; payload: object }>(
      `SELECT j.payload, j::text || m::text || t::text ||
         (SELECT string_agg(e::text, '') FROM job_events e WHERE e.job_id = j.id) AS dump
       FROM jobs j JOIN mails m ON j.payload->>'mailId' = m.id::text JOIN one_time_tokens t ON t.id = m.one_time_token_id
       WHERE j.id = $1`,
      [id],
    );

    expect(Object.keys(rows[0]?.payload ?? {})).toEqual(['mailId']);
    expect(rows[0]?.dump).not.toContain(token);
    expect(rows[0]?.dump).not.toContain(Buffer.from(token).toString('hex'));
  });

  it('is not listed by a development mailbox', async () => {
    expect((await api.get('/dev/mailbox')).status).toBe(404);
  });

  it('is not sent when its link was replaced, used or has expired', async () => {
    await smtp.stop();
    const emails = [newEmail(), newEmail(), newEmail()] as const;
    for (const email of emails) await register(email);
    for (const email of emails) await hasFailed(email);
    await suspendRetries();
    const updateToken = async (change: string, email: string): Promise<void> => {
      await database.pool.query(`UPDATE one_time_tokens SET ${change} WHERE email = $1`, [email]);
    };
    await updateToken('revoked_at = now(), encrypted_token = NULL', emails[0]);
    await updateToken('consumed_at = now(), encrypted_token = NULL', emails[1]);
    await updateToken(`expires_at = now() - interval '1 second'`, emails[2]);
    await smtp.start();
    await retryNow();

    for (const email of emails) {
      expect(await reachState(email, 'succeeded')).toMatchObject({ result: { sent: false }, sent_at: null });
      expect(smtp.mailsTo(email)).toEqual([]);
    }
  });

  it('is sent without its link when it is about a locked password', async () => {
    const user = await factory.user();
    await smtp.stop();
    const credentials = await app.get(CredentialsService).findById(user.id);
    if (credentials !== undefined) await app.get(PasswordLock).lock(credentials);
    await hasFailed(user.email);
    await suspendRetries();
    await database.pool.query('UPDATE one_time_tokens SET expires_at = now() WHERE user_id = $1', [user.id]);
    await smtp.start();
    await retryNow();

    expect(await reachState(user.email, 'succeeded')).toMatchObject({ result: { sent: true } });
    expect(smtp.mailsTo(user.email)[0]?.headers.get('subject')).toBe('Your password was locked');
    expect(smtp.mailsTo(user.email)[0]?.text).not.toContain('https://');
  });

  it('is skipped when its row was deleted', async () => {
    const id = await queue.enqueue(SendMailJob, { mailId: '01938c5e-7a80-7000-8000-3f2d6c1b9a04' });
    const find = async (): Promise<unknown> =>
      (await database.pool.query<{ result: unknown }>('SELECT result FROM jobs WHERE id = $1', [id])).rows[0]?.result;

    await waitUntil('succeeded', async () => (await find()) !== null);

    expect(await find()).toEqual({ sent: false });
  });
});

describe('A mail server', () => {
  it('that was down receives the email after its recovery', async () => {
    await smtp.stop();
    const email = newEmail();

    await register(email);
    const failed = await hasFailed(email);
    expect(failed.error).toEqual({
      name: 'SmtpFailed',
      message: expect.stringMatching(/^The mail server did not accept this email: .*ECONNREFUSED/),
    });
    expect(failed.encrypted_token).not.toBeNull();
    expect(failed.sent_at).toBeNull();

    await smtp.start();
    await retryNow();
    await reachState(email, 'succeeded');
    expect(smtp.mailsTo(email)).toHaveLength(1);
  });

  it('that greylists receives the email again, with the same Message-ID', async () => {
    const email = newEmail();
    let requests = 0;
    smtp.refuse = (recipient) => {
      if (recipient !== email || (requests += 1) > 2) return undefined;
      return { code: 450, message: '4.2.0 Greylisted, come back later' };
    };

    await register(email);
    expect((await hasFailed(email)).error?.message).toContain('450 4.2.0 Greylisted, come back later');
    for (let tries = 0; tries < 2; tries += 1) {
      await retryNow();
      await waitUntil('another attempt', () => requests >= tries + 2);
    }
    const job = await reachState(email, 'succeeded');

    expect(requests).toBe(3);
    expect(job.attempts).toBe(3);
    expect(smtp.mailsTo(email).map(({ headers }) => headers.get('message-id'))).toEqual([
      `<${job.id}@api.plinth.example>`,
    ]);
  });

  it('that rejects one recipient permanently receives the other emails, and no retry', async () => {
    const [before, rejected, after] = [newEmail(), newEmail(), newEmail()];
    smtp.refuse = (recipient) =>
      recipient === rejected
        ? { code: 550, message: '5.1.1 No such user; see https://x.example/?token=abc-1' }
        : undefined;

    for (const email of [before, rejected, after]) await register(email);

    expect(await reachState(rejected, 'dead')).toMatchObject({
      attempts: 1,
      error: {
        name: 'MailRejected',
        message:
          'The mail server rejected this email permanently: 550 5.1.1 No such user; see https://x.example/?token=…',
      },
    });
    for (const email of [before, after]) {
      await reachState(email, 'succeeded');
      expect(smtp.mailsTo(email)).toHaveLength(1);
    }
  });

  it('that does not respond delays no other job, and times out', async () => {
    await smtp.stop();
    await smtp.start();
    smtp.silent = true;
    const connections = smtp.connections;
    const emails = Array.from({ length: 8 }, newEmail);
    await Promise.all(
      emails.map(async (email) => {
        await register(email);
      }),
    );
    await waitUntil('a connection to the server', () => smtp.connections > connections);

    const id = await queue.enqueue(EffectJob, { key: 'beside slow emails' });
    const done = async (): Promise<boolean> =>
      (await database.pool.query('SELECT 1 FROM test_effects WHERE job_id = $1', [id])).rows.length > 0;
    await waitUntil('the other job is done', done);
    // The server has not rejected or delayed the last email yet.
    expect((await Promise.all(emails.map(deliveryTo))).some(({ error }) => error === null)).toBe(true);

    for (const email of emails) {
      const { error } = await hasFailed(email);
      expect(['SmtpFailed', 'SmtpBusy']).toContain(error?.name);
    }
    const { rows } = await database.pool.query(
      `SELECT 1 FROM job_events WHERE data->'error'->>'message' LIKE '%Greeting never received%'`,
    );
    expect(rows.length).toBeGreaterThan(0);

    await smtp.stop();
    smtp.silent = false;
    await smtp.start();
    for (const email of emails) {
      const isDelivered = async (): Promise<boolean> => {
        await retryNow();
        return (await deliveryTo(email)).state === 'succeeded';
      };
      await waitUntil(`mail to ${email} succeeded`, isDelivered);
      expect(smtp.mailsTo(email)).toHaveLength(1);
    }
  });
});
