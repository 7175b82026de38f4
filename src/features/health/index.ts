export { ChecksDto } from './checks.ts';
export { HealthModule } from './health.module.ts';
export { ReadinessService } from './readiness.service.ts';
