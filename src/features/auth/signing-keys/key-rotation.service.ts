import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessInvalidationBus } from '../../../platform/cache-invalidation/access-invalidation-bus.ts';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { AuditService } from '../../audit/index.ts';
import type { ListedSigningKey } from './signing-keys.repository.ts';
import { SigningKeysRepository } from './signing-keys.repository.ts';
import { generateSigningKey, SigningKeysService } from './signing-keys.service.ts';

export type { ListedSigningKey };

/** How long clients may cache the published keys (`Cache-Control` of the key set). */
export const keySetMaxAgeSeconds = 300;

/** The longest lifetime of an access token that can be configured. */
const tokenTtlMaxSeconds = 900;

/** A retired key stays published until its last token has expired and all clients have refreshed the key set. */
const retentionSeconds = tokenTtlMaxSeconds + 2 * keySetMaxAgeSeconds;

/** After this time all clients have refreshed the key set. */
const nextKeyMinAgeSeconds = 2 * keySetMaxAgeSeconds;

const dayMs = 86_400_000;

/** The result of a rotation. */
export interface Rotation {
  /** The `kid` of the active key. */
  readonly active: string;
  /** Whether the active key has changed. */
  readonly rotated: boolean;
}

/** The next key cannot be activated yet: clients may have cached a key set without it. */
export class NextKeyTooYoung extends Error {
  constructor(readonly waitSeconds: number) {
    super(`The next key has not been published for long enough; wait for ${waitSeconds} s`);
  }
}

/** No key has this thumbprint. */
export class UnknownKey extends Error {
  constructor(kid: string) {
    super(`There is no key ${kid}`);
  }
}

/**
 * Signing-key rotation. The states of a key: next (published, so that clients know it before it signs), active (exactly
 * one), retired (published while one of its tokens may be valid).
 */
@Injectable()
export class KeyRotationService {
  constructor(
    private readonly keys: SigningKeysRepository,
    private readonly signingKeys: SigningKeysService,
    private readonly encryptor: Encryptor,
    private readonly invalidations: AccessInvalidationBus,
    private readonly audit: AuditService,
  ) {}

  async list(): Promise<ListedSigningKey[]> {
    return await this.keys.list();
  }

  /** Rotates when the active key is at least `days` old, and deletes retired keys whose tokens have expired. */
  async rotateWhenOlderThan(days: number): Promise<Rotation> {
    await this.keys.deleteRetired(retentionSeconds);
    const { kid } = await this.signingKeys.readActive();
    const active = (await this.keys.list()).find((key) => key.kid === kid);
    const isDue = Date.now() - (active?.activatedAt?.getTime() ?? 0) >= days * dayMs;
    return isDue ? await this.rotate() : { active: kid, rotated: false };
  }

  /**
   * Activates the next key, retires the active one, and publishes another next key. Existing tokens stay valid. When no
   * next key exists, one is published and the active key is unchanged.
   * @throws NextKeyTooYoung when clients may have cached a key set without the next key
   */
  async rotate(): Promise<Rotation> {
    await this.signingKeys.readActive();
    return await this.advance();
  }

  /**
   * Revokes a key and every access token that it signed, on all instances within a second. Sessions stay valid: their
   * clients refresh. When the active key is revoked, the next key is activated at once.
   * @throws UnknownKey
   */
  @Transactional()
  async revoke(kid: string): Promise<Rotation> {
    const keys = await this.keys.lockAll();
    const revoked = keys.find((key) => key.kid === kid);
    if (revoked === undefined) throw new UnknownKey(kid);
    await this.keys.delete(kid);
    await this.audit.record('signing_key_revoked', { reason: `key ${kid}` });
    this.invalidations.publish({ kid });
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
    this.invalidations.publish({ kid: active });
    return { active, rotated: true };
  }

  private async promote(keys: readonly ListedSigningKey[]): Promise<string> {
    const kid = kidOf(keys, 'next') ?? (await this.publishNext());
    await this.keys.activate(kid);
    return kid;
  }

  private async publishNext(): Promise<string> {
    const key = await generateSigningKey(this.encryptor);
    await this.keys.insertNext(key);
    return key.kid;
  }
}

function kidOf(keys: readonly ListedSigningKey[], state: string): string | undefined {
  return keys.find((key) => key.state === state)?.kid;
}
