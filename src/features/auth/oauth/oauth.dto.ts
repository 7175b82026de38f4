import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { DateTimeField, IntegerField, StringField, UuidField } from '../../../platform/validation/fields.ts';
import type { ListedIdentity } from './identities.service.ts';
import { maxIdentities } from './identities.service.ts';

@ApiSchema({ description: 'Where the browser returns to, and the code challenge of the client.' })
export class StartOAuthDto {
  @StringField({
    min: 1,
    max: 512,
    description: 'Where the browser continues after the login: one of `AUTH_OAUTH_REDIRECTS`, exactly.',
    example: 'https://app.example.com/logged-in',
  })
  readonly redirect!: string;

  @StringField({
    min: 43,
    max: 43,
    pattern: /^[A-Za-z0-9_-]{43}$/,
    description: 'Base64url of the SHA-256 of a random `codeVerifier` that the client keeps (RFC 7636, S256).',
    example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  })
  readonly codeChallenge!: string;
}

/** The parameters of a navigation to a provider. */
export class AuthorizeQuery extends StartOAuthDto {
  @StringField({
    min: 1,
    max: 2048,
    optional: true,
    description: 'What a session started: part of the `url` that the operation returned.',
    example: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  })
  readonly ticket?: string;
}

@ApiSchema({ description: 'Where the browser continues.' })
export class StartedOAuthDto {
  @StringField({
    max: 4096,
    description: 'Navigate the browser to this URL before it expires.',
    example: 'https://api.example.com/v1/auth/oauth/google/authorize?ticket=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ',
  })
  readonly url!: string;

  @IntegerField({ min: 1, max: 600, description: 'Seconds until the URL expires.', example: 60 })
  readonly expiresIn!: number;
}

@ApiSchema({ description: 'A notification of a provider that a user has logged out.' })
export class LogoutTokenDto {
  @StringField({
    min: 1,
    max: 8192,
    description: 'A JWT (OpenID Connect Back-Channel Logout 1.0).',
    example: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImxvZ291dCtqd3QifQ.e30.c2ln',
  })
  readonly logout_token!: string;
}

@ApiSchema({ description: 'An account at a provider that is linked to the account of a user.' })
export class IdentityDto {
  @UuidField({ description: 'Unique identifier of the linked account.' })
  readonly id!: string;

  @StringField({ max: 32, description: 'The name of the provider.', example: 'google' })
  readonly provider!: string;

  @StringField({
    max: 254,
    nullable: true,
    description: 'The email address of the account at the provider; it may differ from that of the user.',
    example: 'ada@example.com',
  })
  readonly email!: string | null;

  @DateTimeField({ description: 'Time at which the account was linked.' })
  readonly createdAt!: string;

  @DateTimeField({ nullable: true, description: 'Time of the last login with it.' })
  readonly lastUsedAt!: string | null;

  static from(this: void, { id, provider, email, createdAt, lastUsedAt }: ListedIdentity): IdentityDto {
    const times = { createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
    return { id, provider, email, ...times };
  }
}

@ApiSchema({ description: 'The accounts at providers that are linked to the account of a user.' })
export class IdentityList {
  @ApiProperty({ type: [IdentityDto], maxItems: maxIdentities, description: 'The linked accounts, oldest first.' })
  readonly data!: readonly IdentityDto[];
}
