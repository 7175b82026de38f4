export { AccountsService } from './accounts.service.ts';
export { CredentialsService } from './credentials.service.ts';
export type { Credentials, MfaFactorType, UserStatus } from './user.ts';
export { mfaFactorTypeChoice, mfaFactorTypes, userStatuses } from './user.ts';
export type { MailableAccount } from './user-emails.repository.ts';
export { UserEmailsService } from './user-emails.service.ts';
export { UserNotFound } from './users.errors.ts';
export { UsersModule } from './users.module.ts';
export { UsersService } from './users.service.ts';
