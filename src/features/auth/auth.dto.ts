import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { OneOf } from '../../validation/choice-fields.ts';
import { Email, Text, Whole } from '../../validation/fields.ts';
import type { TokenPair } from '../sessions/sessions.service.ts';

const yearSeconds = 31_536_000;
const password = { min: 1, max: 512, format: 'password', example: 'correct horse battery staple' } as const;
const refreshToken = { max: 128, example: 'rt_4fX0cDkOq2nqg5qkK4o8Jm2nYB9w6o0T1pE6q3y5m7A' } as const;

@ApiSchema({ description: 'An account to register.' })
export class RegisterDto {
  @Email({ description: 'Where the verification mail goes.' })
  readonly email!: string;

  @Text({ ...password, description: '15 to 128 characters, any characters; spaces count.' })
  readonly password!: string;

  @Text({ min: 1, max: 80, optional: true, description: 'What others see.', example: 'Ada Lovelace' })
  readonly displayName?: string;
}

@ApiSchema({ description: 'The token of a mailed link.' })
export class MailedTokenDto {
  @Text({
    min: 1,
    max: 128,
    description: 'The `token` of the mailed link.',
    example: 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k',
  })
  readonly token!: string;
}

@ApiSchema({ description: 'The token of a mailed link, and the new password.' })
export class ResetPasswordDto extends MailedTokenDto {
  @Text({ ...password, description: '15 to 128 characters, any characters; spaces count.' })
  readonly newPassword!: string;
}

@ApiSchema({ description: 'The account whose password was forgotten.' })
export class ForgotPasswordDto {
  @Email({ description: 'The address of the account.' })
  readonly email!: string;
}

@ApiSchema({ description: 'The account to log in to without a password.' })
export class MagicLinkDto {
  @Email({ description: 'The verified address of the account.' })
  readonly email!: string;
}

@ApiSchema({ description: 'The password of the account, and the one that replaces it.' })
export class ChangePasswordDto {
  @Text({ ...password, description: 'The password of the account as it is.' })
  readonly currentPassword!: string;

  @Text({ ...password, description: '15 to 128 characters, any characters; spaces count.' })
  readonly newPassword!: string;
}

@ApiSchema({ description: 'Email address and password.' })
export class LoginDto {
  @Email({ description: 'The address of the account.' })
  readonly email!: string;

  @Text({ ...password, description: 'The password of the account.' })
  readonly password!: string;
}

@ApiSchema({ description: 'The newest refresh token of a session.' })
export class RefreshDto {
  @Text({ min: 1, ...refreshToken, description: 'The `refreshToken` of the last login or refresh.' })
  readonly refreshToken!: string;
}

@ApiSchema({ description: 'The session to end, for a caller without a valid access token.' })
export class LogoutDto {
  @Text({ min: 1, ...refreshToken, optional: true, description: 'Ends the session that this token belongs to.' })
  readonly refreshToken?: string;
}

@ApiSchema({ description: 'The tokens of a session.' })
export class TokensDto {
  @Text({
    max: 4096,
    description: 'Send as `Authorization: Bearer`.',
    example: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln',
  })
  readonly accessToken!: string;

  @OneOf(['Bearer'], { name: 'TokenType', description: 'How to send the access token (RFC 6750).', example: 'Bearer' })
  readonly tokenType!: 'Bearer';

  @Whole({ min: 1, max: yearSeconds, description: 'Seconds until the access token expires.', example: 600 })
  readonly expiresIn!: number;

  @Text({ ...refreshToken, description: 'Exchange it for a new pair; each works once.' })
  readonly refreshToken!: string;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    minimum: 0,
    maximum: yearSeconds,
    description: 'Seconds until the refresh token expires.',
    example: 604_800,
  })
  readonly refreshExpiresIn!: number;

  static from(this: void, tokens: TokenPair): TokensDto {
    return { tokenType: 'Bearer', ...tokens };
  }
}
