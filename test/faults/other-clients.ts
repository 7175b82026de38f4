import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../harness/process/wait-until.ts';
import { logInAtProvider } from './auth/provider-logins.ts';

const mailsPerFault = 3;

/** Clients that log in with the provider, and that cause emails. */
export class OtherClients {
  private readonly logins: Record<string, number> = {};
  private readonly invited: string[] = [];
  private readonly unexpected = new Set<string>();
  private account = 0;
  private inviting: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  get figures(): Record<string, number> {
    const logins = Object.entries(this.logins).map(([outcome, count]) => [`logins: ${outcome}`, count]);
    return Object.fromEntries(logins) as Record<string, number>;
  }

  get violations(): string[] {
    return [...this.unexpected];
  }

  /** Returns the time of the slowest login, in milliseconds. */
  async duringFault(ms: number): Promise<number> {
    const end = performance.now() + ms;
    let slowestMs = 0;
    this.inviting = Promise.all(
      Array.from({ length: mailsPerFault }, async () => {
        await this.invite();
      }),
    );
    while (performance.now() < end) {
      const sentAt = performance.now();
      await this.logIn();
      slowestMs = Math.max(slowestMs, performance.now() - sentAt);
      await delay(200);
    }
    return slowestMs;
  }

  async untilRecovered(): Promise<void> {
    await this.inviting;
    await waitUntil('a login succeeds', async () => (await this.logIn()) === 'code', 120_000);
  }

  /** Counts the emails by recipient; a repetition has the Message-ID of the first one. */
  async deliveries(mails: readonly string[]): Promise<Record<'emails' | 'emails lost' | 'emails doubled', number>> {
    const idsOf = (email: string): Set<string> =>
      new Set(mails.filter((mail) => mail.includes(email)).map((mail) => /^message-id: (.+)$/im.exec(mail)?.[1] ?? ''));
    const missing = (): string[] => this.invited.filter((email) => idsOf(email).size === 0);
    await waitUntil('every email is delivered', () => missing().length === 0, 120_000).catch(() => undefined);
    const doubled = this.invited.filter((email) => idsOf(email).size > 1).length;
    return { emails: this.invited.length, 'emails lost': missing().length, 'emails doubled': doubled };
  }

  private async logIn(): Promise<string> {
    this.account += 1;
    const outcome = await logInAtProvider(this.url, this.account).then(
      ({ location: { searchParams } }) => (searchParams.has('code') ? 'code' : (searchParams.get('error') ?? 'none')),
      () => 'problem',
    );
    this.logins[outcome] = (this.logins[outcome] ?? 0) + 1;
    return outcome;
  }

  /** Invites a user under a key, until the response is a success. */
  private async invite(): Promise<void> {
    const email = `${randomUUID()}@example.com`;
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      'idempotency-key': `"${email}"`,
    };
    for (const end = performance.now() + 60_000; performance.now() < end;) {
      const init = { method: 'POST', headers, body: JSON.stringify({ email }) };
      const { status } = await fetch(`${this.url}/v1/users`, init);
      if (status === 201) {
        this.invited.push(email);
        return;
      }
      if (status !== 503 && status !== 409) this.unexpected.add(`POST /v1/users returned ${status}`);
      await delay(200);
    }
    this.unexpected.add('an invitation had no success within 60 s');
  }
}
