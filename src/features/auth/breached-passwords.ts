import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';

/** Longer than a network that works takes; who registers waits for it. */
const patienceMs = 1000;

/**
 * Passwords known from breaches, by the range API of Have I Been Pwned (https://haveibeenpwned.com/API/v3#PwnedPasswords):
 * it is told 5 of the 40 hexadecimal digits of a SHA-1, which hundreds of passwords share, and answers the rest of all
 * that begin so, padded with some that do not exist, so that the length of its answer tells nothing either.
 */
@Injectable()
export class BreachedPasswords {
  private readonly log = new Logger(BreachedPasswords.name);

  constructor(@Inject(configToken('auth')) private readonly config: AuthConfig) {}

  /** Whether the password is known; no when nobody is to be asked, or nobody answers within a second. */
  async include(password: string): Promise<boolean> {
    const { breachListUrl } = this.config;
    if (breachListUrl === undefined) return false;
    const digest = createHash('sha1').update(password.normalize('NFC')).digest('hex').toUpperCase();
    try {
      const known = await askFor(`${breachListUrl}/${digest.slice(0, 5)}`);
      return known.has(digest.slice(5));
    } catch (error) {
      // The error itself may hold the address that was asked for.
      const reason = error instanceof Error ? error.name : 'unknown';
      this.log.warn({ reason }, 'The list of breached passwords does not answer; a password was not held against it');
      return false;
    }
  }
}

async function askFor(url: string): Promise<ReadonlySet<string>> {
  const reply = await fetch(url, {
    headers: { 'Add-Padding': 'true', 'User-Agent': 'plinth' },
    redirect: 'error',
    signal: AbortSignal.timeout(patienceMs),
  });
  if (!reply.ok) throw new Error(`The list of breached passwords answered ${reply.status}`);
  const lines = (await reply.text()).split(/\r?\n/).map((line) => line.split(':'));
  // A count of 0 is padding.
  return new Set(lines.filter(([, count = '0']) => Number(count) > 0).map(([suffix = '']) => suffix.toUpperCase()));
}
