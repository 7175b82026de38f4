export { AuditModule } from './audit.module.ts';
export { AuditService } from './audit.service.ts';
export type { AuditDetails, AuditEventName, AuditFilter, ListedAuditEvent } from './audit.service.ts';
