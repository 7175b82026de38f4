import { ValidateIf } from 'class-validator';
import { ValidationFailed } from '../../platform/http/problem/http.errors.ts';
import { invalidMembers } from '../../platform/http/problem/problem.ts';
import { AlsoValidatedBy } from '../../platform/validation/body-validator.ts';
import { EmailField, StringField } from '../../platform/validation/fields.ts';
import { IgnoresUnknownMembers, validateInput } from '../../platform/validation/validate-input.ts';
import { PasskeyLoginDto } from '../auth/login/index.ts';
import type { MfaMethod } from '../auth/mfa/index.ts';
import { codeMember } from '../auth/mfa/index.ts';
import { PasswordPolicy } from '../auth/passwords/index.ts';

const password = { min: 1, max: 512, description: 'The password.' } as const;

/** Where a login leads to; both or neither. */
@IgnoresUnknownMembers()
export class LoginQuery {
  @StringField({ min: 1, max: 512, optional: true, description: 'One of AUTH_OAUTH_REDIRECTS, exactly.' })
  readonly redirect?: string;

  @StringField({
    min: 43,
    max: 43,
    pattern: /^[A-Za-z0-9_-]{43}$/,
    optional: true,
    description: 'Base64url of the SHA-256 of the code verifier of the client (RFC 7636, S256).',
  })
  readonly codeChallenge?: string;
}

/** The form of a login. */
export class LoginForm extends LoginQuery {
  @EmailField({ description: 'The email address of the account.' })
  readonly email!: string;

  @StringField(password)
  readonly password!: string;
}

/** The form of a registration. */
@AlsoValidatedBy(PasswordPolicy)
export class RegistrationForm extends LoginQuery {
  /** A browser sends an empty text for an empty field. */
  @StringField({ max: 80, optional: true, description: 'Display name.' })
  readonly displayName?: string;

  @EmailField({ description: 'Where the verification email is sent.' })
  readonly email!: string;

  @StringField(password)
  readonly password!: string;
}

/** A form that the script of a passkey fills. */
export class PasskeyForm extends LoginQuery {
  @StringField({ min: 1, max: 16_384, description: 'What the browser returned, as JSON.' })
  readonly credential!: string;
}

/** The request for the options of a passkey. */
@IgnoresUnknownMembers()
export class PasskeyOptionsForm {
  @StringField({ min: 1, max: 4096, optional: true, description: 'The login whose second factor it is.' })
  readonly login?: string;
}

/** The form of a second factor. */
@IgnoresUnknownMembers()
export class SecondFactorForm {
  @StringField({ min: 1, max: 4096, description: 'The login that is continued.' })
  readonly login!: string;

  @StringField({ max: 16, pattern: /^(passkey|recovery-code|totp)$/, description: 'The kind of factor.' })
  readonly method!: MfaMethod;

  @ValidateIf(({ method }: SecondFactorForm) => method !== 'passkey')
  @StringField({ ...codeMember, description: 'A code of an authenticator app, or a recovery code.' })
  readonly code?: string;

  @ValidateIf(({ method }: SecondFactorForm) => method === 'passkey')
  @StringField({ min: 1, max: 16_384, description: 'What the browser returned, as JSON.' })
  readonly credential?: string;
}

/** The return of a provider to a login that the hosted pages started. */
@IgnoresUnknownMembers()
export class ProviderReturnQuery {
  @StringField({ min: 1, max: 128, optional: true, description: 'The code of the login.' })
  readonly code?: string;

  @StringField({ min: 1, max: 64, optional: true, description: 'Why there is no code.' })
  readonly error?: string;
}

/**
 * The credential of a form that a passkey filled.
 * @throws ValidationFailed
 */
export async function credentialOf(json = ''): Promise<PasskeyLoginDto['credential']> {
  const validated = await validateInput(PasskeyLoginDto, { credential: parsed(json) });
  if (validated.value === undefined) throw new ValidationFailed(invalidMembers(validated.errors));
  return validated.value.credential;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
