import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { AuthConfig } from '../../../platform/config/config.ts';
import type { Dependency } from '../../../platform/resilience/dependency.ts';
import { Dependencies } from '../../../platform/resilience/dependencies.ts';
import { configToken } from '../../../platform/config/config.module.ts';

/** The client waits for the check, so a slow service must not delay the response much. */
const timeoutMs = 1000;

/**
 * Passwords known from breaches, by the range API of Have I Been Pwned
 * (https://haveibeenpwned.com/API/v3#PwnedPasswords): the request contains 5 of the 40 hexadecimal digits of the
 * password's SHA-1, which hundreds of passwords share. The response contains the remaining digits of all of them,
 * padded with invalid entries to hide their number.
 */
@Injectable()
export class BreachedPasswords {
  private readonly log = new Logger(BreachedPasswords.name);

  private readonly service: Dependency;

  constructor(
    @Inject(configToken('auth')) private readonly config: AuthConfig,
    dependencies: Dependencies,
  ) {
    this.service = dependencies.add('breached-passwords', {
      isFailure: () => true,
      opensAfter: 4,
      halfOpenAfterMs: 30_000,
      retries: 1,
    });
  }

  /** Whether the password is known; false when no service is configured, or it does not respond within a second. */
  async include(password: string): Promise<boolean> {
    const { pwnedPasswordsUrl } = this.config;
    if (pwnedPasswordsUrl === undefined) return false;
    const digest = createHash('sha1').update(password.normalize('NFC')).digest('hex').toUpperCase();
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const url = `${pwnedPasswordsUrl}/${digest.slice(0, 5)}`;
      const known = await this.service.call(async () => await fetchRange(url, signal), { isIdempotent: true, signal });
      return known.has(digest.slice(5));
    } catch (error) {
      // The error may contain the requested URL, and with it a part of the digest.
      const reason = error instanceof Error ? error.name : 'unknown';
      this.log.warn({ reason }, 'Breached-password check unavailable; skipped');
      return false;
    }
  }
}

async function fetchRange(url: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const response = await fetch(url, {
    headers: { 'Add-Padding': 'true', 'User-Agent': 'plinth' },
    redirect: 'error',
    signal,
  });
  if (!response.ok) throw new Error(`The breached-password service returned ${response.status}`);
  const lines = (await response.text()).split(/\r?\n/).map((line) => line.split(':'));
  // A count of 0 is padding.
  return new Set(lines.filter(([, count = '0']) => Number(count) > 0).map(([suffix = '']) => suffix.toUpperCase()));
}
