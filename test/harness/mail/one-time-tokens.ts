import type { OneTimeTokenPurpose } from '../../../src/features/auth/one-time-tokens/one-time-tokens.service.ts';
import { OneTimeTokensService } from '../../../src/features/auth/one-time-tokens/one-time-tokens.service.ts';
import type { TestApp } from '../app/app.ts';
import type { FactoryUser } from '../database/factory.ts';

/** The pages that emailed links open, and the purposes of their tokens. */
export const linkPages = [
  ['accept-invitation', 'invitation'],
  ['change-email', 'email-change'],
  ['reset-password', 'reset-password'],
  ['revert-email', 'email-revert'],
  ['verify-email', 'verify-email'],
] as const;

/** A token of this purpose as it would reach the user by mail. */
export async function oneTimeTokenFor(
  { app, database }: TestApp,
  purpose: OneTimeTokenPurpose,
  { id: userId, email }: FactoryUser,
): Promise<string> {
  const tokens = app.get(OneTimeTokensService);
  const { id } = await tokens.issue(purpose, { userId, email }, 3600);
  const { rows } = await database.pool.query<{ encrypted_token: Buffer }>(
    'SELECT encrypted_token FROM one_time_tokens WHERE id = $1',
    [id],
  );
  return tokens.decryptToken(id, rows[0]?.encrypted_token ?? Buffer.alloc(0)) ?? '';
}
