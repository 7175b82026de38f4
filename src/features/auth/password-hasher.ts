import { randomBytes } from 'node:crypto';
import { availableParallelism, totalmem } from 'node:os';
import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import type { Pepper } from '../../config/variables/passwords.ts';
import { HashingOverloaded } from './auth.errors.ts';
import { hashesAtOnce } from './hashes-at-once.ts';
import { readKeyId, withKeyId } from './phc-string.ts';

/** Calls that may wait for a turn; beyond it a login storm is told to come back later. */
const queueMax = 100;

/** argon2 takes no less for one lane. */
const leastMemoryKib = 8;

/** What the time of a hash goes with. */
interface Cost {
  readonly memoryCost: number;
  readonly timeCost: number;
}

/** Bytes of a hash. */
const outputLen = 32;

/**
 * argon2id (RFC 9106) in PHC form over the NFC of the password, with a pepper if there is one. Few enough run at once
 * that logins can't starve everything else.
 */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly log = new Logger(PasswordHasher.name);
  private readonly limit: ReturnType<typeof pLimit>;
  private readonly missing = new Set<string>();
  private nobody: Promise<string> | undefined;

  constructor(@Inject(configToken('auth')) private readonly config: AuthConfig) {
    this.limit = pLimit(
      hashesAtOnce(config.argon2MemoryKib, { cores: availableParallelism(), memoryKib: memoryKib() }),
    );
  }

  onModuleInit(): void {
    this.nobody = this.hash(randomBytes(32).toString('base64'));
    // Told to whoever awaits it.
    this.nobody.catch(() => undefined);
  }

  /** @throws HashingOverloaded */
  async hash(password: string): Promise<string> {
    const { argon2MemoryKib: memoryCost, argon2Passes: timeCost, peppers } = this.config;
    const [pepper] = peppers;
    // Argon2id, version 1.3 and a 16-byte salt are the library's defaults.
    const options = { memoryCost, timeCost, parallelism: 1, outputLen, ...secretOf(pepper) };
    const encoded = await this.inTurn(async () => await hash(password.normalize('NFC'), options));
    return pepper === undefined ? encoded : withKeyId(encoded, pepper.keyId);
  }

  /**
   * Whether the password is the one that was hashed; for work that has its turn. Without a hash, or with one whose pepper
   * is not configured any more, the same work is done for nothing: the answer takes as long for an account that does not
   * exist. A hash that was cheaper to make is followed by a hash of what is missing, so that raising the parameters tells
   * nobody who has an account and has not logged in since: argon2's time goes with memory times passes, and what is left
   * of a difference is that its smaller memory fits better into caches (`npm run prove -- auth-timing` measures it). A
   * hash that was dearer takes longer than one of nobody until its owner logs in: no work can be taken back.
   */
  async matches(password: string, stored: string | null | undefined): Promise<boolean> {
    const isKnown = typeof stored === 'string' && this.hasPepper(stored);
    const { bare, keyId } = readKeyId(isKnown ? stored : ((await this.nobody) ?? ''));
    const pepper = this.config.peppers.find((one) => one.keyId === keyId);
    const same = await verify(bare, password.normalize('NFC'), secretOf(pepper));
    await this.makeUpFor(bare);
    return same && isKnown;
  }

  private async makeUpFor(verified: string): Promise<void> {
    const { argon2MemoryKib, argon2Passes: timeCost } = this.config;
    const memoryCost = missingMemoryKib(parseOptions(verified), { memoryCost: argon2MemoryKib, timeCost });
    if (memoryCost > 0) await hash('', { memoryCost, timeCost, parallelism: 1, outputLen });
  }

  /** Whether a hash was made with other parameters, or another pepper, than one that is made now. */
  isOutdated(stored: string): boolean {
    const { bare, keyId } = readKeyId(stored);
    const made = parseOptions(bare);
    const { argon2MemoryKib, argon2Passes, peppers } = this.config;
    return (
      keyId !== peppers[0]?.keyId ||
      made.memoryCost !== argon2MemoryKib ||
      made.timeCost !== argon2Passes ||
      made.parallelism !== 1 ||
      made.outputLen !== outputLen
    );
  }

  /**
   * Runs work that hashes when it is its turn.
   * @throws HashingOverloaded
   */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.demandRoom();
    return await this.limit(work);
  }

  /**
   * Passes if one more may wait for a turn, beside those who are about to.
   * @throws HashingOverloaded
   */
  demandRoom(others = 0): void {
    if (this.limit.pendingCount + others >= queueMax) throw new HashingOverloaded();
  }

  /** Whether anybody waits for a turn. */
  hasQueue(): boolean {
    return this.limit.pendingCount > 0;
  }

  /** Says so once for each pepper that is missing: its accounts can not log in until it is back. */
  private hasPepper(stored: string): boolean {
    const { keyId } = readKeyId(stored);
    if (keyId === undefined || this.config.peppers.some((pepper) => pepper.keyId === keyId)) return true;
    if (!this.missing.has(keyId))
      this.log.error({ keyId }, 'Passwords were hashed with a pepper that is not configured');
    this.missing.add(keyId);
    return false;
  }
}

/**
 * With how much memory a hash of today's passes makes one that was cheaper as dear as one of today; 0 when it was not
 * cheaper by anything that argon2 can do.
 */
function missingMemoryKib(made: Cost, now: Cost): number {
  const missing = now.memoryCost * now.timeCost - made.memoryCost * made.timeCost;
  const memory = Math.round(missing / now.timeCost);
  return memory < leastMemoryKib ? 0 : memory;
}

/** What the process may use: of its container, where that has a limit, or else of the machine. */
function memoryKib(): number {
  const constrained = process.constrainedMemory();
  return Math.min(constrained === 0 ? Infinity : constrained, totalmem()) / 1024;
}

function secretOf(pepper: Pepper | undefined): { secret?: Uint8Array } {
  return pepper === undefined ? {} : { secret: Buffer.from(pepper.secret) };
}
