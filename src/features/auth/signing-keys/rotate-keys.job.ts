import { Inject, Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { internal, JobHandler } from '../../../platform/queue/job-handler.ts';
import { BooleanField, StringField, IntegerField } from '../../../platform/validation/fields.ts';
import { KeyRotationService } from './key-rotation.service.ts';

@ApiSchema({ description: 'When to rotate the signing keys.' })
export class RotateKeysPayload {
  @IntegerField({ min: 0, max: 3650, optional: true, description: 'Age in days; AUTH_KEY_ROTATION_DAYS if omitted.' })
  readonly days?: number;
}

@ApiSchema({ description: 'The active key after the job.' })
export class RotateKeysResult {
  @StringField({ max: 64, description: 'The active key (RFC 7638 thumbprint).' })
  readonly active!: string;

  @BooleanField({ description: 'Whether the active key has changed.' })
  readonly rotated!: boolean;
}

/** Rotates the signing keys and deletes old ones, on a built-in schedule. */
@Injectable()
@JobHandler({
  type: 'keys.rotate',
  description: 'Rotates the keys that sign access tokens when the active one is old enough, and deletes old ones.',
  payload: RotateKeysPayload,
  result: RotateKeysResult,
  permission: internal,
})
export class RotateKeysJob implements JobHandler<RotateKeysPayload, RotateKeysResult> {
  constructor(
    private readonly keys: KeyRotationService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  async run({ days = this.config.keyRotationDays }: RotateKeysPayload): Promise<RotateKeysResult> {
    return await this.keys.rotateWhenOlderThan(days);
  }
}
