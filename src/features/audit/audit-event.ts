/** The name of an audit event, from the OWASP logging vocabulary where it has one. Features declare theirs. */
export type AuditEventName = string;

/** The details of one event; actor, session and origin default to those of the current request. */
export interface AuditDetails {
  /** The acting user, when that is not the authenticated caller. */
  readonly actorId?: string;
  /** The user that the event is about. */
  readonly subjectId?: string;
  readonly sessionId?: string;
  /**
   * Short text for auditors; never a secret, never an unknown identifier in plain text. The table stores at most 200
   * characters of it, the log entry has all.
   */
  readonly reason?: string;
}

/** The content of an audit event. */
export interface AuditRow {
  readonly event: string;
  readonly outcome: string;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly sessionId: string | null;
  readonly reason: string | null;
}

/** The origin of the request; all null outside a request. */
export interface AuditOrigin {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
}

/** A row of the audit log. */
interface AuditEvent extends AuditRow, AuditOrigin {
  readonly id: string;
  readonly at: Date;
}

/** The same in a list, with the values of the sort columns as text. */
export interface ListedAuditEvent extends AuditEvent {
  readonly keys: readonly string[];
}

/** Events whose reason the account owner may read; other reasons are for auditors only. */
export const eventsWithReason: readonly string[] = [
  'authn_login_fail',
  'authn_login_success',
  'authn_token_reuse',
  'authz_fail',
  'session_ended',
];

/** The outcomes of an action. */
export const outcomes = ['success', 'failure'] as const;

/** The outcomes in the OpenAPI document. */
export const outcomeChoice = {
  name: 'AuditOutcome',
  about: 'Whether the action succeeded or was rejected.',
} as const;

/** The fields of the filters, the same for a list and an export. */
export const auditFilterFields = {
  event: { min: 1, max: 48, optional: true, description: 'Only events with this name.', example: 'authz_admin' },
  outcome: { ...outcomeChoice, optional: true, description: 'Only events with this outcome.' },
  actorId: { optional: true, description: 'Only events with this acting user.' },
  subjectId: { optional: true, description: 'Only events about this user.' },
  since: { optional: true, description: 'Only events at this time or later.' },
  until: { optional: true, description: 'Only events before this time.' },
} as const;

/** The filters and the order of a list of events. */
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
