import { Injectable } from '@nestjs/common';
import { PreparedQueries } from '../../database/prepared-queries.ts';
import { Transactions } from '../../database/transactions.ts';

/** An active API key and its owner. */
interface ActiveApiKey {
  readonly apiKeyId: string;
  readonly userId: string;
  readonly roles: readonly string[];
  /** Whether logins of the owner require a second factor. */
  readonly mfaEnabled: boolean;
  readonly scopes: readonly string[];
  readonly endsAt: Date;
}

const activeApiKey = {
  name: 'active_api_key',
  text: `
    SELECT k.id AS "apiKeyId", u.id AS "userId", u.roles, u.mfa_enabled AS "mfaEnabled", k.scopes,
      k.expires_at AS "endsAt"
    FROM api_keys k JOIN users u ON u.id = k.user_id
    WHERE k.key_hash = decode($1, 'base64') AND k.revoked_at IS NULL AND k.expires_at > now()
      AND u.disabled_at IS NULL AND u.deleted_at IS NULL`,
};

/** Reads which API keys are active, and records that they are used. */
@Injectable()
export class ActiveApiKeysRepository {
  constructor(
    private readonly db: Transactions,
    private readonly prepared: PreparedQueries,
  ) {}

  /** The key with this digest if it is neither revoked nor expired and its owner neither disabled nor deleted. */
  async findActive(digest: string): Promise<ActiveApiKey | undefined> {
    const [key] = await this.prepared.query<ActiveApiKey>(activeApiKey, [digest]);
    return key;
  }

  /** Sets the time of the last use, unless another process has set it within the last minute. */
  async updateLastUsed(id: string): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE api_keys SET last_used_at = now()
      WHERE id = ${id}::uuid AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')`;
  }
}
