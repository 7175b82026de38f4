import { beforeEach, describe, expect, it } from '@jest/globals';
import { Ledger } from '../src/queue/ledger.ts';
import { SendMailJob } from '../src/features/mail/send-mail.job.ts';
import { start } from './support/app.ts';
import { ReceivingServer } from './support/receiving-server.ts';
import { freePort, until } from './support/running.ts';
import { EffectJob, effectsTable, TestJobsModule } from './support/test-jobs.ts';

const port = await freePort();
const smtp = new ReceivingServer(port);
await smtp.start();
const environment = {
  SMTP_URL: `smtp://127.0.0.1:${port}`,
  MAIL_FROM: 'Plinth <hello@plinth.example>',
  PUBLIC_URL: 'https://api.plinth.example',
};
const { app, api, database } = await start(environment, [TestJobsModule]);
await database.pool.query(effectsTable);
const ledger = app.get(Ledger);

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
  readonly sealed_token: Buffer | null;
}

/** The newest mail to this address: its job, and what is left of its token. */
async function deliveryTo(email: string): Promise<DeliveryJob> {
  const { rows } = await database.pool.query<DeliveryJob>(
    `SELECT j.id, j.state, j.attempts, j.error, j.result, m.sent_at, t.sealed_token
     FROM mails m JOIN jobs j ON j.payload->>'mailId' = m.id::text LEFT JOIN mailed_tokens t ON t.id = m.mailed_token_id
     WHERE m.recipient = $1 ORDER BY m.created_at DESC LIMIT 1`,
    [email],
  );
  if (rows[0] === undefined) throw new Error(`No mail to ${email} has been promised`);
  return rows[0];
}

async function register(email: string): Promise<void> {
  const reply = await api.post('/v1/auth/register', { email, password });
  expect(reply.status).toBe(202);
}

async function reaches(email: string, state: string, withinMs = 10_000): Promise<DeliveryJob> {
  await until(`mail to ${email} ${state}`, async () => (await deliveryTo(email)).state === state, withinMs);
  return await deliveryTo(email);
}

async function hasFailed(email: string, attempts = 1): Promise<DeliveryJob> {
  const failed = async (): Promise<boolean> => {
    const job = await deliveryTo(email);
    return job.state === 'queued' && job.attempts >= attempts && job.error !== null;
  };
  await until(`mail to ${email} failed`, failed, 15_000);
  return await deliveryTo(email);
}

/** Ends the wait for the next attempt of every mail, instead of sleeping. */
async function hurry(): Promise<void> {
  await database.pool.query(
    `UPDATE jobs SET next_dispatch_at = now() WHERE type = 'mail.send' AND dispatch = 'parked'`,
  );
}

/** Keeps mails that failed where they are, so that only a test moves them on. */
async function hold(): Promise<void> {
  await database.pool.query(
    `UPDATE jobs SET next_dispatch_at = now() + interval '1 day' WHERE type = 'mail.send' AND dispatch = 'parked'`,
  );
}

const linkIn = (text: string): URL => new URL(/https:\/\/\S+/.exec(text)?.[0] ?? '');

beforeEach(() => {
  smtp.refuse = () => undefined;
  smtp.silent = false;
});

describe('a promised mail', () => {
  it('arrives once, as text and HTML, with a link that works', async () => {
    const email = newEmail();

    await register(email);
    const job = await reaches(email, 'succeeded');

    expect(smtp.mailsTo(email)).toHaveLength(1);
    const [mail] = smtp.mailsTo(email);
    expect(mail?.from).toBe('hello@plinth.example');
    expect(mail?.headers.get('from')).toBe('Plinth <hello@plinth.example>');
    expect(mail?.headers.get('to')).toBe(email);
    expect(mail?.headers.get('subject')).toBe('Confirm your e-mail address');
    expect(mail?.headers.get('message-id')).toBe(`<${job.id}@api.plinth.example>`);
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    const link = linkIn(mail?.text ?? '');
    expect(link.href).toMatch(/^https:\/\/api\.plinth\.example\/account\/verify-email\?token=[\w-]{43}$/);
    expect(mail?.html).toContain(`<a href="${link.href}">Confirm this address</a>`);
    expect(job).toMatchObject({ attempts: 1, result: { sent: true }, sent_at: expect.any(Date), sealed_token: null });
    const token = link.searchParams.get('token');
    expect((await api.post('/v1/auth/email/verify', { token })).status).toBe(204);
  });

  it('leaves its token in no job, event or log of mails', async () => {
    const email = newEmail();
    await register(email);
    const { id } = await reaches(email, 'succeeded');
    const token = linkIn(smtp.mailsTo(email)[0]?.text ?? '').searchParams.get('token') ?? '';
    expect(token).toHaveLength(43);

    const { rows } = await database.pool.query<{ dump: string; payload: object }>(
      `SELECT j.payload, j::text || m::text || t::text || (SELECT string_agg(e::text, '') FROM job_events e WHERE e.job_id = j.id)
         AS dump
       FROM jobs j JOIN mails m ON j.payload->>'mailId' = m.id::text JOIN mailed_tokens t ON t.id = m.mailed_token_id
       WHERE j.id = $1`,
      [id],
    );

    expect(Object.keys(rows[0]?.payload ?? {})).toEqual(['mailId']);
    expect(rows[0]?.dump).not.toContain(token);
    expect(rows[0]?.dump).not.toContain(Buffer.from(token).toString('hex'));
  });

  it('is shown in no mailbox', async () => {
    expect((await api.get('/dev/mailbox')).status).toBe(404);
  });

  it('is not sent when its link has been replaced meanwhile, used or run out', async () => {
    await smtp.stop();
    const emails = [newEmail(), newEmail(), newEmail()] as const;
    for (const email of emails) await register(email);
    for (const email of emails) await hasFailed(email);
    await hold();
    const set = async (change: string, email: string): Promise<void> => {
      await database.pool.query(`UPDATE mailed_tokens SET ${change} WHERE address = $1`, [email]);
    };
    await set('voided_at = now(), sealed_token = NULL', emails[0]);
    await set('consumed_at = now(), sealed_token = NULL', emails[1]);
    await set(`expires_at = now() - interval '1 second'`, emails[2]);
    await smtp.start();
    await hurry();

    for (const email of emails) {
      expect(await reaches(email, 'succeeded')).toMatchObject({ result: { sent: false }, sent_at: null });
      expect(smtp.mailsTo(email)).toEqual([]);
    }
  });

  it('is not missed when its row is gone', async () => {
    const id = await ledger.enqueue(SendMailJob, { mailId: '01938c5e-7a80-7000-8000-3f2d6c1b9a04' });
    const find = async (): Promise<unknown> =>
      (await database.pool.query<{ result: unknown }>('SELECT result FROM jobs WHERE id = $1', [id])).rows[0]?.result;

    await until('succeeded', async () => (await find()) !== null);

    expect(await find()).toEqual({ sent: false });
  });
});

