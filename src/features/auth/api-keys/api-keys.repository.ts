import { Injectable } from '@nestjs/common';
import { Prisma } from '../../../platform/database/generated/client.ts';
import type { KeysetRequest, Slice } from '../../../platform/database/keyset.ts';
import { byTime, keysByTime, keysetClauses, slice } from '../../../platform/database/keyset.ts';
import type { Total } from '../../../platform/database/totals.ts';
import { Totals } from '../../../platform/database/totals.ts';
import { Transactions } from '../../../platform/database/transactions.ts';

/** An API key as its owner sees it. */
export interface StoredApiKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly rotatedAt: Date | null;
}

/** A new API key, with the only copy of its secret. */
export interface IssuedApiKey extends StoredApiKey {
  readonly key: string;
}

/** The same in a list, with the values of the sort columns as text. */
export interface ListedApiKey extends StoredApiKey {
  readonly keys: readonly string[];
}

/** An API key to store. */
export interface ApiKeyToStore extends Pick<StoredApiKey, 'id' | 'name' | 'prefix' | 'scopes' | 'expiresAt'> {
  readonly userId: string;
  /** SHA-256 of the key as base64. */
  readonly digest: string;
}

const columns = Prisma.sql`id, name, prefix, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
  last_used_at AS "lastUsedAt", rotated_at AS "rotatedAt"`;
const time = Prisma.sql`created_at`;

/** The API keys in the export of an account, revoked ones included. */
export const apiKeysExport = `
  SELECT id, name, prefix, scopes, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt",
    rotated_at AS "rotatedAt", revoked_at AS "revokedAt"
  FROM api_keys WHERE user_id = $1::uuid ORDER BY created_at, id`;

/** Reads and writes API keys. A revoked key exists for no caller. */
@Injectable()
export class ApiKeysRepository {
  constructor(
    private readonly db: Transactions,
    private readonly totals: Totals,
  ) {}

  /** Newest first. */
  async list(userId: string, request: KeysetRequest): Promise<Slice<ListedApiKey>> {
    return slice(await this.db.tx.$queryRaw<ListedApiKey[]>(apiKeyListStatement(userId, request)), request);
  }

  async count(userId: string): Promise<Total> {
    return await this.totals.count(Prisma.sql`FROM api_keys WHERE user_id = ${userId}::uuid AND revoked_at IS NULL`);
  }

  /**
   * Stores a key; undefined when its owner, who must be locked, has `max` keys already. Keys that were replaced and are
   * still valid are counted apart: a key can be rotated when there are `max`.
   */
  async insert(key: ApiKeyToStore, max: number): Promise<StoredApiKey | undefined> {
    const [stored] = await this.db.tx.$queryRaw<StoredApiKey[]>`
      INSERT INTO api_keys (id, user_id, name, prefix, key_hash, scopes, expires_at)
      SELECT ${key.id}::uuid, ${key.userId}::uuid, ${key.name}, ${key.prefix}, decode(${key.digest}, 'base64'),
        ${[...key.scopes]}::text[], ${key.expiresAt}::timestamptz
      WHERE (
        SELECT count(*) FILTER (WHERE rotated_at IS NULL) < ${max} AND count(rotated_at) <= ${max}
        FROM api_keys WHERE user_id = ${key.userId}::uuid AND revoked_at IS NULL AND expires_at > now()
      )
      RETURNING ${columns}`;
    return stored;
  }

  /**
   * Sets the expiry of a key to these hours from now; undefined when it has expired, was rotated before or is revoked.
   */
  async rotate(userId: string, id: string, overlapHours: number): Promise<StoredApiKey | undefined> {
    const [rotated] = await this.db.tx.$queryRaw<StoredApiKey[]>`
      UPDATE api_keys SET rotated_at = now(),
        expires_at = least(expires_at, now() + make_interval(hours => ${overlapHours}::int))
      WHERE id = ${id}::uuid AND user_id = ${userId}::uuid
        AND revoked_at IS NULL AND rotated_at IS NULL AND expires_at > now()
      RETURNING ${columns}`;
    return rotated;
  }

  async exists(userId: string, id: string): Promise<boolean> {
    const keys = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM api_keys WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL`;
    return keys.length === 1;
  }

  /** Revokes a key and returns its prefix; undefined when the user has no such key, or it is revoked. */
  async revoke(userId: string, id: string): Promise<string | undefined> {
    const [revoked] = await this.db.tx.$queryRaw<{ prefix: string }[]>`
      UPDATE api_keys SET revoked_at = now()
      WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL
      RETURNING prefix`;
    return revoked?.prefix;
  }
}

/** One page of API keys, newest first; exported for the test of its query plan. */
export function apiKeyListStatement(userId: string, request: KeysetRequest): Prisma.Sql {
  return Prisma.sql`
    SELECT ${columns}, ${keysByTime(time)}
    FROM api_keys WHERE user_id = ${userId}::uuid AND revoked_at IS NULL ${keysetClauses(byTime(time, true), request)}`;
}
