import { describe, expect, it } from '@jest/globals';
import { freePort } from '../../src/platform/dev-postgres/server.ts';
import { Api } from '../harness/http/api.ts';
import { emptyDatabase, query } from '../harness/database/empty-database.ts';
import { temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { TestSmtpServer } from '../harness/mail/smtp-server.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const port = await freePort();
const smtp = new TestSmtpServer(port);
await smtp.start();
const database = await emptyDatabase();
const service = ServiceProcess.start(temporaryFolder(), {
  DATABASE_URL: database,
  LOG_LEVEL: 'trace',
  SMTP_URL: `smtp://127.0.0.1:${port}`,
});
const api = new Api(await service.url());

/** Returns the link in a raw email, with its quoted-printable line breaks removed. */
function linkIn(raw: string): string {
  return /http\S+token=\S+/.exec(raw.replaceAll('=\r\n', ''))?.[0] ?? '';
}

interface RejectedJob {
  readonly state: string;
  readonly error: unknown;
  readonly dump: string;
}

async function jobOf(email: string): Promise<RejectedJob | undefined> {
  const rows = await query(
    database,
    `SELECT j.state, j.error,
       j::text || (SELECT string_agg(e::text, '') FROM job_events e WHERE e.job_id = j.id) AS dump
     FROM jobs j JOIN mails m ON j.payload->>'mailId' = m.id::text WHERE m.recipient = '${email}'`,
  );
  return rows[0] as RejectedJob | undefined;
}

describe('A mail server that quotes the email in its response', () => {
  it.each([
    ['permanent rejection', 'dead', { code: 554, message: '5.6.0 I will not take' }],
    ['temporary rejection', 'queued', { code: 451, message: '4.3.0 I cannot take' }],
  ])('does not get the token into the log or the job: %s', async (_, state, { code, message }) => {
    const email = `reader${code}@example.com`;
    let token = '';
    smtp.refuseMail = (raw) => {
      const link = linkIn(raw);
      token = link.slice(-43);
      return { code, message: `${message} ${link}` };
    };

    await api.post('/v1/auth/register', { email, password: 'correct horse battery staple' });
    await service.waitForOutput(new RegExp(`"err":.*${message}`));
    // Between two attempts; the next one may begin soon.
    const job = await waitUntil('the job has failed', async () => {
      const current = await jobOf(email);
      return current?.state === state && current.error !== null ? current : undefined;
    });

    expect(token).toMatch(/^[\w-]{43}$/);
    expect(service.output).toContain('token=…');
    expect(job.dump).toContain('token=…');
    for (const text of [service.output, job.dump]) expect(text).not.toContain(token.slice(-16));
  });
});
