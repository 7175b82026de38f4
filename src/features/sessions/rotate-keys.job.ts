import { Inject, Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { internal, JobHandler } from '../../queue/job-handler.ts';
import { Flag, Text, Whole } from '../../validation/fields.ts';
import { KeyRotationService } from './key-rotation.service.ts';

@ApiSchema({ description: 'When to rotate the signing keys.' })
export class RotateKeysPayload {
  @Whole({ min: 0, max: 3650, optional: true, description: 'Age in days; AUTH_KEY_ROTATION_DAYS when absent.' })
  readonly days?: number;
}

@ApiSchema({ description: 'Which key signs.' })
export class RotateKeysResult {
  @Text({ max: 64, description: 'The key that signs now (RFC 7638 thumbprint).' })
  readonly active!: string;

  @Flag({ description: 'Whether it is another one than before.' })
  readonly rotated!: boolean;
}

/** Rotates the signing keys when it is time, and forgets old ones; on a schedule that ships with the service. */
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
