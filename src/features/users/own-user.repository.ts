import { Injectable } from '@nestjs/common';
import { PreparedQueries } from '../../platform/database/prepared-queries.ts';
import type { MfaFactorType, OwnUser, User } from './user.ts';
import { userColumns } from './users.repository.ts';

const withoutMfa = {
  name: 'own_user',
  text: `SELECT ${userColumns}, mfa_enabled AS "mfaEnabled" FROM users WHERE id = $1::uuid AND deleted_at IS NULL`,
};

const withMfa = {
  name: 'own_user_mfa',
  text: `
    SELECT ${userColumns}, mfa_enabled AS "mfaEnabled", array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM totp_factors WHERE user_id = users.id AND activated_at IS NOT NULL)
          THEN 'totp' END,
        CASE WHEN EXISTS (SELECT FROM passkeys WHERE user_id = users.id) THEN 'passkey' END
      ], NULL) AS methods, (SELECT count(*) FROM recovery_codes WHERE user_id = users.id)::int AS "recoveryCodesLeft"
    FROM users WHERE id = $1::uuid AND deleted_at IS NULL`,
};

/** The profile in the export of an account. */
export const profileExport = `
  SELECT id, email, email_verified_at AS "emailVerifiedAt", display_name AS "displayName", locale, timezone, roles,
    (SELECT count(*) FROM recovery_codes WHERE user_id = users.id)::int AS "recoveryCodesLeft",
    created_at AS "createdAt", updated_at AS "updatedAt"
  FROM users WHERE id = $1::uuid`;

interface OwnUserRow extends User {
  readonly mfaEnabled: boolean;
  readonly methods?: readonly MfaFactorType[];
  readonly recoveryCodesLeft?: number;
}

/** Reads users together with their second factors. */
@Injectable()
export class OwnUserRepository {
  constructor(private readonly prepared: PreparedQueries) {}

  /**
   * In one statement, which reads the tables of second factors only if the user has one: `mfaExpected` says so. A
   * second statement reads them when the user has one that was not expected.
   */
  async findById(id: string, mfaExpected: boolean): Promise<OwnUser | undefined> {
    const [row] = await this.prepared.query<OwnUserRow>(mfaExpected ? withMfa : withoutMfa, [id]);
    if (row === undefined) return undefined;
    const { mfaEnabled, methods = [], recoveryCodesLeft = 0 } = row;
    if (mfaEnabled && !mfaExpected) return await this.findById(id, true);
    return { ...row, mfa: { methods, recoveryCodesLeft } };
  }
}
