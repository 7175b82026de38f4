import { ApiSchema } from '@nestjs/swagger';
import { PageOf, PageQuery } from '../../http/pagination/page.dto.ts';
import { OneOf } from '../../validation/choice-fields.ts';
import { Id, Moment, Text } from '../../validation/fields.ts';
import type { ListedAuditEvent } from '../audit/audit.service.ts';
import { outcomes } from '../audit/audit.service.ts';

export const auditOutcome = { name: 'AuditOutcome', about: 'Whether something was done or refused.' } as const;
const sorts = ['at', '-at'] as const;

@ApiSchema({ description: 'An event of the audit trail: something that was done or refused.' })
export class AuditEventDto {
  @Id({ description: 'Identifies the event for ever.' })
  readonly id!: string;

  @Moment({ description: 'When it happened.' })
  readonly at!: string;

  @Text({ max: 48, description: "What happened, in the words of OWASP's logging vocabulary.", example: 'authz_admin' })
  readonly event!: string;

  @OneOf(outcomes, { ...auditOutcome, description: 'Whether it was done or refused.', example: 'success' })
  readonly outcome!: string;

  @Id({ nullable: true, description: 'Who did it; null for the service itself and for strangers.' })
  readonly actorId!: string | null;

  @Id({ nullable: true, description: 'The user it was done to.' })
  readonly subjectId!: string | null;

  @Id({ nullable: true, description: 'The session that it was done in.' })
  readonly sessionId!: string | null;

  @Text({ max: 200, nullable: true, description: 'More, in words.', example: 'roles set to user admin' })
  readonly reason!: string | null;

  @Text({ max: 45, nullable: true, description: 'The address that the request came from.', example: '192.0.2.7' })
  readonly ip!: string | null;

  @Text({ max: 256, nullable: true, description: 'The User-Agent of the request.', example: 'curl/8.5.0' })
  readonly userAgent!: string | null;

  @Text({ max: 64, nullable: true, description: 'The X-Request-Id of the request.', example: '01JD3T5X' })
  readonly requestId!: string | null;

  static from(this: void, { keys: _, at, ...event }: ListedAuditEvent): AuditEventDto {
    return { ...event, at: at.toISOString() };
  }
}

@ApiSchema({ description: 'A page of audit events.' })
export class AuditEventPage extends PageOf(AuditEventDto) {}

/** Which events about one user to list, and how. */
export class ListAuditEventsQuery extends PageQuery {
  @OneOf(sorts, {
    name: 'AuditEventSort',
    about: 'Orders of a list of events; a minus is descending.',
    default: '-at',
    description: 'Order of the list.',
  })
  readonly sort!: (typeof sorts)[number];

  @Text({ min: 1, max: 48, optional: true, description: 'Only events of this name.', example: 'authz_admin' })
  readonly event?: string;

  @OneOf(outcomes, { ...auditOutcome, optional: true, description: 'Only events that ended so.' })
  readonly outcome?: (typeof outcomes)[number];
}

/** Which events about anybody to list, and how. */
export class ListAllAuditEventsQuery extends ListAuditEventsQuery {
  @Id({ optional: true, description: 'Only what this user did.' })
  readonly actorId?: string;

  @Id({ optional: true, description: 'Only what was done to this user, or refused to them.' })
  readonly subjectId?: string;

  @Moment({ optional: true, description: 'Only events at this time or later.' })
  readonly since?: string;

  @Moment({ optional: true, description: 'Only events before this time.' })
  readonly until?: string;
}
