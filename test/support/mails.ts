import type { MailedTokenPurpose } from '../../src/features/mail/mailed-tokens.service.ts';
import { MailedTokensService } from '../../src/features/mail/mailed-tokens.service.ts';
import type { Api } from './api.ts';
import type { Running } from './app.ts';
import type { GivenUser } from './given.ts';

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly links: string[];
}

/** What the mailbox of development shows for an address, newest first. */
export async function mailsTo(api: Api, email: string): Promise<Mail[]> {
  const reply = await api.get(`/dev/mailbox?to=${encodeURIComponent(email)}`);
  return (reply.body as { data: Mail[] }).data;
}

/** A token of this purpose as it would reach the user by mail. */
export async function mailedToken(
  { app, database }: Running,
  purpose: MailedTokenPurpose,
  { id: userId, email: address }: GivenUser,
): Promise<string> {
  const tokens = app.get(MailedTokensService);
  const { id } = await tokens.issue(purpose, { userId, address }, 60);
  const { rows } = await database.pool.query<{ sealed_token: Buffer }>(
    'SELECT sealed_token FROM mailed_tokens WHERE id = $1',
    [id],
  );
  return tokens.open(id, rows[0]?.sealed_token ?? Buffer.alloc(0)) ?? '';
}
