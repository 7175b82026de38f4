import type { KeyObject } from 'node:crypto';
import { createHmac, createSecretKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { derivedKeys } from '../../crypto/derived-key.ts';

/** The fingerprint of a request, and how a stored one is compared with it. */
export interface KeyedFingerprint {
  readonly fingerprint: Uint8Array;
  /** Whether the stored fingerprint is the one of this request, under APP_SECRET or a previous secret. */
  readonly isFingerprint: (stored: Uint8Array) => boolean;
}

/** Keyed: a plain hash of a body that contains a password would allow guessing it offline. */
@Injectable()
export class KeyedFingerprints {
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  constructor(@Inject(configToken('service')) config: ServiceConfig) {
    const [current, ...previous] = derivedKeys(config, 'idempotency fingerprints');
    this.keys = [createSecretKey(current), ...previous.map((key) => createSecretKey(key))];
  }

  /** @param identity the SHA-256 of fingerprintOf() */
  of(identity: Uint8Array): KeyedFingerprint {
    const fingerprintWith = (secret: KeyObject): Buffer => createHmac('sha256', secret).update(identity).digest();
    const [current, ...previous] = this.keys;
    const fingerprint = fingerprintWith(current);
    return {
      fingerprint,
      isFingerprint: (stored) =>
        fingerprint.equals(stored) || previous.some((secret) => fingerprintWith(secret).equals(stored)),
    };
  }
}
