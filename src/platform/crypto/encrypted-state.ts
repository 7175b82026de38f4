import type { Encryptor } from './encryptor.ts';

/** Values that a browser keeps for the service: encrypted under APP_SECRET, with an expiry, for one use each. */
export class EncryptedState<T extends object> {
  constructor(
    private readonly encryptor: Encryptor,
    /** Distinguishes the kinds of values: one cannot replace another. */
    private readonly kind: string,
    private readonly lifetimeSeconds: number,
  ) {}

  /** Returns base64url. */
  encode(value: T): string {
    const expiresAt = Date.now() + this.lifetimeSeconds * 1000;
    return Buffer.from(this.encryptor.encrypt(JSON.stringify({ value, expiresAt }), this.kind)).toString('base64url');
  }

  /** Undefined for a text that `encode` did not return, and for an expired one. */
  decode(text: string | undefined): T | undefined {
    if (text === undefined) return undefined;
    try {
      const json = this.encryptor.decrypt(Buffer.from(text, 'base64url'), this.kind);
      const { value, expiresAt } = JSON.parse(json) as { value: T; expiresAt: number };
      return expiresAt > Date.now() ? value : undefined;
    } catch {
      return undefined;
    }
  }
}
