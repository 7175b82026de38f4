import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { AlsoValidatedBy } from '../../../platform/validation/body-validator.ts';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import { EmailField, StringField, IntegerField } from '../../../platform/validation/fields.ts';
import { tokenMember } from '../one-time-tokens/index.ts';
import { PasswordPolicy } from '../passwords/index.ts';
import type { AccessToken } from '../sessions/index.ts';
import type { DeliveredTokens } from '../token-delivery/index.ts';

const yearSeconds = 31_536_000;
const csrfToken = {
  max: 128,
  description: 'Send as `X-CSRF-Token` with requests that the cookie authenticates; valid as long as the session.',
  example: 'Zm9yIHRlc3RzIG9ubHkhIQ.4fX0cDkOq2nqg5qkK4o8Jm2nYB9w6o0T1pE6q3y5m7A',
} as const;
export const passwordMember = {
  min: 1,
  max: 512,
  format: 'password',
  example: 'correct horse battery staple',
} as const;
const refreshToken = { max: 128, example: 'rt_4fX0cDkOq2nqg5qkK4o8Jm2nYB9w6o0T1pE6q3y5m7A' } as const;

@ApiSchema({ description: 'An account to register.' })
@AlsoValidatedBy(PasswordPolicy)
export class RegisterDto {
  @EmailField({ description: 'Where the verification email is sent.' })
  readonly email!: string;

  @StringField({ ...passwordMember, description: '15 to 128 characters of any kind, spaces included.' })
  readonly password!: string;

  @StringField({ min: 1, max: 80, optional: true, description: 'Display name.', example: 'Ada Lovelace' })
  readonly displayName?: string;
}

@ApiSchema({ description: 'The token of an emailed link.' })
export class OneTimeTokenDto {
  @StringField(tokenMember)
  readonly token!: string;
}

@ApiSchema({ description: 'The token of an emailed link, and the new password.' })
@AlsoValidatedBy(PasswordPolicy)
export class ResetPasswordDto extends OneTimeTokenDto {
  @StringField({ ...passwordMember, description: '15 to 128 characters of any kind, spaces included.' })
  readonly newPassword!: string;
}

@ApiSchema({ description: 'The account whose password to reset.' })
export class ForgotPasswordDto {
  @EmailField({ description: 'The email address of the account.' })
  readonly email!: string;
}

@ApiSchema({ description: 'The account to log in to without a password.' })
export class MagicLinkDto {
  @EmailField({ description: 'The verified email address of the account.' })
  readonly email!: string;
}

@ApiSchema({ description: 'The current password of the account, and the new one.' })
@AlsoValidatedBy(PasswordPolicy)
export class ChangePasswordDto {
  @StringField({ ...passwordMember, description: 'The current password of the account.' })
  readonly currentPassword!: string;

  @StringField({ ...passwordMember, description: '15 to 128 characters of any kind, spaces included.' })
  readonly newPassword!: string;
}

@ApiSchema({ description: 'Email address and password.' })
export class LoginDto {
  @EmailField({ description: 'The email address of the account.' })
  readonly email!: string;

  @StringField({ ...passwordMember, description: 'The password of the account.' })
  readonly password!: string;
}

@ApiSchema({ description: 'The newest refresh token of a session, unless the cookie has it.' })
export class RefreshDto {
  @StringField({
    min: 1,
    ...refreshToken,
    optional: true,
    description: 'The `refreshToken` of the last login or refresh; absent in cookie mode.',
  })
  readonly refreshToken?: string;
}

@ApiSchema({ description: 'The session to revoke, for a caller without a valid access token.' })
export class LogoutDto {
  @StringField({
    min: 1,
    ...refreshToken,
    optional: true,
    description: 'Revokes the session that this token belongs to.',
  })
  readonly refreshToken?: string;
}

@ApiSchema({ description: 'An access token of the session of the request.' })
export class AccessTokenDto {
  @StringField({
    max: 4096,
    description: 'Send as `Authorization: Bearer`.',
    example: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln',
  })
  readonly accessToken!: string;

  @EnumField(['Bearer'], {
    name: 'TokenType',
    description: 'How to send the access token (RFC 6750).',
    example: 'Bearer',
  })
  readonly tokenType!: 'Bearer';

  @IntegerField({ min: 1, max: yearSeconds, description: 'Seconds until the access token expires.', example: 600 })
  readonly expiresIn!: number;

  static of(this: void, token: AccessToken): AccessTokenDto {
    return { tokenType: 'Bearer', ...token };
  }
}

@ApiSchema({ description: 'The tokens of a session.' })
export class TokensDto extends AccessTokenDto {
  @StringField({
    ...refreshToken,
    optional: true,
    description: 'Exchange it for a new pair of tokens; each can be used once. Absent in cookie mode.',
  })
  readonly refreshToken?: string;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    minimum: 0,
    maximum: yearSeconds,
    description: 'Seconds until the refresh token expires.',
    example: 604_800,
  })
  readonly refreshExpiresIn!: number;

  @StringField({ ...csrfToken, optional: true, description: `${csrfToken.description} In cookie mode only.` })
  readonly csrfToken?: string;

  static from(this: void, { sessionId: _, ...tokens }: DeliveredTokens): TokensDto {
    return { tokenType: 'Bearer', ...tokens };
  }
}

@ApiSchema({ description: 'A CSRF token of a session.' })
export class CsrfTokenDto {
  @StringField(csrfToken)
  readonly csrfToken!: string;
}
