import { ApiSchema } from '@nestjs/swagger';
import { permissionName } from '../../../platform/config/variables/values.ts';
import { PageOf, PageQuery } from '../../../platform/http/pagination/page.dto.ts';
import { DateTimeField, IntegerField, StringField, UuidField } from '../../../platform/validation/fields.ts';
import { StringArrayField } from '../../../platform/validation/list-fields.ts';
import { isoTime, optionalIsoTime } from '../../../platform/serialization/iso-time.ts';
import type { IssuedApiKey, StoredApiKey } from './api-keys.service.ts';

const dayHours = 24;
const nameLimits = { min: 1, max: 100 };
const scopeLimits = { items: { min: 3, max: 129, pattern: permissionName }, max: 64, unique: true as const };
const expiry = {
  optional: true as const,
  nullable: true as const,
  description: 'When the key expires, at most 365 days ahead; 90 days when omitted or null.',
  example: null,
};

@ApiSchema({ description: 'An API key to create.' })
export class CreateApiKeyDto {
  @StringField({ ...nameLimits, description: 'What the key is for.', example: 'Nightly export' })
  readonly name!: string;

  @StringArrayField({
    ...scopeLimits,
    description:
      "Permissions of the key, each one of the caller's. Without any, the key can call the operations that require " +
      'none.',
    example: [],
  })
  readonly scopes!: readonly string[];

  @DateTimeField(expiry)
  readonly expiresAt?: string | null;
}

@ApiSchema({ description: 'How to replace an API key.' })
export class RotateApiKeyDto {
  @IntegerField({
    min: 0,
    max: dayHours,
    default: dayHours,
    description: 'For how many hours the former key remains valid, unless it expires earlier.',
    example: 1,
  })
  readonly overlapHours!: number;

  @DateTimeField(expiry)
  readonly expiresAt?: string | null;
}

@ApiSchema({ description: 'An API key, without its secret.' })
export class ApiKeyDto {
  @UuidField({ description: 'Identifier of the API key.' })
  readonly id!: string;

  @StringField({ ...nameLimits, description: 'What the key is for.', example: 'Nightly export' })
  readonly name!: string;

  @StringField({
    max: 32,
    description: 'The key up to its secret, to recognize it.',
    example: 'sk_production_4fT0qZb1',
  })
  readonly prefix!: string;

  @StringArrayField({
    ...scopeLimits,
    description: 'Permissions of the key, as far as its owner holds them.',
    example: ['users:read'],
  })
  readonly scopes!: readonly string[];

  @DateTimeField({ description: 'Creation time.' })
  readonly createdAt!: string;

  @DateTimeField({ description: 'Time at which the key expires.' })
  readonly expiresAt!: string;

  @DateTimeField({ nullable: true, description: 'Time of the last use, to the minute.' })
  readonly lastUsedAt!: string | null;

  @DateTimeField({ nullable: true, description: 'Time at which another key replaced this one.', example: null })
  readonly rotatedAt!: string | null;

  static from(key: StoredApiKey): ApiKeyDto {
    return {
      id: key.id,
      name: key.name,
      prefix: key.prefix,
      scopes: key.scopes,
      createdAt: isoTime(key.createdAt),
      expiresAt: isoTime(key.expiresAt),
      lastUsedAt: optionalIsoTime(key.lastUsedAt),
      rotatedAt: optionalIsoTime(key.rotatedAt),
    };
  }
}

@ApiSchema({ description: 'A new API key with its secret, which is not shown again.' })
export class CreatedApiKeyDto extends ApiKeyDto {
  @StringField({
    max: 128,
    pattern: /^sk_[a-z]+_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{49}$/,
    description: 'The secret to send as `X-API-Key`.',
    example: 'sk_production_4fT0qZb1_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx000000',
  })
  readonly key!: string;

  static issued({ key, ...stored }: IssuedApiKey): CreatedApiKeyDto {
    return Object.assign(ApiKeyDto.from(stored), { key });
  }
}

/** The page of API keys to list. */
export class ListApiKeysQuery extends PageQuery {}

@ApiSchema({ description: 'A page of the API keys of a user.' })
export class ApiKeyPage extends PageOf(ApiKeyDto) {}
