import { ApiSchema } from '@nestjs/swagger';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import type { FieldOptions } from '../../../platform/validation/field.ts';
import { IntegerField, StringField } from '../../../platform/validation/fields.ts';
import { StringArrayField } from '../../../platform/validation/list-fields.ts';
import { AnyObjectField } from '../../../platform/validation/object-fields.ts';
import type { CredentialDescriptor } from './webauthn-options.ts';

const base64url = /^[A-Za-z0-9_-]+$/;

/** Characters of the binary members; a credential id has at most 1023 bytes (WebAuthn §4). */
const maxLengths = { id: 1364, challenge: 43, short: 4096, long: 65_536 } as const;

/** Bytes in base64url, as `toJSON()` of a browser writes them. */
export function BytesField(options: FieldOptions, size: keyof typeof maxLengths = 'short'): PropertyDecorator {
  return StringField({ min: 1, max: maxLengths[size], pattern: base64url, example: 'dGVzdHM', ...options });
}

/** The only type of credentials that browsers have. */
export function CredentialTypeField(): PropertyDecorator {
  return EnumField(['public-key'], {
    name: 'CredentialType',
    description: 'The type of credential.',
    example: 'public-key',
  });
}

/** How browsers reach an authenticator. */
export function TransportsField(options: { readonly optional?: true } = {}): PropertyDecorator {
  return StringArrayField({
    ...options,
    items: { min: 1, max: 32, pattern: /^[a-z-]+$/ },
    max: 16,
    description: 'How browsers reach the authenticator, a hint.',
    example: ['internal'],
  });
}

/** What the authenticator signs. */
export function ChallengeField(): PropertyDecorator {
  return BytesField({ description: 'What the authenticator signs; valid for five minutes, and once.' }, 'challenge');
}

/** Whether an authenticator must be able to do something. */
export function RequirementField(description: string): PropertyDecorator {
  return EnumField(['required'], {
    name: 'AuthenticatorRequirement',
    about: 'Authenticators without this ability are not offered.',
    description,
    example: 'required',
  });
}

/** How long the browser waits. */
export function TimeoutField(): PropertyDecorator {
  return IntegerField({ min: 1, max: 600_000, description: 'Milliseconds that the browser waits.', example: 240_000 });
}

@ApiSchema({ description: 'Identifies a passkey to browsers.' })
export class CredentialDescriptorDto implements CredentialDescriptor {
  @BytesField({ description: 'The id that the authenticator chose.' }, 'id')
  readonly id!: string;

  @CredentialTypeField()
  readonly type!: 'public-key';

  @TransportsField()
  readonly transports!: readonly string[];
}

/** What browsers send of every credential; `response` has what an authenticator returned. */
export abstract class CredentialDto {
  @BytesField({ description: 'The id that the authenticator chose.' }, 'id')
  readonly id!: string;

  @BytesField({ description: 'The same id.' }, 'id')
  readonly rawId!: string;

  @CredentialTypeField()
  readonly type!: string;

  @StringField({
    ...{ min: 1, max: 32, optional: true, nullable: true },
    description: 'Whether the authenticator is part of the device. Not read.',
    example: 'platform',
  })
  readonly authenticatorAttachment?: string | null;

  // Extensions are not requested; browsers send an empty object.
  @AnyObjectField({ optional: true, description: 'Results of extensions. Not read.', example: {} })
  readonly clientExtensionResults?: object;
}
