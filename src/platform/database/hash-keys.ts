import { Inject, Injectable } from '@nestjs/common';
import type { ServiceConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { derivedKey } from '../crypto/derived-key.ts';
import { Encryptor } from '../crypto/encryptor.ts';
import { Database } from './database.ts';
import { isUnmigrated } from './database-errors.ts';

const missingKey = {
  name: 'missing hash key',
  text: `
    INSERT INTO hash_keys (purpose, encrypted_key)
    SELECT $1::text, $2::bytea WHERE NOT EXISTS (SELECT FROM hash_keys WHERE purpose = $1) ON CONFLICT DO NOTHING`,
};

/** Keys of HMACs that are stored for longer than a rotation of APP_SECRET takes: encrypted rows, which stay the same. */
@Injectable()
export class HashKeys {
  private readonly cached = new Map<string, Promise<Buffer>>();

  constructor(
    private readonly database: Database,
    private readonly encryptor: Encryptor,
    @Inject(configToken('service')) private readonly config: ServiceConfig,
  ) {}

  /** The key of this purpose. The first call on a database derives it from APP_SECRET and stores it. */
  async get(purpose: string): Promise<Buffer> {
    const key = this.cached.get(purpose) ?? this.read(purpose);
    this.cached.set(purpose, key);
    key.catch(() => this.cached.delete(purpose));
    return await key;
  }

  /**
   * Creates the key of this purpose if the database is migrated: after a rotation of APP_SECRET it would be another one.
   * Without Prisma: loading its query compiler would delay the start.
   */
  async prepare(purpose: string): Promise<void> {
    try {
      await this.database.read(missingKey, this.newKey(purpose));
    } catch (error) {
      if (!isUnmigrated(error)) throw error;
    }
  }

  /** Outside the caller's transaction: a key that was used must not be rolled back. */
  private async read(purpose: string): Promise<Buffer> {
    const encrypted = (await this.find(purpose)) ?? (await this.create(purpose));
    return Buffer.from(this.encryptor.decrypt(encrypted, purpose), 'base64');
  }

  private async find(purpose: string): Promise<Uint8Array | undefined> {
    const stored = await this.database.hashKey.findUnique({ where: { purpose }, select: { encryptedKey: true } });
    return stored?.encryptedKey;
  }

  private async create(purpose: string): Promise<Uint8Array> {
    await this.database.read(missingKey, this.newKey(purpose));
    const stored = await this.find(purpose);
    if (stored === undefined) throw new Error(`The hash key "${purpose}" is not stored although it was just created`);
    return stored;
  }

  private newKey(purpose: string): [purpose: string, encryptedKey: Uint8Array] {
    const key = derivedKey(this.config.secret, purpose).toString('base64');
    return [purpose, this.encryptor.encrypt(key, purpose)];
  }
}
