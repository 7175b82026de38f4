/**
 * The Idempotency-Keys of one form or button. A double click and a repeated attempt have the same content and therefore the
 * same key, so that the service executes them once. Other content has another key, and so has the same content after it
 * succeeded.
 */
export class IdempotencyKeys {
  private readonly keys = new Map<string, string>();

  keyOf(content: unknown): string {
    const text = JSON.stringify([content]);
    const key = this.keys.get(text) ?? randomKey();
    this.keys.set(text, key);
    return key;
  }

  /** A request has succeeded: the next one is another operation. */
  clear(): void {
    this.keys.clear();
  }
}

/** 128 random bits. Browsers have `crypto.randomUUID` on HTTPS and localhost only. */
export function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
