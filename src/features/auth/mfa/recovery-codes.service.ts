import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { HashKeys } from '../../../platform/database/hash-keys.ts';
import { newRecoveryCode, normalizedRecoveryCode, recoveryCodeCount } from './recovery-code.ts';
import { RecoveryCodesRepository } from './recovery-codes.repository.ts';

const keyPurpose = 'recovery codes';

/** Recovery codes (look-up secrets, NIST SP 800-63B-4 §3.1.2): each replaces the second factor once. */
@Injectable()
export class RecoveryCodesService {
  constructor(
    private readonly codes: RecoveryCodesRepository,
    private readonly keys: HashKeys,
  ) {}

  /** Replaces all codes of a user in the caller's transaction. Returns the new ones, which are not stored. */
  async replace(userId: string): Promise<readonly string[]> {
    const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode);
    const hashes = await Promise.all(codes.map(async (code) => await this.hash(userId, code)));
    await this.codes.deleteAll(userId);
    await this.codes.insert(
      userId,
      codes.map(() => uuidv7()),
      hashes,
    );
    return codes;
  }

  /** The HMAC of a code if the user has it; it is not consumed. */
  async find(userId: string, code: string): Promise<Uint8Array | undefined> {
    const hash = await this.hash(userId, normalizedRecoveryCode(code));
    return (await this.codes.exists(userId, hash)) ? hash : undefined;
  }

  /** Consumes a code in the caller's transaction. Returns how many are left; undefined when it was used already. */
  async consume(userId: string, codeHash: Uint8Array): Promise<number | undefined> {
    return (await this.codes.delete(userId, codeHash)) ? await this.codes.count(userId) : undefined;
  }

  /** Creates the key of the hashes at the start of a process, before APP_SECRET is rotated for the first time. */
  async prepareKey(): Promise<void> {
    await this.keys.prepare(keyPurpose);
  }

  async deleteAll(userId: string): Promise<void> {
    await this.codes.deleteAll(userId);
  }

  private async hash(userId: string, code: string): Promise<Uint8Array<ArrayBuffer>> {
    const key = await this.keys.get(keyPurpose);
    return new Uint8Array(createHmac('sha256', key).update(`${userId}:${code}`).digest());
  }
}