describe('a mail server', () => {
  it('that is down gets the mail once it is up', async () => {
    await smtp.stop();
    const email = newEmail();

    await register(email);
    const failed = await hasFailed(email);
    expect(failed.error).toEqual({
      name: 'MailServerFailed',
      message: expect.stringMatching(/^The mail server did not take this mail: .*ECONNREFUSED/),
    });
    expect(failed.sealed_token).not.toBeNull();
    expect(failed.sent_at).toBeNull();

    await smtp.start();
    await hurry();
    await reaches(email, 'succeeded');
    expect(smtp.mailsTo(email)).toHaveLength(1);
  });

  it('that grey-lists gets the mail again, under the same Message-ID', async () => {
    const email = newEmail();
    let asked = 0;
    smtp.refuse = (address) => {
      if (address !== email || (asked += 1) > 2) return undefined;
      return { code: 450, message: '4.2.0 Greylisted, come back later' };
    };

    await register(email);
    expect((await hasFailed(email)).error?.message).toContain('450 4.2.0 Greylisted, come back later');
    for (let tries = 0; tries < 2; tries += 1) {
      await hurry();
      await until('asked again', () => asked >= tries + 2);
    }
    const job = await reaches(email, 'succeeded');

    expect(asked).toBe(3);
    expect(job.attempts).toBe(3);
    expect(smtp.mailsTo(email).map(({ headers }) => headers.get('message-id'))).toEqual([
      `<${job.id}@api.plinth.example>`,
    ]);
  });

  it('that refuses one address for good is not asked again, and gets the others', async () => {
    const [before, refused, behind] = [newEmail(), newEmail(), newEmail()];
    smtp.refuse = (address) =>
      address === refused
        ? { code: 550, message: '5.1.1 No such user; see https://x.example/?token=abc-1' }
        : undefined;

    for (const email of [before, refused, behind]) await register(email);

    expect(await reaches(refused, 'dead')).toMatchObject({
      attempts: 1,
      error: {
        name: 'MailRefused',
        message: 'The mail server refused this mail for good: 550 5.1.1 No such user; see https://x.example/?token=…',
      },
    });
    for (const email of [before, behind]) {
      await reaches(email, 'succeeded');
      expect(smtp.mailsTo(email)).toHaveLength(1);
    }
  });

  it('that says nothing delays no other job, and is given up', async () => {
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
    await until('the server is being waited for', () => smtp.connections > connections);

    const begin = performance.now();
    const id = await ledger.enqueue(EffectJob, { key: 'beside slow mails' });
    const done = async (): Promise<boolean> =>
      (await database.pool.query('SELECT 1 FROM test_effects WHERE job_id = $1', [id])).rows.length > 0;
    await until('the other job is done', done, 4000);
    expect(performance.now() - begin).toBeLessThan(2500);

    for (const email of emails) {
      const { error } = await hasFailed(email);
      expect(['MailServerFailed', 'MailServerBusy']).toContain(error?.name);
    }
    const { rows } = await database.pool.query(
      `SELECT 1 FROM job_events WHERE data->'error'->>'message' LIKE '%Greeting never received%'`,
    );
    expect(rows.length).toBeGreaterThan(0);

    await smtp.stop();
    smtp.silent = false;
    await smtp.start();
    for (const email of emails) {
      const arrived = async (): Promise<boolean> => {
        await hurry();
        return (await deliveryTo(email)).state === 'succeeded';
      };
      await until(`mail to ${email} succeeded`, arrived, 30_000);
      expect(smtp.mailsTo(email)).toHaveLength(1);
    }
  });
});
