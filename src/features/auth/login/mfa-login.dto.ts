import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ValidateBy, ValidateIf } from 'class-validator';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import { IntegerField, StringField } from '../../../platform/validation/fields.ts';
import type { MfaMethod, MfaRequired } from '../mfa/index.ts';
import { codeMember, mfaMethods } from '../mfa/index.ts';
import type { TokenPair } from '../sessions/index.ts';
import type { RefreshCookie, TokenExchange } from '../token-delivery/index.ts';
import { passwordMember, TokensDto } from './auth.dto.ts';

const mfaToken = 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k';

/** The password or a code of an authenticator app; documented by the two classes below. */
export class ReauthenticateDto {
  @ValidateIf(({ code }: ReauthenticateDto) => code === undefined)
  @StringField({ ...passwordMember, description: 'The password of the account.' })
  readonly password?: string;

  @ValidateIf((body: ReauthenticateDto) => body.password === undefined || body.code !== undefined)
  @StringField({ ...codeMember, description: 'A code of an authenticator app.' })
  @IsAlone()
  readonly code?: string;
}

@ApiSchema({ description: 'The password of the caller.' })
export class ReauthenticateByPasswordDto {
  @StringField({ ...passwordMember, description: 'The password of the account.' })
  readonly password!: string;
}

@ApiSchema({ description: 'A code of an authenticator app of the caller.' })
export class ReauthenticateByCodeDto {
  @StringField({ ...codeMember, description: 'A code of an authenticator app.' })
  readonly code!: string;
}

@ApiSchema({ description: 'The second factor of a login.' })
export class VerifyMfaDto {
  @StringField({ min: 1, max: 128, description: 'The `mfaToken` of the login.', example: mfaToken })
  readonly mfaToken!: string;

  @EnumField(mfaMethods, { name: 'MfaMethod', description: 'The kind of code.', example: 'totp' })
  readonly method!: MfaMethod;

  @StringField({ ...codeMember, description: 'A code of an authenticator app, or a recovery code.' })
  readonly code!: string;
}

@ApiSchema({ description: 'The login requires a second factor; there are no tokens before it is verified.' })
export class MfaRequiredDto {
  @EnumField(['mfa_required'], {
    name: 'MfaStatus',
    description: 'Distinguishes this response from tokens.',
    example: 'mfa_required',
  })
  readonly status!: 'mfa_required';

  @StringField({ max: 128, description: 'Send it with the code to `POST /v1/auth/mfa/verify`.', example: mfaToken })
  readonly mfaToken!: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', enum: [...mfaMethods] },
    maxItems: 8,
    example: mfaMethods,
    description: 'The kinds of code that are accepted.',
  })
  readonly methods!: readonly MfaMethod[];

  @IntegerField({ min: 1, max: 900, description: 'Seconds until the login has to be started again.', example: 300 })
  readonly expiresIn!: number;
}

/** Describes the responses of a login. */
export const tokensOrSecondFactor = 'The tokens of a session, or what its second factor needs.';

/** The response of a login: tokens, in cookie mode without the refresh token, or what its second factor needs. */
export function loginResponse(
  result: TokenPair | MfaRequired,
  cookie: RefreshCookie,
  exchange: TokenExchange,
): TokensDto | MfaRequiredDto {
  if ('mfaToken' in result) return { status: 'mfa_required', ...result };
  return TokensDto.from(cookie.deliver(result, exchange));
}

/** Rejects a code beside a password. */
function IsAlone(): PropertyDecorator {
  return ValidateBy({
    name: 'isAlone',
    validator: {
      validate: (_value, details) => (details?.object as ReauthenticateDto | undefined)?.password === undefined,
      defaultMessage: () => 'must not be sent together with a password',
    },
  });
}
