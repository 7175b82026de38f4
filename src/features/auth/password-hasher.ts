import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { HashingOverloaded } from './auth.errors.ts';

/** Calls that may wait for a turn; beyond it a login storm is told to come back later. */
const queueMax = 100;

/**
 * argon2id (RFC 9106) in PHC form over the NFC of the password. At most cores − 1 hashes run at once, so that logins
 * can't starve everything else.
 */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly limit = pLimit(Math.max(1, availableParallelism() - 1));
  private nobody: Promise<string> | undefined;

  constructor(@Inject(configToken('auth')) private readonly config: AuthConfig) {}

  onModuleInit(): void {
    this.nobody = this.hash(randomBytes(32).toString('base64'));
    // Told to whoever awaits it.
    this.nobody.catch(() => undefined);
  }

  /** @throws HashingOverloaded */
  async hash(password: string): Promise<string> {
    const { argon2MemoryKib, argon2Passes } = this.config;
    return await this.inTurn(
      async () =>
        // Argon2id, version 1.3 and a 16-byte salt are the library's defaults.
        await hash(password.normalize('NFC'), {
          memoryCost: argon2MemoryKib,
          timeCost: argon2Passes,
          parallelism: 1,
          outputLen: 32,
        }),
    );
  }

  /**
   * Whether the password is the one that was hashed. Without a hash the same work is done for nothing, so that the
   * answer takes as long for an account that does not exist.
   * @throws HashingOverloaded
   */
  async matches(password: string, stored: string | null | undefined): Promise<boolean> {
    const against = stored ?? (await this.nobody) ?? '';
    const same = await this.inTurn(async () => await verify(against, password.normalize('NFC')));
    return same && typeof stored === 'string';
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.limit.pendingCount >= queueMax) throw new HashingOverloaded({ headers: { 'Retry-After': '5' } });
    return await this.limit(work);
  }
}
