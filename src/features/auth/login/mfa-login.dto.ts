import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ValidateBy, ValidateIf } from 'class-validator';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import { IntegerField, StringField } from '../../../platform/validation/fields.ts';
import { ObjectField } from '../../../platform/validation/object-fields.ts';
import type { CodeMethod, MfaMethod, MfaRequired } from '../mfa/index.ts';
import { codeMember, codeMethods, mfaMethods } from '../mfa/index.ts';
import type { TokenPair } from '../sessions/index.ts';
import type { RefreshCookie, TokenExchange } from '../token-delivery/index.ts';
import { passwordMember, TokensDto } from './auth.dto.ts';
import type { PresentedFactor } from './factor-verifier.ts';
import { PasskeyCredentialDto } from './passkey-credential.ts';

const mfaToken = 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k';

/** The password, a code of an authenticator app, or a passkey; documented by the three classes below. */
export class ReauthenticateDto {
  @ValidateIf(({ code, credential }: ReauthenticateDto) => code === undefined && credential === undefined)
  @StringField({ ...passwordMember, description: 'The password of the account.' })
  readonly password?: string;

  @ValidateIf(
    ({ password, code, credential }: ReauthenticateDto) =>
      code !== undefined || (password === undefined && credential === undefined),
  )
  @StringField({ ...codeMember, description: 'A code of an authenticator app.' })
  @Requires(({ password }) => password === undefined, 'must not be sent together with a password')
  readonly code?: string;

  @ValidateIf(({ credential }: ReauthenticateDto) => credential !== undefined)
  @ObjectField(PasskeyCredentialDto, { description: 'What the browser returned.' })
  @Requires(
    ({ password, code }) => password === undefined && code === undefined,
    'must not be sent together with a password or a code',
  )
  readonly credential?: PasskeyCredentialDto;
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

@ApiSchema({ description: 'A passkey of the caller.' })
export class ReauthenticateByPasskeyDto {
  @ObjectField(PasskeyCredentialDto, { description: 'What the browser returned.' })
  readonly credential!: PasskeyCredentialDto;
}

@ApiSchema({ description: 'A login that returned `mfa_required`.' })
export class MfaTokenDto {
  @StringField({ min: 1, max: 128, description: 'The `mfaToken` of the login.', example: mfaToken })
  readonly mfaToken!: string;
}

/** The second factor of a login; documented by the two classes below. */
export class VerifyMfaDto extends MfaTokenDto {
  @EnumField(mfaMethods, { name: 'MfaMethod', description: 'The kind of factor.', example: 'totp' })
  readonly method!: MfaMethod;

  @ValidateIf(({ method, code }: VerifyMfaDto) => method !== 'passkey' || code !== undefined)
  @StringField({ ...codeMember, description: 'A code of an authenticator app, or a recovery code.' })
  @Requires(({ method }) => method !== 'passkey', 'must not be sent with the method passkey')
  readonly code?: string;

  @ValidateIf(({ method, credential }: VerifyMfaDto) => method === 'passkey' || credential !== undefined)
  @ObjectField(PasskeyCredentialDto, { description: 'What the browser returned.' })
  @Requires(({ method }) => method === 'passkey', 'must be sent with the method passkey only')
  readonly credential?: PasskeyCredentialDto;
}

@ApiSchema({ description: 'A code that completes a login.' })
export class VerifyMfaByCodeDto extends MfaTokenDto {
  @EnumField(codeMethods, { name: 'MfaCodeMethod', description: 'The kind of code.', example: 'totp' })
  readonly method!: CodeMethod;

  @StringField({ ...codeMember, description: 'A code of an authenticator app, or a recovery code.' })
  readonly code!: string;
}

@ApiSchema({ description: 'A passkey that completes a login.' })
export class VerifyMfaByPasskeyDto extends MfaTokenDto {
  @EnumField(['passkey'], { name: 'MfaPasskeyMethod', description: 'A passkey.', example: 'passkey' })
  readonly method!: 'passkey';

  @ObjectField(PasskeyCredentialDto, { description: 'What the browser returned.' })
  readonly credential!: PasskeyCredentialDto;
}

/** The factor in a validated body. */
export function presentedFactor({ method, code = '', credential }: VerifyMfaDto): PresentedFactor {
  if (method !== 'passkey') return { method, code };
  if (credential === undefined) throw new TypeError('The body was not validated');
  return { method, credential };
}

@ApiSchema({ description: 'The login requires a second factor; there are no tokens before it is verified.' })
export class MfaRequiredDto {
  @EnumField(['mfa_required'], {
    name: 'MfaStatus',
    description: 'Distinguishes this response from tokens.',
    example: 'mfa_required',
  })
  readonly status!: 'mfa_required';

  @StringField({
    max: 128,
    description: 'Send it with the second factor to `POST /v1/auth/mfa/verify`.',
    example: mfaToken,
  })
  readonly mfaToken!: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', enum: [...mfaMethods] },
    maxItems: 8,
    example: mfaMethods,
    description: 'The second factors that the account has.',
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

/** Rejects a member unless the other members of its body meet a condition. */
function Requires(isMet: (body: ReauthenticateDto & VerifyMfaDto) => boolean, message: string): PropertyDecorator {
  return ValidateBy({
    name: 'requires',
    validator: {
      validate: (_value, details) => details !== undefined && isMet(details.object as ReauthenticateDto & VerifyMfaDto),
      defaultMessage: () => message,
    },
  });
}
