import { randomBytes } from 'node:crypto';
import { availableParallelism, totalmem } from 'node:os';
import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Options } from '@node-rs/argon2';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import type { LimitFunction } from 'p-limit';
import pLimit from 'p-limit';
import { acquireSlot } from '../../../platform/async/acquire-slot.ts';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import type { Pepper } from '../../../platform/config/variables/passwords.ts';
import { Metrics } from '../../../platform/telemetry/metrics.ts';
import { PasswordHashingOverloaded } from './passwords.errors.ts';
import { readKeyId, withKeyId } from './phc-string.ts';

/** Calls that may wait for a slot; further ones are rejected with 503. */
const maxQueued = 100;

/** The part of the memory that all concurrent hashes may use together. */
const shareOfMemory = 1 / 4;

/** What the time of a hash depends on. */
type HashParameters = Pick<Options, 'memoryCost' | 'timeCost' | 'parallelism'>;

/** Length of a hash in bytes. */
const outputLen = 32;

/**
 * Argon2id (RFC 9106) in PHC format over the NFC form of the password, with a pepper if one is configured. The number
 * of concurrent hashes is limited, so that logins do not starve other requests.
 */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly log = new Logger(PasswordHasher.name);
  private readonly limit: LimitFunction;
  private readonly reportedKeyIds = new Set<string>();
  /** The current parameters, and those of other hashes that this process has verified. */
  private readonly parameters = new Map<string, HashParameters>();
  private dummyHash: Promise<string> | undefined;

  constructor(
    @Inject(configToken('auth')) private readonly config: AuthConfig,
    metrics: Metrics,
  ) {
    this.remember({ memoryCost: config.argon2MemoryKib, timeCost: config.argon2Iterations, parallelism: 1 });
    this.limit = pLimit(
      maxConcurrentHashes(config.argon2MemoryKib, { cores: availableParallelism(), memoryKib: memoryKib() }),
    );
    metrics.gauge(
      { name: 'password_hash_queue_length', help: 'Password hashes and verifications that wait for a slot.' },
      (set) => {
        set(this.limit.pendingCount, {});
      },
    );
    metrics.gauge({ name: 'password_hash_running', help: 'Password hashes and verifications that run.' }, (set) => {
      set(this.limit.activeCount, {});
    });
  }

  onModuleInit(): void {
    this.dummyHash = this.hash(randomBytes(32).toString('base64'));
    // A failure is reported to the callers of `verify`, which await it.
    this.dummyHash.catch(() => undefined);
  }

  /** @throws PasswordHashingOverloaded */
  async hash(password: string): Promise<string> {
    const { argon2MemoryKib: memoryCost, argon2Iterations: timeCost, peppers } = this.config;
    const [pepper] = peppers;
    // Argon2id, version 1.3 and a 16-byte salt are the library's defaults.
    const options = { memoryCost, timeCost, parallelism: 1, outputLen, ...secretOf(pepper) };
    using _slot = await this.acquireSlot();
    const encoded = await hash(password.normalize('NFC'), options);
    return pepper === undefined ? encoded : withKeyId(encoded, pepper.keyId);
  }

  /**
   * Whether the password is the one that was hashed. The caller holds a slot (`acquireSlot`).
   *
   * Takes equal time for unknown accounts: without a stored hash, or with one whose pepper is not configured any more,
   * a dummy hash is verified. A change of the parameters does not reveal accounts whose owner has not logged in since:
   * from the first hash with other parameters on, every verification hashes once with each set of parameters, in the same
   * order. That first one takes longer, once in the life of a process.
   */
  async verify(password: string, stored: string | null | undefined): Promise<boolean> {
    const isKnown = typeof stored === 'string' && this.hasPepper(stored);
    const { bare, keyId } = readKeyId(isKnown ? stored : ((await this.dummyHash) ?? ''));
    const pepper = this.config.peppers.find((one) => one.keyId === keyId);
    const { memoryCost, timeCost, parallelism } = parseOptions(bare);
    const own = this.remember({ memoryCost, timeCost, parallelism });
    let same = false;
    for (const [name, parameters] of this.parameters) {
      if (name === own) same = await verify(bare, password.normalize('NFC'), secretOf(pepper));
      else await hash('', parameters);
    }
    return same && isKnown;
  }

  /** Adds a set of parameters, and returns its name. */
  private remember(parameters: HashParameters): string {
    const name = Object.values(parameters).join(' ');
    this.parameters.set(name, parameters);
    return name;
  }

  /** Whether a hash has other parameters, or another pepper, than new hashes have. */
  isOutdated(stored: string): boolean {
    const { bare, keyId } = readKeyId(stored);
    const options = parseOptions(bare);
    const { argon2MemoryKib, argon2Iterations, peppers } = this.config;
    return (
      keyId !== peppers[0]?.keyId ||
      options.memoryCost !== argon2MemoryKib ||
      options.timeCost !== argon2Iterations ||
      options.parallelism !== 1 ||
      options.outputLen !== outputLen
    );
  }

  /**
   * Waits for a slot in which one password may be hashed or verified.
   * @throws PasswordHashingOverloaded
   */
  async acquireSlot(): Promise<Disposable> {
    this.assertCapacity();
    return await acquireSlot(this.limit);
  }

  /**
   * Throws unless one more call may wait for a slot, in addition to `others` that are about to wait.
   * @throws PasswordHashingOverloaded
   */
  assertCapacity(others = 0): void {
    if (this.limit.pendingCount + others >= maxQueued) throw new PasswordHashingOverloaded();
  }

  /** Whether calls wait for a slot. */
  isQueued(): boolean {
    return this.limit.pendingCount > 0;
  }

  /** Logs each missing pepper once: its accounts cannot log in until it is configured again. */
  private hasPepper(stored: string): boolean {
    const { keyId } = readKeyId(stored);
    if (keyId === undefined || this.config.peppers.some((pepper) => pepper.keyId === keyId)) return true;
    if (!this.reportedKeyIds.has(keyId))
      this.log.error({ keyId }, 'Passwords were hashed with a pepper that is not configured');
    this.reportedKeyIds.add(keyId);
    return false;
  }
}

/** The memory limit of the container, if it has one, or else the memory of the machine. */
function memoryKib(): number {
  const constrained = process.constrainedMemory();
  return Math.min(constrained === 0 ? Infinity : constrained, totalmem()) / 1024;
}

function secretOf(pepper: Pepper | undefined): { secret?: Uint8Array } {
  return pepper === undefined ? {} : { secret: Buffer.from(pepper.secret) };
}

/**
 * The number of password hashes that may run at once, at least one: one core stays free for other work, and together
 * the hashes use a quarter of the memory at most.
 */
export function maxConcurrentHashes(
  hashKib: number,
  machine: { readonly cores: number; readonly memoryKib: number },
): number {
  const byMemory = Math.floor((machine.memoryKib * shareOfMemory) / hashKib);
  return Math.max(1, Math.min(machine.cores - 1, byMemory));
}
