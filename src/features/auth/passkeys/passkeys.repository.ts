import { Injectable } from '@nestjs/common';
import { Prisma } from '../../../platform/database/generated/client.ts';
import { Transactions } from '../../../platform/database/transactions.ts';

/** A passkey as its owner sees it. */
export interface ListedPasskey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly backedUp: boolean;
}

/** Identifies a passkey to browsers. */
export interface PasskeyDescriptor {
  readonly credentialId: Uint8Array;
  readonly transports: readonly string[];
}

/** A passkey to store. */
export interface NewPasskey extends PasskeyDescriptor {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  /** COSE_Key. */
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/** What an assertion is verified against. */
export interface StoredPasskey {
  readonly id: string;
  readonly userId: string;
  /** The email address of the user. */
  readonly email: string;
  readonly userHandle: Uint8Array | null;
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly backupEligible: boolean;
}

/** The user for whom an authenticator creates a passkey. */
export interface PasskeyUser {
  readonly email: string;
  readonly displayName: string | null;
  readonly userHandle: Uint8Array;
}

/** A verified assertion that is not consumed yet. */
export interface PasskeyUse {
  readonly passkeyId: string;
  readonly userId: string;
  /** The stored signature counter that the assertion was verified against. */
  readonly counter: number;
  readonly newCounter: number;
  readonly backedUp: boolean;
}

const listed = Prisma.sql`id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt", backed_up AS "backedUp"`;

/** The passkeys in the export of an account. */
export const passkeysExport = `
  SELECT id, name, backed_up AS "backedUp", created_at AS "createdAt", last_used_at AS "lastUsedAt"
  FROM passkeys WHERE user_id = $1::uuid ORDER BY created_at, id`;

/** Passkeys of users. All times are the database's. */
@Injectable()
export class PasskeysRepository {
  constructor(private readonly db: Transactions) {}

  /** The user, who gets this handle unless there is one already; undefined when the user is deleted. */
  async prepareUser(userId: string, newHandle: Uint8Array): Promise<PasskeyUser | undefined> {
    const [user] = await this.db.tx.$queryRaw<PasskeyUser[]>`
      UPDATE users SET passkey_user_handle = coalesce(passkey_user_handle, ${newHandle})
      WHERE id = ${userId}::uuid AND deleted_at IS NULL
      RETURNING email, display_name AS "displayName", passkey_user_handle AS "userHandle"`;
    return user;
  }

  /** Oldest first. */
  async list(userId: string): Promise<ListedPasskey[]> {
    return await this.db.tx.$queryRaw<ListedPasskey[]>`
      SELECT ${listed} FROM passkeys WHERE user_id = ${userId}::uuid ORDER BY created_at, id`;
  }

  async get(userId: string, id: string): Promise<ListedPasskey | undefined> {
    const [passkey] = await this.db.tx.$queryRaw<ListedPasskey[]>`
      SELECT ${listed} FROM passkeys WHERE id = ${id}::uuid AND user_id = ${userId}::uuid`;
    return passkey;
  }

  async listDescriptors(userId: string): Promise<PasskeyDescriptor[]> {
    return await this.db.tx.$queryRaw<PasskeyDescriptor[]>`
      SELECT credential_id AS "credentialId", transports FROM passkeys
      WHERE user_id = ${userId}::uuid ORDER BY created_at, id`;
  }

  async count(userId: string): Promise<number> {
    return await this.db.tx.passkey.count({ where: { userId } });
  }

  /** Stores a passkey; undefined when its credential id is taken, by any user. */
  async insert(passkey: NewPasskey): Promise<ListedPasskey | undefined> {
    const [stored] = await this.db.tx.$queryRaw<ListedPasskey[]>`
      INSERT INTO passkeys (id, user_id, name, credential_id, public_key, counter, transports, backup_eligible, backed_up)
      VALUES (${passkey.id}::uuid, ${passkey.userId}::uuid, ${passkey.name}, ${passkey.credentialId},
        ${passkey.publicKey}, ${passkey.counter}::bigint, ${[...passkey.transports]}::text[],
        ${passkey.backupEligible}, ${passkey.backedUp})
      ON CONFLICT (credential_id) DO NOTHING RETURNING ${listed}`;
    return stored;
  }

  async rename(userId: string, id: string, name: string): Promise<ListedPasskey | undefined> {
    const [renamed] = await this.db.tx.$queryRaw<ListedPasskey[]>`
      UPDATE passkeys SET name = ${name} WHERE id = ${id}::uuid AND user_id = ${userId}::uuid RETURNING ${listed}`;
    return renamed;
  }

  /** Deletes a passkey; false when the user has none with this id. */
  async delete(userId: string, id: string): Promise<boolean> {
    const deleted = await this.db.tx.$executeRaw`
      DELETE FROM passkeys WHERE id = ${id}::uuid AND user_id = ${userId}::uuid`;
    return deleted === 1;
  }

  /** The passkey with this credential id, of a user who is not deleted. */
  async find(credentialId: Uint8Array): Promise<StoredPasskey | undefined> {
    const [passkey] = await this.db.tx.$queryRaw<(Omit<StoredPasskey, 'counter'> & { counter: bigint })[]>`
      SELECT p.id, p.user_id AS "userId", u.email, u.passkey_user_handle AS "userHandle",
        p.public_key AS "publicKey", p.counter, p.backup_eligible AS "backupEligible"
      FROM passkeys p JOIN users u ON u.id = p.user_id
      WHERE p.credential_id = ${credentialId} AND u.deleted_at IS NULL`;
    return passkey && { ...passkey, counter: Number(passkey.counter) };
  }

  /** Accepts a verified assertion; false when another one has been accepted since, or the passkey was deleted. */
  async use({ passkeyId, userId, counter, newCounter, backedUp }: PasskeyUse): Promise<boolean> {
    const used = await this.db.tx.$executeRaw`
      UPDATE passkeys SET counter = ${newCounter}::bigint, backed_up = ${backedUp}, last_used_at = now()
      WHERE id = ${passkeyId}::uuid AND user_id = ${userId}::uuid AND counter = ${counter}::bigint`;
    return used === 1;
  }
}
