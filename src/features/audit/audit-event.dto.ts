import { ApiSchema } from '@nestjs/swagger';
import { auditReasonMax } from '../../platform/database/audit-rows.ts';
import { PageOf, PageQuery } from '../../platform/http/pagination/page.dto.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { UuidField, DateTimeField, StringField } from '../../platform/validation/fields.ts';
import { isoTime } from '../../platform/serialization/iso-time.ts';
import type { AuditFilter, ListedAuditEvent } from './audit.service.ts';
import { auditFilterFields, outcomeChoice, outcomes } from './audit-event.ts';

/** The members that a security event has in common with an audit event. */
export const auditMembers = {
  id: { description: 'Unique identifier of the event.' },
  at: { description: 'Time of the event.' },
  event: { max: 48, description: 'Name of the event, from the OWASP logging vocabulary where it has one.' },
  outcome: { ...outcomeChoice, description: outcomeChoice.about },
} as const;
const sorts = ['at', '-at'] as const;

@ApiSchema({ description: 'An event of the audit log: an action that succeeded or was rejected.' })
export class AuditEventDto {
  @UuidField(auditMembers.id)
  readonly id!: string;

  @DateTimeField(auditMembers.at)
  readonly at!: string;

  @StringField({ ...auditMembers.event, example: 'authz_admin' })
  readonly event!: string;

  @EnumField(outcomes, { ...auditMembers.outcome, example: 'success' })
  readonly outcome!: string;

  @UuidField({ nullable: true, description: 'The acting user; null for the system and for unauthenticated clients.' })
  readonly actorId!: string | null;

  @UuidField({ nullable: true, description: 'The user that the event is about.' })
  readonly subjectId!: string | null;

  @UuidField({ nullable: true, description: 'The session of the acting user.' })
  readonly sessionId!: string | null;

  @StringField({
    max: auditReasonMax,
    nullable: true,
    description: 'Details, in words.',
    example: 'roles set to user admin',
  })
  readonly reason!: string | null;

  @StringField({ max: 45, nullable: true, description: 'IP address of the client.', example: '192.0.2.7' })
  readonly ip!: string | null;

  @StringField({ max: 256, nullable: true, description: 'User-Agent of the request.', example: 'curl/8.5.0' })
  readonly userAgent!: string | null;

  @StringField({ max: 64, nullable: true, description: 'X-Request-Id of the request.', example: '01JD3T5X' })
  readonly requestId!: string | null;

  @StringField({
    max: 32,
    nullable: true,
    description: 'Trace id of the request (W3C Trace Context).',
    example: '4bf92f3577b34da6a3ce929d0e0e4736',
  })
  readonly traceId!: string | null;

  static from(this: void, { keys: _, at, ...event }: ListedAuditEvent): AuditEventDto {
    return { ...event, at: isoTime(at) };
  }
}

@ApiSchema({ description: 'A page of audit events.' })
export class AuditEventPage extends PageOf(AuditEventDto) {}

/** Filters and order of the audit events about one user. */
export class ListAuditEventsQuery extends PageQuery {
  @EnumField(sorts, {
    name: 'AuditEventSort',
    about: 'Sort orders of audit events; a minus is descending.',
    default: '-at',
    description: 'Order of the list.',
  })
  readonly sort!: (typeof sorts)[number];

  @StringField(auditFilterFields.event)
  readonly event?: string;

  @EnumField(outcomes, auditFilterFields.outcome)
  readonly outcome?: (typeof outcomes)[number];
}

/** Filters and order of all audit events. */
export class ListAllAuditEventsQuery extends ListAuditEventsQuery {
  @UuidField(auditFilterFields.actorId)
  readonly actorId?: string;

  @UuidField(auditFilterFields.subjectId)
  readonly subjectId?: string;

  @DateTimeField(auditFilterFields.since)
  readonly since?: string;

  @DateTimeField(auditFilterFields.until)
  readonly until?: string;
}

/** The filter of a query. */
export function auditFilterOf(query: ListAllAuditEventsQuery): AuditFilter {
  const { sort, event, outcome, actorId, subjectId, since, until } = query;
  return { event, outcome, actorId, subjectId, since, until, descending: sort.startsWith('-') };
}
