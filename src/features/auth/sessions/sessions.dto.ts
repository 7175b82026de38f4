import { ApiSchema } from '@nestjs/swagger';
import { NumberedPageOf, NumberedPageQuery } from '../../../platform/http/pagination/numbered-page.dto.ts';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import { BooleanField, UuidField, DateTimeField, StringField } from '../../../platform/validation/fields.ts';
import { StringArrayField } from '../../../platform/validation/list-fields.ts';
import { isoTime } from '../../../platform/serialization/iso-time.ts';
import type { ListedSession } from './session-lists.service.ts';

const logoutScopes = ['others', 'all'] as const;

/** Never contains its tokens. */
@ApiSchema({ description: 'An active session: one login on one device.' })
export class SessionDto {
  @UuidField({ description: 'Identifier of the session; the claim `sid` of its access tokens.' })
  readonly id!: string;

  @DateTimeField({ description: 'Time of the login.' })
  readonly createdAt!: string;

  @DateTimeField({ description: 'Time of the last refresh, or of the login.' })
  readonly lastUsedAt!: string;

  @StringField({ max: 45, nullable: true, description: 'The IP address of the login.', example: '192.0.2.7' })
  readonly ip!: string | null;

  @StringField({ max: 256, nullable: true, description: 'The User-Agent of the login.', example: 'curl/8.5.0' })
  readonly userAgent!: string | null;

  @StringArrayField({
    items: { max: 32, pattern: /^[a-z0-9_]+$/ },
    max: 16,
    example: ['pwd'],
    description: 'Authentication methods of the login (RFC 8176).',
  })
  readonly amr!: readonly string[];

  @BooleanField({ description: 'Whether this is the session of the request.', example: true })
  readonly current!: boolean;

  static from(session: ListedSession, currentId: string | undefined): SessionDto {
    return {
      id: session.id,
      createdAt: isoTime(session.createdAt),
      lastUsedAt: isoTime(session.lastUsedAt),
      ip: session.ip,
      userAgent: session.userAgent,
      amr: session.amr,
      current: session.id === currentId,
    };
  }
}

@ApiSchema({ description: 'A page of sessions.' })
export class SessionPage extends NumberedPageOf(SessionDto) {}

/** The page of sessions to list. */
export class ListSessionsQuery extends NumberedPageQuery {}

@ApiSchema({ description: 'Which of your sessions to revoke; all of them by default.' })
export class LogoutAllDto {
  @EnumField(logoutScopes, {
    name: 'LogoutScope',
    default: 'all',
    description: '`others`: all except the session of this request. `all`: that one too.',
    example: 'others',
  })
  readonly scope!: (typeof logoutScopes)[number];
}
