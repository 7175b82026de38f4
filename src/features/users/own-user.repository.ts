import { Injectable } from '@nestjs/common';
import { PreparedQueries } from '../../platform/database/prepared-queries.ts';
import type { MfaFactorType, OwnUser, User } from './user.ts';
import { userColumns } from './users.repository.ts';

/** The other tables are not read for users without a second factor. */
const ownUser = {
  name: 'own_user',
  text: `
    SELECT ${userColumns},
      CASE WHEN mfa_enabled THEN array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM totp_factors WHERE user_id = users.id AND activated_at IS NOT NULL) THEN 'totp' END,
        CASE WHEN EXISTS (SELECT FROM passkeys WHERE user_id = users.id) THEN 'passkey' END
      ], NULL) ELSE '{}' END AS methods,
      CASE WHEN mfa_enabled THEN (SELECT count(*) FROM recovery_codes WHERE user_id = users.id)::int ELSE 0 END
        AS "recoveryCodesLeft"
    FROM users WHERE id = $1::uuid AND deleted_at IS NULL`,
};

/** The profile in the export of an account. */
export const profileExport = `
  SELECT id, email, email_verified_at AS "emailVerifiedAt", display_name AS "displayName", locale, timezone, roles,
    (SELECT count(*) FROM recovery_codes WHERE user_id = users.id)::int AS "recoveryCodesLeft",
    created_at AS "createdAt", updated_at AS "updatedAt"
  FROM users WHERE id = $1::uuid`;

interface OwnUserRow extends User {
  readonly methods: readonly MfaFactorType[];
  readonly recoveryCodesLeft: number;
}

/** Reads users together with their second factors, in one statement. */
@Injectable()
export class OwnUserRepository {
  constructor(private readonly prepared: PreparedQueries) {}

  async findById(id: string): Promise<OwnUser | undefined> {
    const [row] = await this.prepared.query<OwnUserRow>(ownUser, [id]);
    if (row === undefined) return undefined;
    const { methods, recoveryCodesLeft, ...user } = row;
    return { ...user, mfa: { methods, recoveryCodesLeft } };
  }
}
