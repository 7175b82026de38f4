export { PasswordHasher } from './password-hasher.ts';
export { PasswordPolicy } from './password-policy.ts';
export { PasswordHashingOverloaded, WeakPassword } from './passwords.errors.ts';
export { PasswordsModule } from './passwords.module.ts';
export type { PasswordRule } from './password-policy.ts';
