import { ApiSchema } from '@nestjs/swagger';
import { PageOf } from '../../http/pagination/page.dto.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { OneOf } from '../../validation/choice-fields.ts';
import { Flag, Id, Moment, Text } from '../../validation/fields.ts';
import type { ListedAuditEvent } from '../audit/audit.service.ts';
import { outcomes } from '../audit/audit.service.ts';
import { auditOutcome } from './audit-event.dto.ts';

const actors = ['self', 'other', 'unknown'] as const;
type Actor = (typeof actors)[number];

/** Events whose reason says no more than the user could know; that of others is for the auditor alone. */
const explained = new Set([
  'authn_login_fail',
  'authn_login_success',
  'authn_token_reuse',
  'authz_fail',
  'session_ended',
]);

@ApiSchema({ description: "Something that happened to the caller's account." })
export class SecurityEventDto {
  @Id({ description: 'Identifies the event for ever.' })
  readonly id!: string;

  @Moment({ description: 'When it happened.' })
  readonly at!: string;

  @Text({
    max: 48,
    description: "What happened, in the words of OWASP's logging vocabulary.",
    example: 'authn_login_fail',
  })
  readonly event!: string;

  @OneOf(outcomes, { ...auditOutcome, description: 'Whether it was done or refused.', example: 'failure' })
  readonly outcome!: string;

  @OneOf(actors, {
    name: 'SecurityEventActor',
    description: '`self`, `other` for another user such as an administrator, `unknown` when nobody was logged in.',
    example: 'unknown',
  })
  readonly actor!: Actor;

  @Text({ max: 200, nullable: true, description: 'More, in words, where there is more to say.', example: 'pwd' })
  readonly reason!: string | null;

  @Text({
    max: 45,
    nullable: true,
    description: 'The address that the request came from; null when another user sent it.',
    example: '192.0.2.7',
  })
  readonly ip!: string | null;

  @Text({
    max: 256,
    nullable: true,
    description: 'The User-Agent of the request; null when another user sent it.',
    example: 'curl/8.5.0',
  })
  readonly userAgent!: string | null;

  @Flag({ description: 'Whether it is about the session of this request.', example: false })
  readonly currentSession!: boolean;

  /** Says nothing of others: neither who they are nor where they are, nor in which request they did it. */
  static from(row: ListedAuditEvent, caller: Principal): SecurityEventDto {
    const actor = actorOf(row, caller);
    return {
      id: row.id,
      at: row.at.toISOString(),
      event: row.event,
      outcome: row.outcome,
      actor,
      reason: explained.has(row.event) ? row.reason : null,
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
