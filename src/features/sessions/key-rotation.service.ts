import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessChanges } from '../../database/access-changes.ts';
import { Sealer } from '../../database/sealer.ts';
import { AuditService } from '../audit/audit.service.ts';
import { newSigningKey } from './new-signing-key.ts';
import type { ListedSigningKey } from './signing-keys.repository.ts';
import { SigningKeysRepository } from './signing-keys.repository.ts';
import { SigningKeysService } from './signing-keys.service.ts';

export type { ListedSigningKey };

/** The longest that anybody may keep the published keys (`Cache-Control` of the key set). */
export const keySetMaxAgeSeconds = 300;

/** The longest life of an access token that can be configured. */
const tokenTtlMaxSeconds = 900;

/** A retired key goes when its last token has expired, and everybody who might still show one has read the set again. */
const keptSeconds = tokenTtlMaxSeconds + 2 * keySetMaxAgeSeconds;

/** Whoever keeps the key set has read it again by then. */
const nextKeyMinAgeSeconds = 2 * keySetMaxAgeSeconds;

const dayMs = 86_400_000;

/** What became of a request to rotate. */
export interface Rotation {
  /** The key that signs now. */
  readonly active: string;
  /** Whether it is another one than before. */
  readonly rotated: boolean;
}

/** Why a key can't be made the active one yet. */
export class NextKeyTooYoung extends Error {
  constructor(readonly waitSeconds: number) {
    super(`The next key has not been published for long enough; wait for ${waitSeconds} s`);
  }
}

/** There is no key with this thumbprint. */
export class UnknownKey extends Error {
  constructor(kid: string) {
    super(`There is no key ${kid}`);
  }
}

/**
 * The life of signing keys: next (published, so that everybody knows it before it signs), active (exactly one), retired
 * (published for as long as one of its tokens may be good).
 */
@Injectable()
export class KeyRotationService {
  constructor(
    private readonly keys: SigningKeysRepository,
    private readonly signingKeys: SigningKeysService,
    private readonly sealer: Sealer,
    private readonly changes: AccessChanges,
    private readonly audit: AuditService,
  ) {}

  async list(): Promise<ListedSigningKey[]> {
    return await this.keys.list();
  }

  /** Rotates when the active key has signed for so many days, and deletes what has been retired for long enough. */
  async rotateWhenOlderThan(days: number): Promise<Rotation> {
    await this.keys.deleteRetired(keptSeconds);
    const { kid } = await this.signingKeys.active();
    const active = (await this.keys.list()).find((key) => key.kid === kid);
    const isDue = Date.now() - (active?.activatedAt?.getTime() ?? 0) >= days * dayMs;
    return isDue ? await this.rotate() : { active: kid, rotated: false };
  }

  /**
   * The next key begins to sign, the active one is retired, and another next one is published. Tokens of all stay good:
   * nobody is logged out. Where no next key has been published yet, one is, and nothing else happens.
   * @throws NextKeyTooYoung when somebody may not have heard of the next key yet
   */
  async rotate(): Promise<Rotation> {
    await this.signingKeys.active();
    return await this.advance();
  }

  /**
   * Ends a key and every access token it has signed, on all instances within a second. Sessions live on: their clients
   * refresh. When it was the active one the next takes over at once.
   * @throws UnknownKey
   */
  @Transactional()
  async revoke(kid: string): Promise<Rotation> {
    const keys = await this.keys.lockAll();
    const revoked = keys.find((key) => key.kid === kid);
    if (revoked === undefined) throw new UnknownKey(kid);
    await this.keys.delete(kid);
    await this.audit.record('signing_key_revoked', { reason: `key ${kid}` });
    this.changes.announce({ kid });
    const left = keys.filter((key) => key !== revoked);
    const rotated = revoked.state === 'active';
    const active = rotated ? await this.promote(left) : kidOf(left, 'active');
    if (rotated || kidOf(left, 'next') === undefined) await this.publishNext();
    return { active: active ?? '', rotated };
  }

  @Transactional()
  private async advance(): Promise<Rotation> {
    const keys = await this.keys.lockAll();
    const retired = kidOf(keys, 'active') ?? '';
    const next = keys.find((key) => key.state === 'next');
    if (next === undefined) {
      await this.publishNext();
      return { active: retired, rotated: false };
    }
    const ageSeconds = (Date.now() - next.createdAt.getTime()) / 1000;
    if (ageSeconds < nextKeyMinAgeSeconds) throw new NextKeyTooYoung(Math.ceil(nextKeyMinAgeSeconds - ageSeconds));
    await this.keys.retire(retired);
    const active = await this.promote(keys);
    await this.publishNext();
    await this.audit.record('signing_key_rotated', { reason: `${active} signs in place of ${retired}` });
    this.changes.announce({ kid: active });
    return { active, rotated: true };
  }

  private async promote(keys: readonly ListedSigningKey[]): Promise<string> {
    const kid = kidOf(keys, 'next') ?? (await this.publishNext());
    await this.keys.activate(kid);
    return kid;
  }

  private async publishNext(): Promise<string> {
    const key = await newSigningKey(this.sealer);
    await this.keys.insertNext(key);
    return key.kid;
  }
}

function kidOf(keys: readonly ListedSigningKey[], state: string): string | undefined {
  return keys.find((key) => key.state === state)?.kid;
}
