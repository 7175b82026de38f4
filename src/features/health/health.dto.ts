import { ApiSchema } from '@nestjs/swagger';
import { EnumArrayField, EnumField } from '../../platform/validation/enum-fields.ts';
import { ObjectField } from '../../platform/validation/object-fields.ts';
import type { DegradedDependency } from './readiness.service.ts';
import { degradedDependencies } from './readiness.service.ts';
import { ChecksDto } from './checks.ts';

/** Public: states only, nothing that helps an attacker. */
@ApiSchema({ description: 'The process is healthy.' })
export class HealthDto {
  @EnumField(['ok'], { name: 'HealthStatus', description: 'The process is healthy.', example: 'ok' })
  readonly status!: 'ok';
}

@ApiSchema({ description: 'The process can serve requests.' })
export class ReadinessDto extends HealthDto {
  @ObjectField(ChecksDto, {
    description: 'State of each dependency.',
    example: { database: 'up', settings: 'up', privileges: 'up', migrations: 'up' },
  })
  readonly checks!: ChecksDto;

  @EnumArrayField(degradedDependencies, {
    name: 'DegradedDependency',
    description:
      'Dependencies that do not respond and that the process works without. Redis: jobs wait, and each process counts ' +
      'requests on its own. SMTP: emails wait. Login providers: logins with at least one of them fail. Breached ' +
      'passwords: new passwords are not compared with them.',
    max: 4,
    optional: true,
    example: ['redis'],
  })
  readonly degraded?: readonly DegradedDependency[];
}
