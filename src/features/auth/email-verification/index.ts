export { EmailChangesService } from './email-changes.service.ts';
export { EmailVerificationModule } from './email-verification.module.ts';
export { EmailVerificationService } from './email-verification.service.ts';
