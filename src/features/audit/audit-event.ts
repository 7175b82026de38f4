/** What is written down, in the words of OWASP's logging vocabulary where it has them. */
export type AuditEventName =
  | 'authn_login_success'
  | 'authn_login_fail'
  | 'authn_login_lock'
  | 'authn_magic_link_requested'
  | 'authn_password_change'
  | 'authn_password_change_fail'
  | 'authn_password_reset_requested'
  | 'authn_token_reuse'
  | 'authz_admin'
  | 'authz_fail'
  | 'excess_rate_limit_exceeded'
  | 'job_cancelled'
  | 'job_requested'
  | 'job_retried'
  | 'queue_paused'
  | 'queue_resumed'
  | 'schedule_created'
  | 'schedule_deleted'
  | 'schedule_updated'
  | 'session_created'
  | 'session_ended'
  | 'signing_key_revoked'
  | 'signing_key_rotated'
  | 'user_created'
  | 'user_deleted'
  | 'user_email_change_requested'
  | 'user_email_changed'
  | 'user_email_reverted'
  | 'user_email_verification_requested'
  | 'user_email_verified'
  | 'user_restored'
  | 'user_updated';

/** What is particular to one event; who called, from where and in which request is known from the surroundings. */
export interface AuditDetails {
  /** Who did it, when that is not the authenticated caller. */
  readonly actorId?: string;
  /** The user it was done to. */
  readonly subjectId?: string;
  readonly sessionId?: string;
  /** Short words for a person; never a secret, never an unknown identifier in clear. */
  readonly reason?: string;
}

/** What a row tells. */
export interface AuditRow {
  readonly event: string;
  readonly outcome: string;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly sessionId: string | null;
  readonly reason: string | null;
}

/** Where the request of a row came from; all null outside of one. */
export interface AuditOrigin {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

/** A row of the auditor's book. */
interface AuditEvent extends AuditRow, AuditOrigin {
  readonly id: string;
  readonly at: Date;
}

/** The same in a list, with the values that the list is sorted by, as text. */
export interface ListedAuditEvent extends AuditEvent {
  readonly keys: readonly string[];
}

/** How what was tried has ended. */
export const outcomes = ['success', 'failure'] as const;

/** Which events a list holds. */
export interface AuditFilter {
  readonly actorId?: string | undefined;
  /** The user that the events are about. */
  readonly subjectId?: string | undefined;
  readonly event?: string | undefined;
  readonly outcome?: 'success' | 'failure' | undefined;
  /** RFC 3339, inclusive. */
  readonly since?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly until?: string | undefined;
  readonly descending: boolean;
}
