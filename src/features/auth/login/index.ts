export { InvalidToken } from './auth.errors.ts';
export { AuthModule } from './auth.module.ts';
export { AuthService } from './auth.service.ts';
export { MagicLinksService, browserSecretName } from './magic-links.service.ts';
export { OneTimeTokenVerifier } from './one-time-token-verifier.ts';
export { PasswordRecoveryService } from './password-recovery.service.ts';
export { PasswordsService } from './passwords.service.ts';
