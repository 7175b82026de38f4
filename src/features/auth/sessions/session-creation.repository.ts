import { Injectable } from '@nestjs/common';
import { Prisma } from '../../../platform/database/generated/client.ts';
import { Transactions } from '../../../platform/database/transactions.ts';
import type { LockedSession } from './sessions.repository.ts';

/** The password, identified by the hash that it was verified against. */
interface PasswordEvidence {
  readonly userId: string;
  readonly passwordHash: string | null;
}

/** Any first factor, verified while the account had this email address and version. */
interface VersionEvidence {
  readonly userId: string;
  readonly email: string;
  readonly version: number;
  /** Of a login with a provider. */
  readonly origin?: ProviderOrigin;
}

/** The login at a provider that a session begins with. */
export interface ProviderOrigin {
  readonly identityId: string;
  /** The `sid` of the session at the provider. */
  readonly providerSessionId: string | null;
  /** When the user authenticated at the provider; now when absent, because another factor was verified. */
  readonly authTime?: Date;
}

/** A code of a second factor, which its caller consumes in the same transaction. */
interface SecondFactorEvidence {
  readonly userId: string;
  readonly secondFactor: true;
}

/** What a login has verified. A session is created only while it is still valid for the account. */
export type AuthenticationEvidence = PasswordEvidence | VersionEvidence | SecondFactorEvidence;

/** The authentication method reference of several factors (RFC 8176). */
const multiFactor = 'mfa';

/** A session to create. */
export interface NewSession {
  readonly id: string;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly expiresAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** An authentication in an existing session. */
export interface NewAuthentication {
  readonly sessionId: string;
  readonly authTime: Date;
  readonly amr: readonly string[];
}

/** Creates and renews the sessions of users who have just authenticated. */
@Injectable()
export class SessionCreationRepository {
  constructor(private readonly db: Transactions) {}

  /**
   * Stores a session if the account is active and verified, and the evidence is still valid; false otherwise, and when
   * the account requires a second factor that was not verified.
   *
   * The row of the user stays locked until the transaction ends, against changes and other logins of this user. A
   * change therefore is either visible here, or waits and then finds this session among those that it revokes, and
   * concurrent logins are counted one after the other. KEY SHARE, which the foreign key takes, would not exclude them.
   * This must be the first statement of its transaction, so that a transaction that waits for the user holds no other
   * lock.
   */
  async insert(session: NewSession, evidence: AuthenticationEvidence): Promise<boolean> {
    const origin = originOf(evidence);
    const inserted = await this.db.tx.$executeRaw`
      INSERT INTO sessions (id, user_id, auth_time, amr, expires_at, ip, user_agent, identity_id, provider_session_id)
      SELECT ${session.id}::uuid, id, ${session.authTime}::timestamptz, ${[...session.amr]}::text[],
        ${session.expiresAt}::timestamptz, ${session.ip}, ${session.userAgent}, ${origin?.identityId ?? null}::uuid,
        ${origin?.providerSessionId ?? null}
      FROM users
      WHERE id = ${evidence.userId}::uuid AND deleted_at IS NULL AND disabled_at IS NULL
        AND email_verified_at IS NOT NULL AND ${stillValid(evidence)}
        AND (NOT mfa_enabled OR ${session.amr.includes(multiFactor)}::boolean)
      FOR NO KEY UPDATE`;
    return inserted === 1;
  }

  /**
   * Sets the authentication time of an active session and adds the methods that it does not have yet; undefined when
   * the session has ended or the evidence is no longer valid. The user is locked before the session, in the same order
   * as by revocations.
   */
  async renew(
    { sessionId, authTime, amr }: NewAuthentication,
    evidence: AuthenticationEvidence,
  ): Promise<LockedSession | undefined> {
    const [session] = await this.db.tx.$queryRaw<LockedSession[]>`
      UPDATE sessions SET auth_time = ${authTime}::timestamptz,
        amr = amr || ARRAY(SELECT method FROM unnest(${[...amr]}::text[]) AS method WHERE method <> ALL (amr))
      FROM (
        SELECT id AS owner_id FROM users
        WHERE id = ${evidence.userId}::uuid AND deleted_at IS NULL AND disabled_at IS NULL AND ${stillValid(evidence)}
        FOR NO KEY UPDATE
      ) AS owner
      WHERE id = ${sessionId}::uuid AND user_id = owner_id AND revoked_at IS NULL AND expires_at > now()
      RETURNING id, user_id AS "userId", auth_time AS "authTime", amr, expires_at AS "expiresAt"`;
    return session;
  }
}

/** The login at a provider, if the evidence is one. */
export function originOf(evidence: AuthenticationEvidence): ProviderOrigin | undefined {
  return 'origin' in evidence ? evidence.origin : undefined;
}

function stillValid(evidence: AuthenticationEvidence): Prisma.Sql {
  if ('secondFactor' in evidence) return Prisma.sql`mfa_enabled`;
  return 'passwordHash' in evidence
    ? Prisma.sql`password_hash = ${evidence.passwordHash} AND password_locked_at IS NULL`
    : Prisma.sql`email = ${evidence.email} AND version = ${evidence.version}`;
}
