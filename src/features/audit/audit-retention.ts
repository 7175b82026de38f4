import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import type { RetentionTaskRunner } from '../../platform/feature/feature.ts';
import { AuditRepository } from './audit.repository.ts';

/** Deletes audit events after AUTH_AUDIT_RETENTION_DAYS, through the function that records each deletion. */
@Injectable()
export class AuditRetention implements RetentionTaskRunner {
  constructor(
    private readonly events: AuditRepository,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  async deleteExpired(limit: number): Promise<number> {
    const { auditRetentionDays: days } = this.config;
    return days === undefined ? 0 : await this.events.deleteExpired(limit, days);
  }
}
