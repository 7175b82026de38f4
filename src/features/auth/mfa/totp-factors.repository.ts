import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../platform/database/transactions.ts';

/** How long an enrolment can be activated. */
const pendingSeconds = 600;

/** How many factors a user may have, pending ones included. */
const factorsMax = 10;

/** The secret of a factor, and the last time step that was accepted. */
export interface FactorSecret {
  readonly id: string;
  readonly encryptedSecret: Uint8Array;
  readonly lastStep: number;
}

/** A factor to be stored. */
export interface NewFactor {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly encryptedSecret: Uint8Array;
}

/** A verified code: its factor and its time step. */
export interface TotpUse {
  readonly factorId: string;
  readonly step: number;
}

/** The authenticator apps in the export of an account. */
export const totpFactorsExport = `
  SELECT id, name, created_at AS "createdAt", activated_at AS "activatedAt", last_used_at AS "lastUsedAt"
  FROM totp_factors WHERE user_id = $1::uuid ORDER BY created_at, id`;

/** TOTP factors. All times are the database's. */
@Injectable()
export class TotpFactorsRepository {
  constructor(private readonly db: Transactions) {}

  /** Stores a pending factor; false when the user has too many. The user must be locked. */
  async insert({ id, userId, name, encryptedSecret }: NewFactor): Promise<boolean> {
    const inserted = await this.db.tx.$executeRaw`
      INSERT INTO totp_factors (id, user_id, name, encrypted_secret)
      SELECT ${id}::uuid, ${userId}::uuid, ${name}, ${encryptedSecret} WHERE (
        SELECT count(*) FROM totp_factors WHERE user_id = ${userId}::uuid
          AND (activated_at IS NOT NULL OR created_at > now() - make_interval(secs => ${pendingSeconds}))
      ) < ${factorsMax}`;
    return inserted === 1;
  }

  /** The active factors that are not locked. */
  async findActive(userId: string): Promise<FactorSecret[]> {
    return await this.db.tx.$queryRaw<FactorSecret[]>`
      SELECT id, encrypted_secret AS "encryptedSecret", last_step AS "lastStep" FROM totp_factors
      WHERE user_id = ${userId}::uuid AND activated_at IS NOT NULL AND locked_at IS NULL ORDER BY created_at, id`;
  }

  async findPending(userId: string, id: string): Promise<FactorSecret | undefined> {
    const [factor] = await this.db.tx.$queryRaw<FactorSecret[]>`
      SELECT id, encrypted_secret AS "encryptedSecret", last_step AS "lastStep" FROM totp_factors
      WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND activated_at IS NULL
        AND created_at > now() - make_interval(secs => ${pendingSeconds})`;
    return factor;
  }

  /** Activates a pending factor; false when it is active, deleted or expired. */
  async activate(userId: string, { factorId, step }: TotpUse): Promise<boolean> {
    const activated = await this.db.tx.$executeRaw`
      UPDATE totp_factors SET activated_at = now(), last_used_at = now(), last_step = ${step}
      WHERE id = ${factorId}::uuid AND user_id = ${userId}::uuid AND activated_at IS NULL AND last_step < ${step}
        AND created_at > now() - make_interval(secs => ${pendingSeconds})`;
    return activated === 1;
  }

  /** Accepts the code of a time step; false for a replay (RFC 6238 §5.2), and when the factor was deleted or locked. */
  async use(userId: string, { factorId, step }: TotpUse): Promise<boolean> {
    const used = await this.db.tx.$executeRaw`
      UPDATE totp_factors SET last_step = ${step}, last_used_at = now()
      WHERE id = ${factorId}::uuid AND user_id = ${userId}::uuid AND activated_at IS NOT NULL
        AND locked_at IS NULL AND last_step < ${step}`;
    return used === 1;
  }

  /** Locks the active factors of a user; false when there are none, or all are locked. */
  async lock(userId: string): Promise<boolean> {
    const locked = await this.db.tx.$executeRaw`
      UPDATE totp_factors SET locked_at = now()
      WHERE user_id = ${userId}::uuid AND activated_at IS NOT NULL AND locked_at IS NULL`;
    return locked > 0;
  }

  /** Unlocks the factors of a user; false when none is locked. */
  async unlock(userId: string): Promise<boolean> {
    const unlocked = await this.db.tx.$executeRaw`
      UPDATE totp_factors SET locked_at = NULL WHERE user_id = ${userId}::uuid AND locked_at IS NOT NULL`;
    return unlocked > 0;
  }

  /** Deletes a factor; undefined when the user has none with this id. */
  async delete(userId: string, id: string): Promise<{ readonly wasActive: boolean } | undefined> {
    const [deleted] = await this.db.tx.$queryRaw<{ wasActive: boolean }[]>`
      DELETE FROM totp_factors WHERE id = ${id}::uuid AND user_id = ${userId}::uuid
        AND (activated_at IS NOT NULL OR created_at > now() - make_interval(secs => ${pendingSeconds}))
      RETURNING activated_at IS NOT NULL AS "wasActive"`;
    return deleted;
  }
}
