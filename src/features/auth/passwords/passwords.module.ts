import { Module } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.ts';
import { CommonPasswords } from './common-passwords.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPolicy } from './password-policy.ts';

/** Password hashing and the password policy. */
@Module({
  providers: [BreachedPasswords, CommonPasswords, PasswordHasher, PasswordPolicy],
  exports: [PasswordHasher, PasswordPolicy],
})
export class PasswordsModule {}
