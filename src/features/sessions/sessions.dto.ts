import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { NumberedPageOf, NumberedPageQuery } from '../../http/pagination/numbered-page.dto.ts';
import { OneOf } from '../../validation/choice-fields.ts';
import { Flag, Id, Moment, Text } from '../../validation/fields.ts';
import type { ListedSession } from './session-lists.service.ts';

const logoutScopes = ['others', 'all'] as const;

/** Never with its tokens. */
@ApiSchema({ description: 'A live session: one login on one device.' })
export class SessionDto {
  @Id({ description: 'Identifies the session for ever; its access tokens name it as `sid`.' })
  readonly id!: string;

  @Moment({ description: 'When the user logged in.' })
  readonly createdAt!: string;

  @Moment({ description: 'When its tokens were last refreshed, or first issued.' })
  readonly lastUsedAt!: string;

  @Text({ max: 45, nullable: true, description: 'The address that the login came from.', example: '192.0.2.7' })
  readonly ip!: string | null;

  @Text({ max: 256, nullable: true, description: 'The User-Agent of the login.', example: 'curl/8.5.0' })
  readonly userAgent!: string | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', maxLength: 32, pattern: '^[a-z0-9_]+$' },
    maxItems: 16,
    example: ['pwd'],
    description: 'How the user proved who they are (RFC 8176).',
  })
  readonly amr!: readonly string[];

  @Flag({ description: 'Whether it is the session of this request.', example: true })
  readonly current!: boolean;

  static from(session: ListedSession, currentId: string): SessionDto {
    return {
      id: session.id,
      createdAt: session.createdAt.toISOString(),
      lastUsedAt: session.lastUsedAt.toISOString(),
      ip: session.ip,
      userAgent: session.userAgent,
      amr: session.amr,
      current: session.id === currentId,
    };
  }
}

@ApiSchema({ description: 'A page of sessions.' })
export class SessionPage extends NumberedPageOf(SessionDto) {}

/** Which page of sessions to list. */
export class ListSessionsQuery extends NumberedPageQuery {}

@ApiSchema({ description: 'Which of your sessions to end: all of them unless told otherwise.' })
export class LogoutAllDto {
  @OneOf(logoutScopes, {
    name: 'LogoutScope',
    default: 'all',
    description: '`others`: all but the session of this request. `all`: that one too.',
    example: 'others',
  })
  readonly scope!: (typeof logoutScopes)[number];
}
