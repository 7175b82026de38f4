import { ApiSchema } from '@nestjs/swagger';
import { auditReasonMax } from '../../platform/database/audit-rows.ts';
import { PageOf } from '../../platform/http/pagination/page.dto.ts';
import type { Principal } from '../../platform/http/auth/principal.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { BooleanField, UuidField, DateTimeField, StringField } from '../../platform/validation/fields.ts';
import { isoTime } from '../../platform/serialization/iso-time.ts';
import type { ListedAuditEvent } from './audit.service.ts';
import { eventsWithReason, outcomes } from './audit.service.ts';
import { auditMembers } from './audit-event.dto.ts';

const actors = ['self', 'other', 'unknown'] as const;
type Actor = (typeof actors)[number];

@ApiSchema({ description: "A security event of the caller's account." })
export class SecurityEventDto {
  @UuidField(auditMembers.id)
  readonly id!: string;

  @DateTimeField(auditMembers.at)
  readonly at!: string;

  @StringField({ ...auditMembers.event, example: 'authn_login_fail' })
  readonly event!: string;

  @EnumField(outcomes, { ...auditMembers.outcome, example: 'failure' })
  readonly outcome!: string;

  @EnumField(actors, {
    name: 'SecurityEventActor',
    description: '`self`, `other` for another user such as an administrator, `unknown` for an unauthenticated client.',
    example: 'unknown',
  })
  readonly actor!: Actor;

  @StringField({
    max: auditReasonMax,
    nullable: true,
    description: 'Details, in words, for some events.',
    example: 'pwd',
  })
  readonly reason!: string | null;

  @StringField({
    max: 45,
    nullable: true,
    description: 'IP address of the client; null when another user sent the request.',
    example: '192.0.2.7',
  })
  readonly ip!: string | null;

  @StringField({
    max: 256,
    nullable: true,
    description: 'User-Agent of the request; null when another user sent it.',
    example: 'curl/8.5.0',
  })
  readonly userAgent!: string | null;

  @BooleanField({ description: 'Whether the event belongs to the session of this request.', example: false })
  readonly currentSession!: boolean;

  /** Omits the identity, the origin and the request of other users. */
  static from(row: ListedAuditEvent, caller: Principal): SecurityEventDto {
    const actor = actorOf(row, caller);
    return {
      id: row.id,
      at: isoTime(row.at),
      event: row.event,
      outcome: row.outcome,
      actor,
      reason: eventsWithReason.includes(row.event) ? row.reason : null,
      ip: actor === 'other' ? null : row.ip,
      userAgent: actor === 'other' ? null : row.userAgent,
      currentSession: row.sessionId === caller.sessionId,
    };
  }
}

@ApiSchema({ description: "A page of the caller's security events." })
export class SecurityEventPage extends PageOf(SecurityEventDto) {}

function actorOf({ actorId }: ListedAuditEvent, { userId }: Principal): Actor {
  if (actorId === null) return 'unknown';
  return actorId === userId ? 'self' : 'other';
}
