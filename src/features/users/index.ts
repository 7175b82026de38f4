export { AccountsService } from './accounts.service.ts';
export { CredentialsService } from './credentials.service.ts';
export type { Credentials, MfaFactorType } from './user.ts';
export { mfaFactorTypeChoice, mfaFactorTypes } from './user.ts';
export type { MailableAccount } from './user-emails.repository.ts';
export { UserEmailsService } from './user-emails.service.ts';
export { UsersModule } from './users.module.ts';
export { UsersService } from './users.service.ts';
